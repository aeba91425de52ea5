"""DuckDB in this process: bounded memory, a spill folder, and nothing that reaches outside."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "2GB"  # of set work; what does not fit is spilled
THREADS = 2
NEVER = "1TB"  # tables that die with the connection were being compressed, at a tenth of the cost of matching


@contextmanager
def engine(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose temporary files lie in `spill` and are gone when it closes."""
    spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spill, prefix="duckdb-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": folder,
            "checkpoint_threshold": NEVER,
            "autoinstall_known_extensions": False,
            "python_enable_replacements": False,  # a table is what was registered, never a Python variable in sight
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            yield connection
