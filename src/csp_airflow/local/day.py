"""A run through Airflow's scheduler, watched from the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from csp_airflow.local.api import ENDED, AirflowApi, CallRefused, TaskState
from csp_airflow.local.service import POLL_SECONDS

DAY, FETCH = "reconcile_daily", "import_microsoft"
SECONDS_TO_READ_DAGS = 120.0
MARKS = {"success": "[green]✓[/green]", "skipped": "[dim]–[/dim]", "failed": "[red]✗[/red]"}
DONE = frozenset({"success", "skipped", "failed", "upstream_failed", "removed"})


class RunFailed(RuntimeError):
    """The run ended red; what its failed tasks said was printed."""


def run_dag(api: AirflowApi, dag_id: str, conf: Mapping[str, Any], console: Console, check: Callable[[], None]) -> str:
    """Trigger a DAG and wait for its end. Returns the run's id; raises RunFailed.

    `check` raises when one of Airflow's processes is gone, so that nobody waits for ever.
    """
    wait_for_dag(api, dag_id, console)
    api.unpause(dag_id)
    run_id = api.trigger(dag_id, conf)
    _watch(api, dag_id, run_id, console, check)
    if api.run_state(dag_id, run_id) == "success":
        return run_id
    for task in api.tasks(dag_id, run_id):
        if task.state == "failed":
            console.rule(f"{task.task_id} failed; the end of its log")
            console.print(api.log_tail(dag_id, run_id, task), markup=False, highlight=False)
    raise RunFailed(f"the run {run_id} failed")


def fetch(api: AirflowApi, console: Console, check: Callable[[], None]) -> str:
    """Ask Microsoft. Returns what went wrong, "" for nothing: the day goes on without, as by its own schedule."""
    try:
        run_dag(api, FETCH, {}, console, check)
    except RunFailed as failure:
        console.print(f"{failure}: the day goes on with what is known of Microsoft", markup=False, highlight=False)
        return f"{FETCH}: {failure}"
    return ""


def wait_for_dag(api: AirflowApi, dag_id: str, console: Console) -> None:
    """Until the DAG processor has read the DAG. Raises RunFailed with what it could not read."""
    until = time.monotonic() + SECONDS_TO_READ_DAGS
    with console.status("reading the DAGs"):
        while not api.knows_dag(dag_id):
            if time.monotonic() > until:
                errors = "; ".join(api.import_errors()) or "its processor reports no error"
                raise RunFailed(f"Airflow does not know {dag_id}: {errors}")
            time.sleep(POLL_SECONDS)


def _watch(api: AirflowApi, dag_id: str, run_id: str, console: Console, check: Callable[[], None]) -> None:
    """Show each task as it ends, until the run does."""
    began, shown = time.monotonic(), set[tuple[str, int]]()
    with console.status("waiting for the scheduler") as status:
        while True:
            tasks = api.tasks(dag_id, run_id)
            for task in tasks:
                if task.state in DONE and (task.task_id, task.map_index) not in shown:
                    shown.add((task.task_id, task.map_index))
                    console.print(_told(task, time.monotonic() - began), highlight=False)
            if all(task.state in DONE for task in tasks) and api.run_state(dag_id, run_id) in ENDED:
                return
            busy = ", ".join(task.task_id for task in tasks if task.state == "running")
            status.update(busy or "waiting for the scheduler")
            check()
            time.sleep(POLL_SECONDS)


def _told(task: TaskState, seconds: float) -> str:
    return f"  {MARKS.get(task.state, '[red]✗[/red]')} {task.name:<20} {task.state:<10} {seconds:5.1f} s"


def returned(api: AirflowApi, run_id: str, task_id: str) -> Mapping[str, Any]:
    """What a task of the day's run returned; nothing when it was skipped."""
    try:
        return dict(api.returned(DAY, run_id, task_id))
    except CallRefused:
        return {}
