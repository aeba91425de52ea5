"""### Giving access back

Reinstates whoever is clear: the debt is paid, or a person said so. Runs as soon as payments were booked, and every 15
minutes. It asks nobody and no breaker holds it; only `csp stop` does.

**What it touches.** Microsoft: only subscriptions that we suspended ourselves and that are still suspended for our
reason. Status first, then auto-renew and scheduled changes as they were before, each read back; a difference is a
finding. The customer is told by mail.

**When it fails.** What was begun is settled by reading, so the task may be cleared at any time. A finding names each
subscription that did not come back whole, and what to do in Partner Center.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import access_tasks
from csp_airflow.conventions import DEFAULT_ARGS, PAYMENTS_BOOKED, Tag, deadline, task, woken_by
from csp_airflow.pools import BEFORE_ALL_ELSE, MICROSOFT


@dag(
    schedule=woken_by(PAYMENTS_BOOKED, "*/15 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual", "asset_triggered"],
    dagrun_timeout=timedelta(hours=1),
    deadline=deadline(timedelta(minutes=20), "twenty minutes longer than usual"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.ACCESS, Tag.MICROSOFT],
    doc_md=__doc__,
)
def restore_access() -> None:
    @task(pool=MICROSOFT, priority_weight=BEFORE_ALL_ELSE)
    def restore(**context: Any) -> dict[str, Any]:
        """Reinstate whoever is clear."""
        return access_tasks.restore(context)

    restore()


restore_access()
