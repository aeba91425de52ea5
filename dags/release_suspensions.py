"""### Let suspensions past their breaker

Started by hand, with a form, by a **second person**: somebody who approved none of what waits. The finding
`access.breaker` names the likely cause: look at that first, at the feeds and at *Unapplied*.

**The form.** *What*: first *List only*, read the log of `list_waiting`, then start it again to release. *Reason*: kept
for ever with the name of whoever started it.

**What it touches.** The ledger. Exactly what was approved and waits now may go ahead, on the facts of now; the next
run of `change_access` performs it, with its last look, its canaries and its hours.

**When it fails.** Without a named person or a reason, or for whoever approved any of it, it refuses.
`csp access release-breaker` is the same without Airflow, where `--by` is taken at its word. docs/SUSPENSION.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import access_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, task
from csp_airflow.roles import MAY_RELEASE

FORM = {
    "what": Param(access_tasks.LIST, enum=access_tasks.RELEASINGS, title="What", description="List it before."),
    "reason": Param("", type="string", title="Reason", description="Why; kept with your name. Not needed to list."),
}


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    dagrun_timeout=timedelta(hours=1),
    deadline=deadline(timedelta(minutes=20), "twenty minutes longer than usual"),
    default_args=DEFAULT_ARGS,
    params=FORM,
    access_control=MAY_RELEASE,
    tags=[Tag.ACCESS, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def release_suspensions() -> None:
    @task
    def list_waiting(**context: Any) -> dict[str, Any]:
        """What is approved and waits."""
        return access_tasks.list_waiting(context)

    @task
    def release(**context: Any) -> dict[str, Any]:
        """Let it go ahead."""
        return access_tasks.release(context)

    list_waiting() >> release()


release_suspensions()
