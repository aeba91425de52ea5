"""One dialect, and one memory of compiled statements, for all ledgers that a process of tests opens.

Both belong to an engine, and each test opens a ledger of its own: it would compile all that the test before it had.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

STATEMENTS = 5000  # those of all steps; a task's own engine has room for 500
_compiled: Any = LRUCache(STATEMENTS)
_made: dict[type, Any] = {}


class _One:
    """Made once: what comes after it is the same again."""

    def __new__(cls, **_: Any) -> Any:
        if cls not in _made:
            _made[cls] = super().__new__(cls)
        return _made[cls]

    def __init__(self, **given: Any) -> None:
        if not self.__dict__:
            super().__init__(**given)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_compiled)


class OneSqlite(_One, SQLiteDialect_pysqlite):
    """SQLite's."""

    supports_statement_cache = True  # asked of each class by itself


class OnePostgresql(_One, PGDialect_psycopg):
    """PostgreSQL's."""

    supports_statement_cache = True


def one_compiler() -> None:
    """From now on each engine of these databases shares what was compiled for the others."""
    for name, dialect in {"sqlite": OneSqlite, "postgresql.psycopg": OnePostgresql}.items():
        registry.register(name, __name__, dialect.__name__)
