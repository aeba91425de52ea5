"""Any past day can be asked for again: as it was known then, or as it is known now; asking changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain.day import Mode
from csp_receivables.domain.run_plan import Known, plan_run
from csp_receivables.ports import Booked
from csp_receivables.settings import Settings
from csp_receivables.steps.reconcile import NoLongerLive, Reconciler
from tests.conftest import StandingClock
from tests.examples import examples
from tests.worlds import payment, receivable, rows

ZONE = ZoneInfo("Europe/Stockholm")
FIRST = date(2026, 11, 2)  # after the moment at which the fixture makes the ledger
DAYS = [FIRST + timedelta(days=n) for n in range(6)]


def morning_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC) + timedelta(days=1)


# What arrives during each day. Two payments arrive late: their booking day is in the past by then. One is returned.
ARRIVALS: dict[date, dict[str, list[dict[str, Any]]]] = {
    DAYS[0]: {
        "receivables": [
            receivable(str(n), "AB"[n % 2], 1000, 250, reference=f"77{n}1", issued_on=DAYS[0], due_on=DAYS[n % 4])
            for n in range(6)
        ]
    },
    DAYS[1]: {"payments": [payment("p1", 1250, reference="7701", booked_on=DAYS[1], end_to_end="E1")]},
    DAYS[2]: {"payments": [payment("p2", 700, reference="7711", booked_on=DAYS[2])]},
    DAYS[3]: {
        "payments": [
            payment("p3", 550, reference="7711", booked_on=DAYS[3]),
            payment("late", 1250, text="for 7721 thanks", booked_on=DAYS[1]),
            payment("r1", -1250, kind="return", end_to_end="E1", booked_on=DAYS[3]),
        ]
    },
    DAYS[4]: {"payments": [payment("p4", 2500, reference="7731 7741", booked_on=DAYS[4])]},
    DAYS[5]: {"payments": [payment("later", 1300, reference="7751", booked_on=DAYS[2])]},
}


def store(ledger: Ledger, name: str, given_rows: Sequence[dict[str, Any]]) -> None:
    with ledger.writing() as writing:
        more = {"counts": True} if name == "payments" else {}
        table = {"payments": tables.payment, "receivables": tables.receivable}[name]
        insert_new(writing.connection, table, rows(name, given_rows), recorded_at=writing.recorded_at, **more)


def reconciler_for(ledger: Ledger, clock: StandingClock, home: Path) -> Reconciler:
    plain = wiring.reconciler(Settings(home=home, ledger_url="", time_zone=ZONE, include=home), ledger)
    return Reconciler(
        books=plain.books,
        engine=plain.engine,
        policy=plain.policy,
        digest=plain.digest,
        is_still_live=lambda plan: plan.as_of == clock().astimezone(ZONE).date() - timedelta(days=1),
    )


def live_through(ledger: Ledger, clock: StandingClock, reconciler: Reconciler) -> dict[date, str]:
    """Six days as they happen: files arrive in the afternoon, the day is reconciled the next morning."""
    digests = {}
    for day in DAYS:
        clock.now = datetime(day.year, day.month, day.day, 13, 0, tzinfo=UTC)
        for name, arrived in ARRIVALS[day].items():
            store(ledger, name, arrived)
        clock.now = morning_after(day)
        digests[day] = reconciler.reconcile(plan_run(now=clock.now, zone=ZONE, as_of=day)).digest
    return digests


def allocations(ledger: Ledger) -> list[tuple[Any, ...]]:
    with ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(select(tables.allocation).order_by("allocation_id"))]


@dataclass(frozen=True)
class Lived:
    """Six days that were lived through, and what each of them had shown."""

    reconciler: Reconciler
    shown: dict[date, str]
    now: datetime

    def look(self, day: date, known: Known) -> Booked:
        plan = plan_run(now=self.now, zone=ZONE, fired_at=morning_after(day), known=known)
        assert (day, Mode.HISTORICAL) == (plan.as_of, plan.mode)
        return self.reconciler.look(plan)


@pytest.fixture(scope="module")
def lived(module_ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    clock = module_ledger.clock
    assert isinstance(clock, StandingClock)
    reconciler = reconciler_for(module_ledger, clock, tmp_path_factory.mktemp("lived"))
    shown = live_through(module_ledger, clock, reconciler)
    return Lived(reconciler, shown, clock.now)


def test_a_day_replayed_as_known_then_is_what_stopping_that_day_had_shown(lived: Lived) -> None:
    assert lived.shown == {day: lived.look(day, Known.THEN).digest for day in DAYS}


def test_a_day_as_known_now_has_the_payment_that_arrived_late(lived: Lived) -> None:
    received = {}
    for known in Known:
        summary = lived.look(DAYS[2], known).day.summary.to_pylist()
        received[known] = next(row["amount"] for row in summary if row["line"] == "received")

    assert {Known.THEN: 1250 + 700, Known.NOW: 1250 + 700 + 1250 + 1300} == received


def test_a_day_as_shown_has_the_files_that_its_own_run_took(
    ledger: Ledger, clock: StandingClock, tmp_path: Path
) -> None:
    reconciler, due = reconciler_for(ledger, clock, tmp_path), morning_after(DAYS[1])
    for after_due, arrived in ((5, ARRIVALS[DAYS[0]]), (10, ARRIVALS[DAYS[1]]), (9_000, ARRIVALS[DAYS[5]])):
        clock.now = due + timedelta(seconds=after_due)
        for name, facts in arrived.items():
            store(ledger, name, facts)
        if after_due == 10:
            shown = reconciler.reconcile(plan_run(now=clock.now, zone=ZONE, fired_at=due))
    clock.now = due + timedelta(days=5)
    plan = plan_run(now=clock.now, zone=ZONE, fired_at=due, known=Known.THEN)

    again = reconciler.look(reconciler.as_shown(plan))

    assert (shown.day.mode, again.day.mode, again.digest) == (Mode.LIVE, Mode.HISTORICAL, shown.digest)
    assert reconciler.look(plan).day.allocations.num_rows == 0
    without_a_run = plan_run(now=clock.now, zone=ZONE, fired_at=due + timedelta(days=1), known=Known.THEN)
    assert reconciler.as_shown(without_a_run) == without_a_run


Backfilled = dict[date, tuple[str, str]]  # digest and moment of what was known, by day


@dataclass(frozen=True)
class Backfills:
    """A ledger with six days of facts and one live reconciliation at their end, whose days can be backfilled."""

    ledger: Ledger
    reconciler: Reconciler
    now: datetime

    def backfill(self, days: Sequence[date]) -> Backfilled:
        plans = [plan_run(now=self.now, zone=ZONE, as_of=day, historical=True) for day in days]
        booked = {plan.as_of: self.reconciler.reconcile(plan) for plan in plans}
        return {day: (one.digest, one.day.known_at) for day, one in booked.items()}


@pytest.fixture
def backfills(new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path) -> Backfills:
    ledger = new_ledger()
    for day in DAYS:
        clock.now = datetime(day.year, day.month, day.day, 13, 0, tzinfo=UTC)
        for name, arrived in ARRIVALS[day].items():
            store(ledger, name, arrived)
    clock.now = morning_after(DAYS[-1])
    reconciler = reconciler_for(ledger, clock, tmp_path)
    reconciler.reconcile(plan_run(now=clock.now, zone=ZONE, as_of=DAYS[-1]))
    return Backfills(ledger, reconciler, clock.now)


@pytest.mark.hypothesis
def test_days_backfilled_in_any_order_are_equal_and_book_nothing(backfills: Backfills) -> None:
    before = allocations(backfills.ledger)
    in_order = backfills.backfill(DAYS[:-1])

    @examples(3)
    @given(order=st.permutations(DAYS[:-1]))
    def any_order_is_equal(order: list[date]) -> None:
        assert backfills.backfill(order) == in_order
        assert before == allocations(backfills.ledger)

    any_order_is_equal()


def test_a_day_backfilled_again_later_is_the_same_day_known_at_the_same_moment(
    backfills: Backfills, clock: StandingClock
) -> None:
    first = backfills.backfill(DAYS[:2])
    clock.now += timedelta(days=3)

    assert backfills.backfill(DAYS[:2]) == first


def test_a_live_run_cleared_a_day_later_books_nothing(ledger: Ledger, clock: StandingClock, tmp_path: Path) -> None:
    clock.now = morning_after(DAYS[0])
    plan = plan_run(now=clock.now, zone=ZONE, as_of=DAYS[0])
    clock.now += timedelta(days=1)

    with pytest.raises(NoLongerLive, match="not yesterday any more"):
        reconciler_for(ledger, clock, tmp_path).reconcile(plan)
    assert allocations(ledger) == []
