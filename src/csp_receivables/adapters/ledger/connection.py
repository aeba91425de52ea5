"""Opening the ledger, its one writer at a time, and the moment that each fact is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from csp_receivables.adapters.ledger.tables import ledger_mark
from csp_receivables.settings import PRODUCTION, Clock, Settings

DEMO, REAL = "demo", "real"
BUSY_SECONDS = 120  # one writer at a time: a bulk import of a million rows may hold the ledger for a minute
_WRITER_LOCK = 0x435350  # "CSP": the PostgreSQL advisory lock that makes writers queue
# Every transaction that writes asks and says these: building them anew took half of its time.
_LAST, _MOVE_ON = select(ledger_mark.c.last_recorded_at), update(ledger_mark)


_UNLESS = (
    "name one that was made with CSP_ENVIRONMENT=production (CSP_HOME or CSP_LEDGER_URL), or unset CSP_ENVIRONMENT"
)
_ADDRESSES = "write sqlite:////path/ledger.db or postgresql://user:password@host/database"


class LedgerRefused(RuntimeError):
    """The ledger is not of the kind that was asked for; the message says which it is and what to do."""


@dataclass(frozen=True, slots=True)
class Writing:
    """One transaction that writes: its connection, and the moment every fact in it is recorded at.

    `after`: the moment of the fact before it, so a writer can tell whether anybody else wrote since its own last one.
    """

    connection: Connection
    recorded_at: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger on SQLite or PostgreSQL. Reads see one consistent moment; writes queue."""

    engine: Engine
    clock: Clock

    @classmethod
    def open(cls, url: str, clock: Clock) -> Ledger:
        """Connect; the schema is made or migrated by `schema.upgrade`, the kind is set by `mark`.

        Raises LedgerRefused for an address that can't be a ledger's, and where a file would lie in no folder.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise LedgerRefused(f"CSP_LEDGER_URL is no address of a database; {_ADDRESSES}") from None
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise LedgerRefused(f"CSP_LEDGER_URL names no file, and a ledger must outlive its command; {_ADDRESSES}")
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite_engine(url), clock)
        if parsed.get_backend_name() == "postgresql":
            return cls(
                create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True),
                clock,
            )
        raise LedgerRefused(f"CSP_LEDGER_URL names {parsed.get_backend_name()}; use sqlite or postgresql")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the ledger, however long it takes."""
        options = {"isolation_level": "REPEATABLE READ"} if self.is_postgresql else {}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """The only writing transaction there is: others wait. Commits at the end, or leaves nothing."""
        with self.writing_schema() as connection:
            yield Writing(connection, *self._record_moment(connection))

    @contextmanager
    def noting(self) -> Iterator[Writing]:
        """A writing transaction for what is no fact (a snapshot of a past day): what is known by now stays as it is."""
        with self.writing_schema() as connection:
            yield Writing(connection, max(self.now(), self._last_recorded_at(connection)))

    @contextmanager
    def writing_schema(self) -> Iterator[Connection]:
        """A writing transaction for migrations: the mark may not exist yet, so nothing is recorded."""
        options = {} if self.is_postgresql else {"csp_begin": "IMMEDIATE"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            if self.is_postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
            yield connection

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def now(self) -> str:
        """The clock's moment as `recorded_at` writes it."""
        return moment_text(self.clock())

    def mark(self, kind: str, environment: str) -> None:
        """Mark a new ledger `demo` or `real`, and what it is made for, for ever.

        Raises LedgerRefused for one of the other kind, and in production for one that was not made for it.
        """
        with self.reading() as connection:
            if self._is_marked(connection, kind, environment):
                return
        with self.writing() as writing:
            if not self._is_marked(writing.connection, kind, environment):
                row = {"mark": 1, "kind": kind, "environment": environment, "created_at": self.now()}
                writing.connection.execute(insert(ledger_mark).values(**row, last_recorded_at=writing.recorded_at))

    def _is_marked(self, connection: Connection, kind: str, environment: str) -> bool:
        """Is it marked as it is asked to be? Raises LedgerRefused where it is marked otherwise, or must not be."""
        found, made_for = self._kind(connection), self._made_for(connection)
        if environment == PRODUCTION and DEMO in (kind, found):
            raise LedgerRefused(f"made-up data is never production; {_UNLESS}")
        if environment == PRODUCTION and made_for not in (None, PRODUCTION):
            raise LedgerRefused(f"this ledger was made for {made_for} and is never production; {_UNLESS}")
        if found not in (None, kind):
            raise LedgerRefused(f"this ledger is {found!r} and stays so; name another with CSP_HOME or CSP_LEDGER_URL")
        return found is not None

    def kind(self) -> str | None:
        """`demo`, `real`, or None for a ledger that is not marked yet."""
        with self.reading() as connection:
            return self._kind(connection)

    def production_mark(self) -> str | None:
        """The environment this ledger was made for: a copied database is not production."""
        with self.reading() as connection:
            return self._made_for(connection)

    def is_production(self, settings: Settings) -> bool:
        """May anything act on the outside from this ledger? Only where the setting and the ledger's own mark say so."""
        return settings.is_production and self.kind() == REAL and self.production_mark() == PRODUCTION

    @staticmethod
    def _made_for(connection: Connection) -> str | None:
        return connection.execute(select(ledger_mark.c.environment)).scalar_one_or_none()

    @staticmethod
    def _kind(connection: Connection) -> str | None:
        return connection.execute(select(ledger_mark.c.kind)).scalar_one_or_none()

    @staticmethod
    def _last_recorded_at(connection: Connection) -> str:
        return connection.execute(_LAST).scalar_one_or_none() or ""

    def last_recorded_at(self) -> str:
        """When the newest fact was recorded."""
        with self.reading() as connection:
            return self._last_recorded_at(connection)

    def everything_known(self) -> str:
        """The moment by which all that is recorded was known: that of the newest fact, however long ago.

        Not the clock's: who asks again before anything is learnt must get the same answer, and a fact that is being
        written at this moment would be known by it later.
        """
        return self.last_recorded_at() or self.now()

    def _record_moment(self, connection: Connection) -> tuple[str, str]:
        """The moment of this transaction, and the one of the fact before it.

        Now, but always after what is already recorded: a clock that was set back, or that a demonstration lets stand
        still, must neither reorder what we knew nor give two facts about one thing the same moment.
        """
        last, moment = self._last_recorded_at(connection), self.now()
        if moment <= last:
            moment = moment_text(datetime.fromisoformat(last) + timedelta(microseconds=1))
        connection.execute(_MOVE_ON, {"last_recorded_at": moment})
        return moment, last


def moment_text(moment: datetime) -> str:
    """A moment as UTC text with microseconds: it sorts as it happened. `2026-11-01T05:00:00.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _sqlite_engine(url: str) -> Engine:
    path = Path(make_url(url).database or "")
    if not path.parent.is_dir():
        raise LedgerRefused(
            f"CSP_LEDGER_URL names a folder that is not there: {path.parent}; correct it, or make the folder"
        )
    if not path.exists():
        path.touch(mode=0o600)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that writers queue from the start
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("csp_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine
