"""What Airflow's REST interface may answer, and what becomes of it."""

from __future__ import annotations

import httpx
import pytest
from tenacity import wait_none

from csp_airflow.local.api import AirflowApi, CallRefused, DatabaseBusy

LOCKED = httpx.Response(503, json={"detail": "Database is locked."})
# What Airflow answers when its audit log could not be written within the time that SQLite waits.
LOCKED_TOO_LONG = httpx.Response(500, json={"detail": {"reason": "Database error", "statement": "hidden"}})


def api_that_answers(*answers: httpx.Response) -> tuple[AirflowApi, list[str]]:
    """An API whose Airflow gives these answers in turn, and the list of what it was asked."""
    asked: list[str] = []
    waiting = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return next(waiting)

    return AirflowApi("http://127.0.0.1:1", transport=httpx.MockTransport(answer)), asked


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AirflowApi._call.retry, "wait", wait_none())  # type: ignore[attr-defined]


def test_a_backfill_is_asked_for_again_while_the_database_is_locked() -> None:
    api, asked = api_that_answers(LOCKED, LOCKED, httpx.Response(200, json={"id": 7}))

    assert api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {}) == 7
    assert asked == ["POST /api/v2/backfills"] * 3


def test_a_database_that_stays_locked_ends_the_asking() -> None:
    api, asked = api_that_answers(*[LOCKED] * 10)

    with pytest.raises(DatabaseBusy, match="503"):
        api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {})
    assert len(asked) == 10


def test_a_run_is_asked_for_again_where_nothing_could_be_written() -> None:
    api, asked = api_that_answers(LOCKED_TOO_LONG, LOCKED, httpx.Response(200, json={"dag_run_id": "manual__1"}))

    assert api.trigger("send_notices", {}) == "manual__1"
    assert asked == ["POST /api/v2/dags/send_notices/dagRuns"] * 3


@pytest.mark.parametrize("said", [{"detail": "no such DAG"}, {"detail": {"reason": "another"}}, ["detail"]])
def test_an_error_of_another_kind_is_told_at_once(said: object) -> None:
    api, asked = api_that_answers(httpx.Response(500, json=said))

    with pytest.raises(CallRefused, match="500"):
        api.trigger("send_notices", {})
    assert len(asked) == 1


def test_another_refusal_is_told_at_once() -> None:
    api, asked = api_that_answers(httpx.Response(422, json={"detail": "non-periodic schedule"}))

    with pytest.raises(CallRefused, match="non-periodic schedule"):
        api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {})
    assert len(asked) == 1
