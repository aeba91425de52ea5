"""### How our requests at Microsoft stand

Asks Microsoft every hour for the status of each request that was filed there (`csp case escalated --number …`), and
keeps what changed. Requests can't be filed by API any more: a person pastes what `csp case request` prints.

**What it touches.** Microsoft, by the reader's identity with a user (app-only is refused for service requests); the
ledger.

**When it fails.** The log of the red task names what was found and the remedy. Repeating it is safe: it only reads.
Where no identity is set it is skipped; a number that Microsoft does not show us is refused and holds up no other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import support_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task
from csp_airflow.pools import MICROSOFT
from csp_airflow.roles import MAY_START_SUPPORT


@dag(
    schedule=schedule("20 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(minutes=50),
    deadline=deadline(timedelta(minutes=20), "twenty minutes longer than usual"),
    default_args=DEFAULT_ARGS | {"pool": MICROSOFT},
    tags=[Tag.SUPPORT, Tag.NO_EFFECTS],
    access_control=MAY_START_SUPPORT,
    doc_md=__doc__,
)
def poll_support() -> None:
    @task
    def poll(**context: Any) -> dict[str, Any]:
        """Read the status of each number that is known."""
        return support_tasks.poll(context)

    poll()


poll_support()
