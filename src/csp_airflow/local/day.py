"""One day through Airflow's scheduler, watched from the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from csp_airflow.local.api import ENDED, AirflowApi, CallRefused, TaskState
from csp_airflow.local.service import POLL_SECONDS

DAG_ID = "reconcile_daily"
SECONDS_TO_READ_DAGS = 120.0
MARKS = {"success": "[green]✓[/green]", "skipped": "[dim]–[/dim]", "failed": "[red]✗[/red]"}
DONE = frozenset({"success", "skipped", "failed", "upstream_failed"})


class RunFailed(RuntimeError):
    """The run ended red; what its failed tasks said was printed."""


def run_day(api: AirflowApi, conf: Mapping[str, Any], console: Console, check: Callable[[], None]) -> str:
    """Trigger `reconcile_daily` and wait for its end. Returns the run's id; raises RunFailed.

    `check` raises when one of Airflow's processes is gone, so that nobody waits for ever.
    """
    wait_for_dag(api, DAG_ID, console)
    api.unpause(DAG_ID)
    run_id = api.trigger(DAG_ID, conf)
    _watch(api, run_id, console, check)
    if api.run_state(DAG_ID, run_id) == "success":
        return run_id
    for task in api.tasks(DAG_ID, run_id):
        if task.state == "failed":
            console.rule(f"{task.task_id} failed; the end of its log")
            console.print(api.log_tail(DAG_ID, run_id, task), markup=False, highlight=False)
    raise RunFailed(f"the run {run_id} failed")


def wait_for_dag(api: AirflowApi, dag_id: str, console: Console) -> None:
    """Until the DAG processor has read the DAG. Raises RunFailed with what it could not read."""
    until = time.monotonic() + SECONDS_TO_READ_DAGS
    with console.status("reading the DAGs"):
        while not api.knows_dag(dag_id):
            if time.monotonic() > until:
                errors = "; ".join(api.import_errors()) or "its processor reports no error"
                raise RunFailed(f"Airflow does not know {dag_id}: {errors}")
            time.sleep(POLL_SECONDS)


def _watch(api: AirflowApi, run_id: str, console: Console, check: Callable[[], None]) -> None:
    """Show each task as it ends, until the run does."""
    began, shown = time.monotonic(), set[str]()
    with console.status("waiting for the scheduler") as status:
        while True:
            state, tasks = api.run_state(DAG_ID, run_id), api.tasks(DAG_ID, run_id)
            for task in tasks:
                if task.state in DONE and task.task_id not in shown:
                    shown.add(task.task_id)
                    console.print(_told(task, time.monotonic() - began), highlight=False)
            if state in ENDED:
                return
            busy = ", ".join(task.task_id for task in tasks if task.state == "running")
            status.update(busy or "waiting for the scheduler")
            check()
            time.sleep(POLL_SECONDS)


def _told(task: TaskState, seconds: float) -> str:
    return f"  {MARKS.get(task.state, '[red]✗[/red]')} {task.task_id:<20} {task.state:<10} {seconds:5.1f} s"


def returned(api: AirflowApi, run_id: str, task_id: str) -> Mapping[str, Any]:
    """What a task of the run returned; nothing when it was skipped."""
    try:
        return dict(api.returned(DAG_ID, run_id, task_id))
    except CallRefused:
        return {}
