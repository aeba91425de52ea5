"""One writer at a time, one moment for each reader, and a mark that stays."""

from __future__ import annotations

import multiprocessing
import re
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from csp_receivables.adapters.ledger import Ledger, LedgerRefused, tables
from csp_receivables.adapters.ledger.connection import moment_text
from csp_receivables.settings import Settings
from tests.conftest import StandingClock
from tests.migrated import upgraded

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
WRITERS, WRITES = 4, 8


def _files(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(tables.imported_file)).scalar_one())


def _add_file(ledger: Ledger) -> str:
    """Read how many there are, then add the next: only right when nobody writes in between."""
    with ledger.writing() as writing:
        row = {"digest": f"{_files(writing.connection):04d}", "bytes": 0, "facts": 0, "findings": 0}
        writing.connection.execute(insert(tables.imported_file).values(**row, recorded_at=writing.recorded_at))
        return row["digest"]  # type: ignore[return-value]


def _add_files(url: str) -> list[str]:
    ledger = Ledger.open(url, lambda: NOON)
    try:
        return [_add_file(ledger) for _ in range(WRITES)]
    finally:
        ledger.engine.dispose()


def test_a_ledger_keeps_the_kind_it_was_marked_with(ledger: Ledger) -> None:
    ledger.mark("real", "development")

    with pytest.raises(LedgerRefused, match="this ledger is 'real' and stays so"):
        ledger.mark("demo", "development")
    assert ledger.kind() == "real"


def _new_ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'new.db'}", lambda: NOON)
    upgraded(ledger)
    return ledger


def _settings(environment: str) -> Settings:
    """In a home that is not there: the one of this checkout may hold a demonstration, whose clock stands still."""
    return Settings.from_environment({"CSP_ENVIRONMENT": environment, "CSP_HOME": "no-such-home"})


def test_a_ledger_made_for_development_is_refused_in_production_and_stays_as_it_is(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match=r"made for development and is never production; .*CSP_LEDGER_URL"):
        ledger.mark("real", "production")

    assert ledger.production_mark() == "development"
    assert not ledger.is_production(_settings("production"))


def test_a_demonstration_is_never_production(tmp_path: Path) -> None:
    ledger = _new_ledger(tmp_path)

    with pytest.raises(LedgerRefused, match="made-up data is never production"):
        ledger.mark("demo", "production")

    assert ledger.kind() is None


@pytest.mark.parametrize(
    ("made_for", "used_in", "is_production"),
    [
        ("production", "production", True),
        ("production", "development", False),  # a copy that somebody looks at
        ("development", "development", False),
        ("development", "production", False),
    ],
)
def test_production_is_a_setting_and_the_same_mark_in_the_ledger(
    tmp_path: Path, made_for: str, used_in: str, is_production: bool
) -> None:
    ledger = _new_ledger(tmp_path)
    assert not ledger.is_production(_settings("production"))  # not marked yet
    ledger.mark("real", made_for)

    assert ledger.is_production(_settings(used_in)) is is_production


def test_a_copy_of_a_production_ledger_is_read_in_development_and_keeps_its_mark(tmp_path: Path) -> None:
    ledger = _new_ledger(tmp_path)
    ledger.mark("real", "production")

    ledger.mark("real", "development")

    assert ledger.production_mark() == "production"


def test_facts_are_recorded_at_the_clocks_moment_in_utc(ledger: Ledger, clock) -> None:  # type: ignore[no-untyped-def]
    clock.now = datetime(2026, 11, 2, 8, 30, tzinfo=timezone(timedelta(hours=1)))

    with ledger.writing() as writing:
        assert writing.recorded_at == "2026-11-02T07:30:00.000000Z"


def test_no_two_moments_are_the_same_and_none_goes_back_when_the_clock_does(ledger: Ledger, clock) -> None:  # type: ignore[no-untyped-def]
    moments = []
    for minutes in (0, 10, -600, 5, 11):
        clock.now = NOON + timedelta(minutes=minutes)
        with ledger.writing() as writing:
            moments.append(writing.recorded_at)

    ten_past = NOON + timedelta(minutes=10)
    assert moments[1:4] == [moment_text(ten_past + timedelta(microseconds=n)) for n in range(3)]
    assert moments[4] == moment_text(NOON + timedelta(minutes=11))


def test_a_transaction_that_fails_does_not_move_the_moment(ledger: Ledger, clock) -> None:  # type: ignore[no-untyped-def]
    clock.now = NOON + timedelta(days=1)
    with pytest.raises(RuntimeError), ledger.writing():
        raise RuntimeError("power cut")
    clock.now = NOON + timedelta(minutes=1)

    with ledger.writing() as writing:
        assert writing.recorded_at == moment_text(clock.now)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        moment_text(datetime(2026, 11, 1))


def test_moments_sort_as_text_as_they_happened() -> None:
    moments = [NOON + timedelta(microseconds=n) for n in (0, 1, 999_999, 1_000_000)]

    assert [moment_text(moment) for moment in moments] == sorted(moment_text(moment) for moment in moments)


def test_writers_in_threads_queue(ledger: Ledger, ledger_url: str) -> None:
    with ThreadPoolExecutor(WRITERS) as threads:
        written = [each for part in threads.map(_add_files, [ledger_url] * WRITERS) for each in part]

    assert sorted(written) == [f"{n:04d}" for n in range(WRITERS * WRITES)]


def test_writers_in_processes_queue(ledger: Ledger, ledger_url: str) -> None:
    ledger.engine.dispose()  # forks share no connection
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as processes:
        written = [each for part in processes.map(_add_files, [ledger_url] * 2) for each in part]

    assert sorted(written) == [f"{n:04d}" for n in range(2 * WRITES)]


def test_a_second_writer_waits_until_the_first_has_committed(ledger: Ledger) -> None:
    order: list[str] = []

    def second() -> None:
        with ledger.writing() as writing:
            order.append(f"second sees {_files(writing.connection)}")

    thread = threading.Thread(target=second)
    with ledger.writing() as writing:
        thread.start()
        row = {"digest": "first", "bytes": 0, "facts": 0, "findings": 0, "recorded_at": writing.recorded_at}
        writing.connection.execute(insert(tables.imported_file).values(**row))
        order.append("first writes")
    thread.join(timeout=60)

    assert order == ["first writes", "second sees 1"]


def test_a_reader_sees_one_moment_while_a_writer_commits(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        before = _files(connection)
        _add_file(ledger)
        assert _files(connection) == before == 0

    with ledger.reading() as connection:
        assert _files(connection) == 1


def test_a_writer_that_fails_leaves_nothing_and_lets_the_next_one_in(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.writing() as writing:
        row = {"digest": "lost", "bytes": 0, "facts": 0, "findings": 0, "recorded_at": writing.recorded_at}
        writing.connection.execute(insert(tables.imported_file).values(**row))
        raise RuntimeError("power cut")

    assert _add_file(ledger) == "0000"


def test_a_database_of_another_maker_is_refused() -> None:
    with pytest.raises(LedgerRefused, match="CSP_LEDGER_URL names mysql; use sqlite or postgresql"):
        Ledger.open("mysql://localhost/ledger", lambda: NOON)


def test_the_file_of_a_new_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(f"sqlite:///{path}", lambda: NOON).engine.dispose()

    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_a_ledger_in_a_folder_that_is_not_there_is_refused_and_no_folder_made(tmp_path: Path) -> None:
    """A slip of the key in CSP_LEDGER_URL must not begin a second, empty ledger."""
    with pytest.raises(LedgerRefused, match=r"a folder that is not there: .*/legders; correct it, or make the folder"):
        Ledger.open(f"sqlite:///{tmp_path / 'legders' / 'ledger.db'}", lambda: NOON)

    assert list(tmp_path.iterdir()) == []


def test_recorded_moments_have_one_form(ledger: Ledger) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", ledger.now())


def test_a_ledger_that_is_marked_is_opened_without_a_word_in_it(ledger: Ledger, clock: StandingClock) -> None:
    """Who only looks must not move the moment by which everything is known, nor wait for a writer."""
    before = ledger.everything_known()
    clock.now += timedelta(hours=1)

    ledger.mark("real", "development")

    assert ledger.everything_known() == before
