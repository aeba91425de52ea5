"""I2: nothing hard while in doubt. A stale feed stops final notices too."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.decide import decide
from tests.debtors import NOTICE, POLICY, SUSPEND, WAIT, answer, case, chased, day, minor, rules, sent

DOUBT = "payment P1 of 100.00 EUR is suggested for it"
STALE = "SE00: newest statement until 2026-03-20"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (SUSPEND, "suspension")),
        ({"doubts": (DOUBT,)}, (WAIT, "final_notice")),
        ({"feed_stale": STALE}, (WAIT, "final_notice")),
        ({"unapplied": minor(EUR=10_000)}, (WAIT, "clear")),
        ({"unapplied": minor(EUR=9_999)}, (SUSPEND, "suspension")),
        ({"unapplied": minor(EUR=6_000), "credit_left": minor(EUR=4_000)}, (WAIT, "clear")),
    ],
)
def test_nothing_hard_happens_in_doubt(changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert expected == answer(chased(sent("final_notice", 20), **changes), 35)


@pytest.mark.parametrize(
    ("changes", "days", "expected"),
    [
        ({"doubts": (DOUBT,)}, 25, (NOTICE, "final_notice")),  # a notice may still be sent
        ({"feed_stale": STALE}, 25, (NOTICE, "reminder")),  # the milder one that is due instead
        ({"feed_stale": STALE}, 6, (NOTICE, "reminder")),
        ({"feed_stale": STALE}, -3, (NOTICE, "coming_due")),
    ],
)
def test_a_stale_feed_stops_final_notices_too(changes: dict[str, object], days: int, expected: tuple[str, str]) -> None:
    assert expected == answer(case(**changes), days)


def test_a_final_notice_that_a_stale_feed_stops_goes_out_when_the_feed_is_fresh() -> None:
    reminded = chased(sent("reminder", 5), feed_stale=STALE)

    assert (WAIT, "reminder") == answer(reminded, 25)
    assert ("final_notice", None) == (decide(reminded, POLICY, day(25)).next_stage, None)


def test_every_doubt_is_a_reason() -> None:
    doubtful = chased(sent("final_notice", 20), doubts=("b", "a"), feed_stale=STALE)

    assert ["doubt", "doubt", "bank_feed"] == rules(decide(doubtful, POLICY, day(35)))
