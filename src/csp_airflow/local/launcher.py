"""Airflow's processes, forked from one that has imported what they share.

Importing Airflow takes seconds of a core, and so does what our tasks need: here both are spent once, and not in each
process. LocalExecutor forks each task from the scheduler, and the DAG processor a process for each file, so all of them
find it there.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from functools import partial

from csp_airflow.local.environment import Place, fab_users
from csp_airflow.local.processes import Processes

# Each process of Airflow and its command.
AIRFLOW: Mapping[str, tuple[str, ...]] = {
    "api-server": ("airflow", "api-server"),
    # Logs are read from the folder that all share. The log servers would listen on every interface.
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
PROGRAMS = {"airflow": "airflow.__main__", "csp": "csp_receivables.cli"}
# What Airflow's commands import. Tasks and triggers speak to the API that all but the scheduler make.
OF_AIRFLOW = (
    "airflow.__main__",
    "airflow.api_fastapi.execution_api.app",
    "airflow.api_fastapi.execution_api.routes",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.executors.local_executor",
)
# What the functions in `csp_airflow` import, and what is imported as it is first used: by Arrow pandas, by each file of
# `dags/` decorators.
FOR_TASKS = (
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.execution_time.timeout",
    "holidays.countries",
    "msal",
    "pandas",
    "pyarrow.acero",
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
    """Fork the processes that are given as JSON: name → command; with --migrate make Airflow's database before."""
    parser = argparse.ArgumentParser(prog="csp_airflow.local.launcher", description=__doc__)
    parser.add_argument("commands", type=json.loads)
    parser.add_argument("--migrate", action="store_true")
    given = parser.parse_args()
    place = Place.from_environment()
    processes = Processes(records=place.home / "run", logs=place.logs)
    _import(OF_AIRFLOW)
    speak_newest_only()
    database = _database_maker(place) if given.migrate else None
    _import(FOR_TASKS)
    from csp_receivables.collections_wiring import understand_policy

    understand_policy(place.settings)
    if database and os.waitpid(database, 0)[1]:
        sys.exit("Airflow's database could not be made")
    must_be_alone()
    gc.freeze()  # what is imported stays: no child looks through it for garbage, and so copies it
    atexit.register(gc.unfreeze)  # DuckDB tells at length what it finds alive at the end
    for name, command in given.commands.items():
        processes.fork(name, partial(_run, *command))


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)


def speak_newest_only() -> None:
    """Of the API of tasks make that version alone which the tasks of this Airflow speak.

    To make all nine takes seven seconds of a core in the API server, and again in the triggerer.
    """
    from airflow.api_fastapi.execution_api import versions
    from airflow.api_fastapi.execution_api.routes import execution_api_router
    from cadwyn import HeadVersion, Version, VersionBundle
    from cadwyn.route_generation import _DELETED_ROUTE_TAG

    versions.bundle = VersionBundle(HeadVersion(), Version(versions.bundle.versions[0].value))
    routes = execution_api_router.routes
    routes[:] = [route for route in routes if _DELETED_ROUTE_TAG not in getattr(route, "tags", ())]  # of older ones


def must_be_alone() -> None:
    """Threads end in what is forked, with the locks that they hold, and all that is forked would share a connection."""
    from airflow import settings

    threads, pool = threading.active_count(), settings.engine.pool
    connections = pool.checkedin() + pool.checkedout()
    if threads > 1 or connections:
        sys.exit(f"{threads} threads and {connections} connections are there: nothing can be forked")


def _database_maker(place: Place) -> int:
    """Make the database in a process of its own, so that none is forked with a connection. Returns the process's id."""
    child = os.fork()
    if not child:
        _make_database(place)
        sys.exit()
    return child


def _run(program: str, *arguments: str) -> None:
    """Be the program. It is imported by whoever runs it: ours takes seconds, and what makes the database needs none."""
    sys.argv = [program, *arguments]
    importlib.import_module(PROGRAMS[program]).main()


def _make_database(place: Place) -> None:
    """Airflow's tables, and the users and roles of who tries it out with roles."""
    from csp_airflow import roles

    _run("airflow", "db", "migrate")
    if place.has_roles:
        os.environ["CSP_AIRFLOW_USERS"] = fab_users(place)
        sys.argv = ["roles"]
        roles.main()


if __name__ == "__main__":
    main()
