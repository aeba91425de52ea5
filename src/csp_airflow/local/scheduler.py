"""Airflow's scheduler, which has imported what our tasks need.

LocalExecutor forks each task from the scheduler: what is imported here costs once, not a second of CPU in each task.
"""

from __future__ import annotations

import importlib
import sys

# What the functions in `csp_airflow` import. Pandas is what Arrow imports when it first makes a table.
FOR_TASKS = (
    "pandas",
    "csp_airflow.access_tasks",
    "csp_airflow.charge_exports",
    "csp_airflow.escalation_tasks",
    "csp_airflow.mail_tasks",
    "csp_airflow.microsoft_tasks",
    "csp_airflow.raising_tasks",
    "csp_airflow.support_tasks",
    "csp_airflow.tasks",
    "csp_receivables.access_wiring",
    "csp_receivables.collections_wiring",
    "csp_receivables.escalation_wiring",
    "csp_receivables.mail_wiring",
    "csp_receivables.microsoft_wiring",
    "csp_receivables.money_wiring",
    "csp_receivables.support_wiring",
    "csp_receivables.wiring",
)


def main() -> None:
    """Import, then be the scheduler; takes its arguments."""
    from airflow.__main__ import main as airflow

    for name in FOR_TASKS:
        importlib.import_module(name)
    sys.argv = ["airflow", "scheduler", *sys.argv[1:]]
    airflow()


if __name__ == "__main__":
    main()
