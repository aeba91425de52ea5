"""How fresh a bank feed is, by the statements that were imported of its account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.feeds import BROKEN, FRESH, HELD, STALE, UNPROVEN, feeds_table, findings_that_stand
from csp_receivables.domain.findings import Finding, Severity, findings_table
from tests.worlds import world

FRIDAY = date(2026, 10, 30)
ACCOUNT = "SE4550000000058398257466"


def statement(opening: int | None, closing: int | None, *, days: int = 1, ago: int = 0, **other: Any) -> dict[str, Any]:
    """A statement of `days` days that ends `ago` days before Friday."""
    until = FRIDAY - timedelta(days=ago)
    row = {
        "statement_id": f"{opening} {closing} {days} {ago} {other}",
        "family": "camt.053",
        "account": ACCOUNT,
        "currency": "SEK",
        "from_on": until - timedelta(days=days - 1),
        "until_on": until,
        "opening": opening,
        "closing": closing,
        "held": False,
    }
    return row | other


def state(*statements: dict[str, Any]) -> tuple[str, date | None, int | None]:
    [feed] = feeds_table(world(FRIDAY, statements=statements)).to_pylist()
    return feed["state"], feed["newest_statement_until"], feed["closing"]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement(1, 2)], FRESH),
        ([statement(1, 2, ago=1)], STALE),
        ([statement(1, 2, ago=1), statement(2, 5)], FRESH),
        ([statement(1, 2, ago=1), statement(3, 5)], BROKEN),
        ([statement(1, 2, ago=1), statement(3, 5, days=2)], FRESH),  # an overlapping export says nothing of the chain
        ([statement(1, 2, family="camt.054")], UNPROVEN),
        ([statement(1, 2, held=True)], HELD),
        ([statement(1, 2, held=True, ago=1), statement(2, 5)], HELD),
    ],
)
def test_the_state_of_a_feed(statements: list[dict[str, Any]], expected: str) -> None:
    assert state(*statements)[0] == expected


@pytest.mark.parametrize(
    "again",
    [
        statement(1, 7),  # it closed elsewhere
        statement(4, 9),  # it opened elsewhere
        statement(1, 9),  # an entry was missing
        statement(0, 9, days=5),  # the week of it
    ],
)
def test_a_held_statement_that_came_again_and_proves_holds_its_feed_no_longer(again: dict[str, Any]) -> None:
    held = statement(1, 9, held=True)

    assert state(held, again) == state(again, held) == (FRESH, FRIDAY, again["closing"])


@pytest.mark.parametrize(
    "other",
    [
        statement(9, 12),  # the next page of the day
        statement(-5, 1),  # the page before
        statement(1, 9, ago=1),  # another day
        statement(1, 9, held=True, days=2),  # what does not prove either
        statement(1, 9, family="camt.054"),  # what proves nothing
        statement(None, None),
    ],
)
def test_another_statement_does_not_stand_for_one_that_is_held(other: dict[str, Any]) -> None:
    assert state(statement(1, 9, held=True), other)[0] == HELD


def swept(ago: int, **other: Any) -> dict[str, Any]:
    """The statement of an account that is swept to zero every night: it closes with nothing, whatever moved."""
    return statement(0, 0, ago=ago, **other)


@pytest.mark.parametrize(
    ("statements", "daily", "stale"),
    [
        ([swept(2), swept(1), swept(0)], [ACCOUNT], ""),
        ([swept(2), swept(0)], [ACCOUNT], f"{ACCOUNT}: missing day"),
        ([swept(2), swept(0)], ["se45 5000 0000 0583 9825 7466"], f"{ACCOUNT}: missing day"),  # however it is written
        ([swept(2), swept(0)], [], ""),
        ([swept(2), swept(0, days=2)], [ACCOUNT], ""),
        ([swept(2), swept(0, from_on=None)], [ACCOUNT], f"{ACCOUNT}: missing day"),
        ([swept(7), swept(4), swept(3, days=1), swept(2), swept(1), swept(0)], [ACCOUNT], ""),  # over a weekend
        ([swept(0)], [ACCOUNT], ""),
        ([swept(0)], ["SE99"], "SE99: no statement"),  # a slip of the pen, or a feed that never came
    ],
)
def test_of_an_account_that_is_named_each_banking_day_has_its_statement(
    statements: Sequence[dict[str, Any]], daily: Sequence[str], stale: str
) -> None:
    feeds = feeds_table(world(FRIDAY, statements=statements), daily)

    assert feed_age(feeds, 48, FRIDAY).stale == stale


def test_what_held_a_statement_is_told_until_it_is_accepted_or_comes_again() -> None:
    held, elsewhere = statement(1, 9, held=True), statement(1, 9, account="SE1")
    findings = [
        Finding(code=code, severity=severity, found="", remedy="", subject=subject)
        for subject in (held["statement_id"], "a tenant")
        for code, severity in (("holds", Severity.HELD), ("refuses", Severity.REFUSED))
    ]

    def told(*statements: dict[str, Any]) -> list[tuple[str, str]]:
        facts = replace(world(FRIDAY, statements=statements), findings=findings_table(findings))
        stand = findings_that_stand(facts).to_pylist()
        return sorted((row["subject"], row["code"]) for row in stand)

    assert len(told(held, elsewhere)) == 4
    for now in ((held, statement(1, 7)), (held | {"held": False},)):
        assert told(*now) == sorted([("a tenant", "holds"), ("a tenant", "refuses"), (held["statement_id"], "refuses")])
