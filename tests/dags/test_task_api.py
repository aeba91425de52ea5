"""Of Airflow's API of tasks that version alone is made which its tasks speak."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.airflow


@pytest.mark.usefixtures("metadata_database")
def test_it_speaks_as_this_airflow_s_tasks_do() -> None:
    from airflow.sdk.api.client import Client
    from airflow.sdk.api.datamodels._generated import API_VERSION
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    api = in_process_api_server()  # of `dag.test`, which makes it once

    assert Client(base_url="http://in-process", token="", transport=api.transport).get("health").status_code == 200
    assert list(api.app.router.versioned_routers) == [API_VERSION]
