"""The hourly booking: it books what the live day would, and keeps no reconciliation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings
from tests.worlds import payment, receivable, rows

INCLUDE = Path(__file__).parents[2] / "include"
NOON = datetime(2026, 11, 1, 11, 0, tzinfo=UTC)
DAY = date(2026, 11, 1)


def test_what_is_sure_is_booked_once_and_nothing_is_left_to_the_day(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path, ledger_url=ledger_url, time_zone=ZoneInfo("Europe/Stockholm"), fixed_clock=NOON, include=INCLUDE
    )
    paid, sure = receivable("R1", "A", 100, reference="7711"), payment("P1", 100, reference="7711")
    with ledger.writing() as writing:
        known = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, tables.receivable, rows("receivables", [paid]), **known)
        insert_new(writing.connection, tables.payment, rows("payments", [sure]), counts=True, **known)

    assert [wiring.book_payments(settings, ledger) for _ in range(2)] == [1, 0]

    with ledger.reading() as connection:
        (booked,) = connection.execute(select(tables.allocation)).all()
        kept = connection.execute(select(func.count()).select_from(tables.reconciliation_run)).scalar_one()
    assert (booked.source_id, booked.receivable_id, booked.amount, booked.run_id) == (
        "P1",
        "partner/R1",
        100,
        f"so_far:{DAY}",
    )
    assert kept == 0
    day = wiring.reconciler(settings, ledger).look(plan_run(now=NOON, zone=settings.time_zone, as_of=DAY))
    assert day.allocations.num_rows == 0
