"""One instance of DuckDB for all that a process of tests computes: opening one costs a tenth of a small day.

A room in it is as empty as an instance of its own: temporary tables are each connection's, and whatever else is made
goes into a database that is gone with the room. What proves something of an instance itself asks for `own_duckdb`.

Where rules are asked about facts, nothing is worked out twice (`remembered`): most statements of most small days are
asked about the same few rows, or none. `CSP_DUCKDB=plain` has everything worked out, and must change no answer.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import duckdb

from csp_receivables import wiring
from csp_receivables.adapters import engine as engine_module
from tests.remembered import Shelves

THREADS = 1  # a test's day is small: handing its hundreds of statements to a second thread costs a tenth more
IS_PLAIN = os.environ.get("CSP_DUCKDB") == "plain"
SHELVES = Shelves()
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


@contextmanager
def rules_room(_spill: Path = Path()) -> Iterator[Any]:
    """An engine for rules about facts, which reads no file: it stands in for `adapters.engine.engine`."""
    with room(python_enable_replacements=False) if IS_PLAIN else SHELVES.room() as connection:
        yield connection


def _connect(_: str, config: dict[str, Any]) -> Any:
    return room(**{name: value for name, value in config.items() if name != "temp_directory"})


@contextmanager
def one_instance() -> Iterator[None]:
    """Until the end every engine is a room of one instance, and that of the day's rules remembers."""
    connecting = SimpleNamespace(connect=_connect)
    with patch.object(engine_module, "duckdb", connecting), patch.object(wiring, "engine", rules_room):
        yield


@contextmanager
def own_instances() -> Iterator[None]:
    """Within `one_instance`: every engine is an instance again."""
    with patch.object(engine_module, "duckdb", duckdb), patch.object(wiring, "engine", engine_module.engine):
        yield
