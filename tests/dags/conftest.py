"""Airflow's metadata database and our DAGs, for the tests that need them. They run in one process: `-m airflow -n0`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csp_airflow.local.launcher import speak_newest_only
from tests import airflow_home

airflow_home.use()

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


@pytest.fixture(scope="session")
def metadata_database() -> None:
    """Airflow's tables, made once."""
    from airflow.utils.db import initdb

    # `dag.test` makes the API of tasks: in all its versions that takes longer than a day's tasks.
    speak_newest_only()
    initdb()


@pytest.fixture(scope="session")
def dag_bag(metadata_database: None) -> DagBag:
    """Every DAG of the checkout, read once."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(airflow_home.DAGS)
