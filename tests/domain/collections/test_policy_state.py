"""A policy is a draft, dry or live; its conditions and overrides have words for people of the house."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.collections.policy import CollectionsPolicy, Condition, Minimum, Override
from csp_receivables.domain.collections.policy_state import PolicyState, state_of
from csp_receivables.domain.collections.policy_words import condition_text, override_text


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 10, 31), PolicyState.DRY),
        (date(2026, 11, 1), PolicyState.DRY),
        (date(2026, 11, 10), PolicyState.DRY),
        (date(2026, 11, 11), PolicyState.LIVE),
    ],
)
def test_dry_days_end_before_a_policy_is_live(today: date, state: PolicyState) -> None:
    policy = CollectionsPolicy(name="p", version="v", stages=(), live_from=date(2026, 11, 1), dry_days=10)

    assert state == state_of(policy, today)


def test_without_live_from_it_is_a_draft_for_ever() -> None:
    assert PolicyState.DRAFT == state_of(CollectionsPolicy(name="p", version="v", stages=()), date(2099, 1, 1))


def test_conditions_and_overrides_are_told_in_one_line() -> None:
    when = Condition(
        days_min=30, amount_min={"SEK": 100_000}, receivables_min=2, tags=frozenset({"slow"}),
        without_tags=frozenset({"vip"}), any_of=(Condition(days_min=1), Condition(days_min=2)),
    )  # fmt: skip
    override = Override(
        customers=frozenset({"c2", "c1"}), grace_days=3, stage_days={"reminder": 9},
        minimum={"SEK": Minimum(amount=500, receivables=2)}, because="agreed",
    )  # fmt: skip

    assert condition_text(when) == (
        "from day 30, from 1000.00 SEK, from 2 receivables, with tag slow, without tag vip, "
        "(from day 1) or (from day 2)"
    )
    assert override_text(override) == (
        "customers c1, c2: 3 days of grace, reminder from day 9, nothing below 5.00 SEK and 2 receivables (agreed)"
    )
