"""### Payments, every hour

Takes bank statements from `inbox/bank`, matches what came in with what is open, and books what a rule is sure of. Then
tells whoever waits for money (asset `payments_booked`).

**What it touches.** The ledger and the files under `CSP_HOME`. Nothing leaves the house.

**No backfill.** Payments are booked as of now; a past day is looked at with `reconcile_daily`.

**When it fails.** The log of the red task names what was found and the remedy. The next hour takes what this one left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import tasks
from csp_airflow.conventions import DEFAULT_ARGS, PAYMENTS_BOOKED, Tag, deadline, schedule, task


@dag(
    schedule=schedule("10 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(minutes=50),
    deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.IMPORT, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def import_payments() -> None:
    @task
    def import_bank(**context: Any) -> dict[str, Any]:
        """Take bank statements from `inbox/bank`."""
        return tasks.import_payments(context)

    @task(outlets=[PAYMENTS_BOOKED])
    def book_payments(**context: Any) -> dict[str, Any]:
        """Book what the rules are sure of."""
        return tasks.book_payments(context)

    import_bank() >> book_payments()


import_payments()
