"""What `make run` says of the notices that would leave."""

from __future__ import annotations

import pytest

from csp_airflow.local.headline import what_would_leave


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        ({"send_notice": 7, "escalate": 1, "wait": 9, "proposed": 0}, "7 notices, 1 escalations; nothing new"),
        ({"send_notice": 7, "proposed": 7}, "7 notices; 7 new in the outbox"),
        ({"wait": 9, "proposed": 0}, "nothing; nothing new"),
    ],
)
def test_what_was_decided_is_told_with_where_to_look(decided: dict[str, int], said: str) -> None:
    lines = what_would_leave(decided, is_demo=True)

    assert said in lines[0]
    assert "CSP_CATCH_ALL" in lines[1]
    assert "csp outbox list" in lines[-1]


def test_a_day_that_decided_nothing_says_nothing() -> None:
    assert what_would_leave({}, is_demo=True) == []
