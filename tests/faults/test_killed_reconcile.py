"""kill -9 in the middle of a reconciliation: nothing is half booked, and the next run completes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.outputs import DayFiles
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings
from tests.forks import KILLED, die, forked
from tests.worlds import payment, receivable, rows

INCLUDE = Path(__file__).parents[2] / "include"
MORNING = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
DAY = date(2026, 10, 31)
# "deciding" has computed everything inside the open transaction and booked nothing yet, "booked" has committed and
# issued nothing yet.
DIES = {"deciding": (wiring, "content_digest"), "booked": (DayFiles, "issue")}


@pytest.mark.parametrize(("where", "booked_by_then"), [("deciding", 0), ("booked", 2)])
def test_a_killed_reconciliation_is_completed_by_the_next(
    where: str, booked_by_then: int, ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    _store_a_day(ledger)
    settings = Settings(
        home=home, ledger_url=ledger_url, time_zone=ZoneInfo("Europe/Stockholm"), fixed_clock=MORNING, include=INCLUDE
    )
    plan = plan_run(now=MORNING, zone=settings.time_zone, as_of=DAY)

    def reconcile_and_die() -> None:
        setattr(*DIES[where], die)
        wiring.reconcile(settings, wiring.open_ledger(settings), plan)

    assert forked(reconcile_and_die, ledger) == KILLED
    left = _count(ledger)
    completed = wiring.reconcile(settings, ledger, plan)
    again = wiring.reconcile(settings, ledger, plan)

    assert booked_by_then == left
    assert (2 - booked_by_then, True) == (completed.allocations_booked, completed.changed)
    assert completed.page.is_file()
    assert (0, False) == (again.allocations_booked, again.changed)
    assert _count(ledger) == 2


def _store_a_day(ledger: Ledger) -> None:
    receivables = [receivable(str(n), "A", 100, reference=f"77{n}1") for n in range(2)]
    payments = [payment(f"p{n}", 100, reference=f"77{n}1") for n in range(2)]
    with ledger.writing() as writing:
        known = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, tables.receivable, rows("receivables", receivables), **known)
        insert_new(writing.connection, tables.payment, rows("payments", payments), counts=True, **known)


def _count(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.allocation)).scalar_one())
