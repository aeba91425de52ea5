"""kill -9 in the middle of a reconciliation: nothing is half booked, and the next run completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings
from tests.worlds import payment, receivable, rows

INCLUDE = Path(__file__).parents[2] / "include"
MORNING = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
DAY = date(2026, 10, 31)
# Blocks on a FIFO that nobody writes to: "deciding" has computed everything inside the open transaction and booked
# nothing yet, "booked" has committed and issued nothing yet.
RECONCILE = """
import sys
from pathlib import Path
from csp_receivables import wiring
from csp_receivables.adapters.outputs import DayFiles
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings
where, fifo = sys.argv[1:]

def wait(*_):
    Path(fifo).write_text(where)
    open(fifo).read()

if where == "deciding": wiring.content_digest = wait
else: DayFiles.issue = wait
settings = Settings.from_environment()
plan = plan_run(now=settings.clock(), zone=settings.time_zone, as_of=settings.yesterday())
wiring.reconcile(settings, wiring.open_ledger(settings), plan)
"""


@pytest.mark.parametrize(("where", "booked_by_then"), [("deciding", 0), ("booked", 2)])
def test_a_killed_reconciliation_is_completed_by_the_next(
    where: str, booked_by_then: int, ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    home, fifo = tmp_path / "home", tmp_path / "fifo"
    _store_a_day(ledger)
    os.mkfifo(fifo)
    environment = {
        **os.environ,
        "CSP_HOME": str(home),
        "CSP_LEDGER_URL": ledger_url,
        "CSP_CLOCK": MORNING.isoformat(),
        "CSP_INCLUDE": str(INCLUDE),
    }

    with subprocess.Popen([sys.executable, "-c", RECONCILE, where, str(fifo)], env=environment) as process:
        assert fifo.read_text() == where
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    left = _count(ledger)
    settings = Settings(
        home=home, ledger_url=ledger_url, time_zone=ZoneInfo("Europe/Stockholm"), fixed_clock=MORNING, include=INCLUDE
    )
    plan = plan_run(now=MORNING, zone=settings.time_zone, as_of=DAY)
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
