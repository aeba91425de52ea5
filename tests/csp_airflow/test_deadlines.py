"""A run that is late leaves one finding in the ledger, however often Airflow says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from csp_airflow.deadlines import late_run, report_late_run

CONTEXT: dict[str, Any] = {
    "dag_run": {"dag_id": "reconcile_daily", "dag_run_id": "scheduled__2026-11-01T05:00:00+00:00"},
    "deadline": {"id": "1", "deadline_time": "2026-11-01T06:00:00+00:00"},
}


def test_the_finding_names_run_moment_and_remedy() -> None:
    finding = late_run(CONTEXT, "within the hour")

    assert finding.code == "run.late"
    assert finding.subject == "reconcile_daily/scheduled__2026-11-01T05:00:00+00:00"
    assert "2026-11-01T06:00:00+00:00" in finding.found
    assert "log" in finding.remedy


def test_a_late_run_is_recorded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSP_HOME", str(tmp_path))
    monkeypatch.setenv("CSP_LEDGER_URL", f"sqlite:///{tmp_path}/ledger.db")

    for _ in range(2):
        report_late_run(context=CONTEXT, deadline_name="within the hour")

    with create_engine(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
        found = connection.execute(text("SELECT code, subject FROM finding")).all()
    assert [tuple(row) for row in found] == [("run.late", "reconcile_daily/scheduled__2026-11-01T05:00:00+00:00")]
