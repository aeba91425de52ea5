"""The rolling refresh token survives from one task to the next, through Airflow's own interface for tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.airflow_home import DAGS

pytestmark = pytest.mark.airflow

LOCAL = "airflow.dag_processing.bundles.local.LocalDagBundle"
TOKENS = """
from datetime import UTC, datetime

from airflow.sdk import dag, task

from csp_airflow.partner_center import READER, VariableTokens
from csp_receivables.domain.microsoft.sign_in import RefreshToken

NOW = datetime(2026, 11, 10, 6, tzinfo=UTC)
TOKEN = RefreshToken(token="rolling-token-1", stored_at=NOW)


@dag(schedule=None)
def tokens():
    @task
    def store():
        VariableTokens(READER, lambda: NOW).store(TOKEN)

    @task
    def load():
        assert VariableTokens(READER, lambda: NOW).load() == TOKEN

    store() >> load()


tokens()
"""


def test_a_task_stores_the_token_and_the_next_one_finds_it(
    metadata_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models import Variable

    (tmp_path / "tokens.py").write_text(TOKENS)
    bundles = {"dags-folder": DAGS, "tokens": tmp_path}
    told = [{"name": name, "classpath": LOCAL, "kwargs": {"path": str(path)}} for name, path in bundles.items()]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(told))

    run = DagBag(tmp_path).dags["tokens"].test()

    assert {each.task_id: each.state for each in run.get_task_instances()} == {"store": "success", "load": "success"}
    assert "rolling-token-1" in Variable.get("partner_center_reader_refresh_token")
