"""The sample's day through Airflow's scheduler against the same steps from the command line: what a task costs.

    python -m bench.day_through_airflow

Each in a home of its own. The floor is `csp inbox` and `csp reconcile`, the start of their interpreters included. Ours
is the run of `reconcile_daily` from its trigger to its end, in an Airflow that is up; what the difference comes to for
each task is the overhead.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console

from bench.measure import ROOT, Budget, Measurement, report
from csp_airflow.local.day import DAY, run_dag
from csp_airflow.local.environment import LOOPBACK, PORT, Place
from csp_airflow.local.ledger_state import prepare
from csp_airflow.local.service import airflow_for_a_while, processes_of

TASKS_MAX = 20
OVERHEAD_SECONDS_MAX = 3.0
_CSP = (sys.executable, "-c", "from csp_receivables.cli import main; main()")


def from_command_line(folder: Path) -> float:
    """Wall seconds of the day's commands in a new home with the sample."""
    environment = _environment(folder)
    place = prepare(Place.from_environment(environment), environment)
    as_of = place.settings.yesterday().isoformat()
    began = time.perf_counter()
    for command in (("inbox",), ("reconcile", "--as-of", as_of)):
        subprocess.run([*_CSP, *command], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def through_airflow(folder: Path) -> tuple[float, int]:
    """Seconds from trigger to end of the run that Airflow made of the same day, and how many tasks it has."""
    environment = _environment(folder)
    place = prepare(Place.from_environment(environment), environment)
    console = Console(stderr=True)
    with airflow_for_a_while(place, console) as api:
        conf = {"as_of": place.settings.yesterday().isoformat()}
        run_id = run_dag(api, DAY, conf, console, processes_of(place).check)
        tasks = len(api.tasks(DAY, run_id))
        run = next(run for run in api.runs(DAY) if run["dag_run_id"] == run_id)
    queued, ended = (datetime.fromisoformat(run[name]) for name in ("queued_at", "end_date"))
    return (ended - queued).total_seconds(), tasks


def _environment(folder: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CSP_"))}
    return kept | {"CSP_HOME": str(folder), "CSP_ROOT": str(ROOT), PORT: str(_free_port())}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def main() -> bool:
    """Measure both, print, and tell whether a task's overhead and the number of tasks keep their budgets."""
    with tempfile.TemporaryDirectory(prefix="csp-bench-") as folder:
        before = from_command_line(Path(folder) / "before")
        seconds, tasks = through_airflow(Path(folder) / "airflow")
        commands = (before, from_command_line(Path(folder) / "after"))
    overhead = (seconds - min(commands)) / tasks
    print(f"{tasks} tasks (≤ {TASKS_MAX}), {overhead:.2f} s of overhead each (≤ {OVERHEAD_SECONDS_MAX:g})")
    kept = report(
        "day_through_airflow",
        Measurement(what="csp inbox, csp reconcile", seconds=commands, peak_mb=0),
        Measurement(what=DAY, seconds=(seconds,), peak_mb=0),
        Budget(seconds=min(commands) + OVERHEAD_SECONDS_MAX * tasks),
        tasks=tasks,
        overhead_seconds=round(overhead, 3),
    )
    return kept and tasks <= TASKS_MAX


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
