"""What Airflow's processes are forked from has imported what tasks import, so that no task spends a second on it."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from csp_airflow.local.launcher import FOR_TASKS, OF_AIRFLOW
from tests.airflow_home import ROOT


def test_whatever_plugs_adapters_for_a_task_is_imported_before_it() -> None:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "src/csp_airflow").glob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    plugs = {
        f"csp_receivables.{name.name}"
        for node in imports
        for name in node.names
        if node.module == "csp_receivables" and name.name.endswith("wiring")
    }

    assert plugs
    assert plugs <= set(FOR_TASKS)


def test_all_that_is_imported_is_there() -> None:
    assert [name for name in (*OF_AIRFLOW, *FOR_TASKS) if importlib.util.find_spec(name) is None] == []


PRUNED = """
import importlib, sys, threading
from csp_airflow.local import launcher
launcher._import((*launcher.OF_AIRFLOW, *launcher.FOR_TASKS))
launcher.speak_newest_only()
from airflow import settings
from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI
from airflow.sdk.api.client import Client
assert settings.engine.pool.checkedout() == settings.engine.pool.checkedin() == 0
assert threading.active_count() == 1
api = InProcessExecutionAPI()
assert Client(base_url="http://in-process", token="", transport=api.transport).get("health").status_code == 200
print(*api.app.router.versioned_routers)
"""


def test_it_has_neither_threads_nor_connections_and_speaks_as_this_airflow_s_tasks_do(tmp_path: Path) -> None:
    given = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}

    done = subprocess.run([sys.executable, "-c", PRUNED], env=given, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == spoken_by_tasks()


def spoken_by_tasks() -> str:
    """Read from its text: to import Airflow's client takes seconds."""
    found = importlib.util.find_spec("airflow.sdk")
    assert found is not None and found.submodule_search_locations
    models = Path(found.submodule_search_locations[0]) / "api" / "datamodels" / "_generated.py"
    (version,) = re.findall(r'API_VERSION: Final\[str\] = "(.+)"', models.read_text())
    return str(version)
