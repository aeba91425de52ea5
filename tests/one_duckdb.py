"""One instance of DuckDB for all that a process of tests computes: opening one costs a tenth of a small day.

A room in it is as empty as an instance of its own: temporary tables are each connection's, and whatever else is made
goes into a database that is gone with the room. What proves something of an instance itself asks for `own_duckdb`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import duckdb

from csp_receivables.adapters import engine as engine_module

THREADS = 1  # a test's day is small: handing its hundreds of statements to a second thread costs a tenth more
_instances: dict[int, duckdb.DuckDBPyConnection] = {}
_numbers = itertools.count()


@contextmanager
def room(**config: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which nothing is yet, to an instance that is opened with `config` for the first of them."""
    process = os.getpid()  # a forked child has none of its parent's threads
    if process not in _instances:
        _instances[process] = duckdb.connect(":memory:", config=config | {"threads": THREADS})
    name = f"room_{next(_numbers)}"
    with _instances[process].cursor() as connection:
        connection.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
        try:
            yield connection
        finally:
            connection.execute(f"USE memory; DETACH {name}")
            for changed in ("disabled_optimizers", "memory_limit"):
                connection.execute(f"RESET GLOBAL {changed}")


def _connect(_: str, config: dict[str, Any]) -> Any:
    return room(**{name: value for name, value in config.items() if name != "temp_directory"})


@contextmanager
def one_instance() -> Iterator[None]:
    """Until the end every engine is a room of one instance."""
    with patch.object(engine_module, "duckdb", SimpleNamespace(connect=_connect)):
        yield


@contextmanager
def own_instances() -> Iterator[None]:
    """Within `one_instance`: every engine is an instance again."""
    with patch.object(engine_module, "duckdb", duckdb):
        yield
