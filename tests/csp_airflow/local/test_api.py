"""What Airflow's REST interface may answer, and what becomes of it."""

from __future__ import annotations

import httpx
import pytest
from tenacity import wait_none

from csp_airflow.local.api import AirflowApi, CallRefused, DatabaseBusy

LOCKED = httpx.Response(503, json={"detail": "Database is locked."})


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
    monkeypatch.setattr(AirflowApi.backfill.retry, "wait", wait_none())  # type: ignore[attr-defined]


def test_a_backfill_is_asked_for_again_while_the_database_is_locked() -> None:
    api, asked = api_that_answers(LOCKED, LOCKED, httpx.Response(200, json={"id": 7}))

    assert api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {}) == 7
    assert asked == ["POST /api/v2/backfills"] * 3


def test_a_database_that_stays_locked_ends_the_asking() -> None:
    api, asked = api_that_answers(*[LOCKED] * 10)

    with pytest.raises(DatabaseBusy, match="503"):
        api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {})
    assert len(asked) == 10


def test_another_refusal_is_told_at_once() -> None:
    api, asked = api_that_answers(httpx.Response(422, json={"detail": "non-periodic schedule"}))

    with pytest.raises(CallRefused, match="non-periodic schedule"):
        api.backfill("reconcile_daily", "2026-10-26", "2026-10-30T23:59", {})
    assert len(asked) == 1
