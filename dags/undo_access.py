"""### Undo what a run did to access

Started by hand, with a form. It lists everything that one run took and gave back, and reverses it: what was taken is
given back at once; what was given back gets a new warning, and is taken again only after a new question and a new yes.

**The form.** *Run*: `change_access/` and the run's id, the run of the day's decisions, or a worker, as `csp access
history` names them. *What*: first *List only*, read the log of `list_deeds`, then start it again with what it should
do. *Reason*: kept for ever with the name of whoever started it.

**What it touches.** The ledger; Microsoft, as `restore_access` does: only subscriptions that we suspended.

**When it fails.** Without a named person or a reason it refuses. A red `restore` may be cleared at any time: what was
begun is settled by reading; `restore_access` goes on with it every quarter of an hour anyway. `csp access undo` is the
same without Airflow. docs/SUSPENSION.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import access_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, task
from csp_airflow.pools import BEFORE_ALL_ELSE, MICROSOFT
from csp_airflow.roles import MAY_UNDO

FORM = {
    "run": Param("", type="string", title="Run", description="Such as change_access/scheduled__2026-11-03T09:00:00Z."),
    "what": Param(access_tasks.LIST, enum=access_tasks.UNDOINGS, title="What", description="List it before anything."),
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
    access_control=MAY_UNDO,
    tags=[Tag.ACCESS, Tag.MICROSOFT],
    doc_md=__doc__,
)
def undo_access() -> None:
    @task
    def list_deeds(**context: Any) -> dict[str, Any]:
        """What the run took and gave back."""
        return access_tasks.list_deeds(context)

    @task
    def undo(**context: Any) -> dict[str, Any]:
        """Ask for what it took, or let what it gave back be warned about anew."""
        return access_tasks.undo(context)

    @task(pool=MICROSOFT, priority_weight=BEFORE_ALL_ELSE)
    def restore(**context: Any) -> dict[str, Any]:
        """Give back what was asked for."""
        return access_tasks.restore(context)

    list_deeds() >> undo() >> restore()


undo_access()
