"""A run that is watched from the terminal, at an Airflow that answers what the test says."""

from __future__ import annotations

import io

import httpx
import pytest
from rich.console import Console

from csp_airflow.local.api import AirflowApi
from csp_airflow.local.day import DAY, RunFailed, fetch, run_dag


def airflow(state: str) -> AirflowApi:
    """Airflow in which every run has one task, and both have ended in this state."""

    def answer(request: httpx.Request) -> httpx.Response:
        task = {"task_id": "ask", "state": state, "try_number": 1, "map_index": -1}
        told = {"dag_run_id": "run-1", "state": state, "task_instances": [task], "content": ["it did not answer"]}
        return httpx.Response(200, json=told)

    return AirflowApi("http://airflow", httpx.MockTransport(answer))


def test_a_day_goes_on_where_microsoft_can_not_be_asked_and_what_was_amiss_is_kept() -> None:
    said = io.StringIO()

    amiss = fetch(airflow("failed"), Console(file=said), lambda: None)

    assert amiss == "import_microsoft: the run run-1 failed"
    assert "it did not answer" in said.getvalue()
    assert "the day goes on" in said.getvalue()
    assert fetch(airflow("success"), Console(quiet=True), lambda: None) == ""


def test_a_day_that_failed_itself_is_told_with_the_end_of_its_log() -> None:
    said = io.StringIO()

    with pytest.raises(RunFailed, match="run-1"):
        run_dag(airflow("failed"), DAY, {}, Console(file=said), lambda: None)

    assert "it did not answer" in said.getvalue()
