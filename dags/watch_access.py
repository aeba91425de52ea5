"""### Is access as we left it?

Compares every subscription that we suspended or gave back with what Microsoft shows now: reactivated by the customer,
suspended by somebody else, expired, moved to another partner. Each difference is a finding; nothing is fought.

**What it touches.** Reads Microsoft. Writes findings to the ledger.

**When it fails.** The log names the code, what it means and the remedy; the next hour looks again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import access_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task
from csp_airflow.pools import MICROSOFT


@dag(
    schedule=schedule("40 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(hours=2),
    deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.ACCESS, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def watch_access() -> None:
    @task(pool=MICROSOFT)
    def watch(**context: Any) -> dict[str, Any]:
        """Compare Microsoft's state with ours."""
        return access_tasks.watch(context)

    watch()


watch_access()
