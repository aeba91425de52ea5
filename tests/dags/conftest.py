"""Airflow's metadata database and our DAGs, for the tests that need them. They run in one process: `-m airflow -n0`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

from csp_airflow.local.launcher import speak_newest_only
from tests import airflow_home

airflow_home.use()

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


@pytest.fixture(scope="session")
def metadata_database() -> Iterator[None]:
    """Airflow's tables, made once."""
    from airflow.dag_processing import dagbag
    from airflow.utils.db import initdb

    # `dag.test` makes the API of tasks: in all its versions that takes longer than a day's tasks.
    speak_newest_only()
    initdb()
    with pytest.MonkeyPatch.context() as patch:
        # At each call it also reads every DAG file and writes all DAGs down, and no test changes a file.
        for read_or_write_all in ("BundleDagBag", "sync_bag_to_db"):
            patch.setattr(dagbag, read_or_write_all, cache(getattr(dagbag, read_or_write_all)))
        yield


@pytest.fixture(scope="session")
def dag_bag(metadata_database: None) -> DagBag:
    """Every DAG of the checkout, read once."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(airflow_home.DAGS)
