"""Whatever calls Microsoft waits in its pool, and the pool is there wherever Airflow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csp_airflow.pools import MICROSOFT, MICROSOFT_SLOTS
from tests.airflow_home import ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

pytestmark = pytest.mark.airflow

# The tasks that call Microsoft; the others of these DAGs ask people or the ledger.
AT_MICROSOFT = {
    "import_microsoft": {"list_invoices", "export_charges", "import_charges", "sync_subscriptions", "watch_consents"},
    "change_access": {"customer.perform", "perform_what_waits"},
    "restore_access": {"restore"},
    "undo_access": {"restore"},
    "watch_access": {"watch"},
    "poll_support": {"poll"},
}


def test_what_calls_microsoft_waits_in_its_pool(dag_bag: DagBag) -> None:
    waiting = {
        dag_id: {task.task_id for task in dag.tasks if task.pool == MICROSOFT} for dag_id, dag in dag_bag.dags.items()
    }

    assert {dag_id: tasks for dag_id, tasks in waiting.items() if tasks} == AT_MICROSOFT


def test_giving_back_goes_before_all_else_that_waits_for_microsoft(dag_bag: DagBag) -> None:
    """Airflow adds the weights of what comes after a task to its own, and no DAG of ours has more than twenty."""
    waiting = [(task.task_id, task.priority_weight) for dag in dag_bag.dags.values() for task in dag.tasks
               if task.pool == MICROSOFT]  # fmt: skip

    first = {weight for task_id, weight in waiting if task_id == "restore"}
    others = {weight for task_id, weight in waiting if task_id != "restore"}
    assert (len(first), others) == (1, {1})
    assert first.pop() > 20


def test_every_way_of_deploying_makes_the_pool() -> None:
    init = (ROOT / "deploy" / "init.sh").read_text()

    assert f"airflow pools set {MICROSOFT} {MICROSOFT_SLOTS} " in init  # `make ui` makes it by `local.service`
