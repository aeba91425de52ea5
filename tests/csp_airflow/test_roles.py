"""Airflow's roles of ours, as Flask-AppBuilder's manager reads them."""

from __future__ import annotations

import pytest

from csp_airflow import roles


@pytest.mark.parametrize(
    "granted", [roles.MAY_START_SUPPORT, roles.MAY_RELEASE, roles.MAY_UNDO, roles.MAY_START_REPORTS]
)
def test_who_may_start_a_dag_may_edit_it_since_airflow_lets_nobody_else(
    granted: dict[str, dict[str, set[str]]],
) -> None:
    """FabAuthManager.is_authorized_dag: whoever changes what belongs to a DAG must be allowed to edit the DAG."""
    (access,) = granted.values()

    assert access["DAG Runs"] == {"can_create"}
    assert access["DAGs"] >= {"can_read", "can_edit"}


@pytest.mark.parametrize("name", list(roles.ROLES))
def test_no_role_may_say_that_a_task_is_done(name: str) -> None:
    assert not set(roles.ROLES[name]) & set(roles.FORBIDDEN)
