"""The scheduler has imported what tasks import, so that no task spends a second on it."""

from __future__ import annotations

import ast
import importlib.util

from csp_airflow.local.scheduler import FOR_TASKS
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
    assert [name for name in FOR_TASKS if importlib.util.find_spec(name) is None] == []
