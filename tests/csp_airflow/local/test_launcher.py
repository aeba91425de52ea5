"""What Airflow's processes are forked from has imported what tasks import, so that no task spends a second on it."""

from __future__ import annotations

import ast
import importlib.util
import threading

import pytest

from csp_airflow.local.launcher import FOR_TASKS, OF_AIRFLOW, must_be_alone
from tests import airflow_home
from tests.airflow_home import ROOT
from tests.forks import forked

airflow_home.use()


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


def test_it_forks_nothing_beside_a_thread_or_a_connection() -> None:
    """Every start of Airflow asks this, after all of its imports."""
    forked(try_to_be_alone)  # alone to begin with, whatever runs in the process of the tests


def try_to_be_alone() -> None:
    from airflow import settings

    settings.engine.dispose(close=False)
    must_be_alone()
    with settings.engine.connect(), pytest.raises(SystemExit, match="1 connections"):
        must_be_alone()
    settings.engine.dispose()
    ended = threading.Event()
    threading.Thread(target=ended.wait).start()
    with pytest.raises(SystemExit, match="2 threads"):
        must_be_alone()
    ended.set()
