"""A policy is refused for what would make it unfair, unreachable or unclear: below, at and above each limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.collections.policy import (
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Forewarning,
    Minimum,
    Override,
    Stage,
)
from csp_receivables.domain.collections.policy_check import implies
from csp_receivables.domain.collections.policy_override_check import policy_faults, stages_under


def notice(name: str, days: int | None = None, **when: object) -> Stage:
    return Stage(name=name, act=Act.SEND_NOTICE, template=name, when=Condition(days_min=days, **when))  # type: ignore[arg-type]


def suspension(days: int, days_min: int = 10, days_max: int = 30, by: str = "final_notice", **when: object) -> Stage:
    return Stage(
        name="suspension", act=Act.PROPOSE_SUSPENSION, template="suspension",
        when=Condition(days_min=days, **when),  # type: ignore[arg-type]
        warned_by=Forewarning(stage=by, days_min=days_min, days_max=days_max),
    )  # fmt: skip


def escalation(days: int) -> Stage:
    return Stage(name="escalation", act=Act.ESCALATE, owner="finance", when=Condition(days_min=days))


def policy(*stages: Stage, **more: object) -> CollectionsPolicy:
    return CollectionsPolicy(name="p", version="", stages=stages, **more)  # type: ignore[arg-type]


LADDER = (notice("coming_due", -3), notice("reminder", 5), notice("final_notice", 15), suspension(30), escalation(60))


def places(checked: CollectionsPolicy) -> list[str]:
    return [".".join(map(str, fault.place)) for fault in policy_faults(checked)]


def said(checked: CollectionsPolicy) -> str:
    return "\n".join(fault.found for fault in policy_faults(checked))


def test_a_ladder_in_order_has_no_fault() -> None:
    assert policy_faults(policy(*LADDER)) == ()


@pytest.mark.parametrize(("days", "is_refused"), [(14, True), (15, True), (16, False)])
def test_a_notice_must_begin_after_the_milder_one(days: int, is_refused: bool) -> None:
    faults = policy_faults(policy(notice("reminder", 15), notice("final_notice", days)))

    assert is_refused == bool(faults)


def test_stages_out_of_order_are_refused_also_over_one_without_days() -> None:
    stages = (notice("reminder", 15), notice("many", receivables_min=3), notice("final_notice", 14))

    assert "final_notice begins on day 14, before reminder on day 15" in said(policy(*stages))


def test_a_notice_after_the_suspension_is_refused() -> None:
    stages = (notice("final_notice", 15), suspension(30), notice("last_word", 40))

    assert places(policy(*stages)) == ["stages.2.act"]


def test_a_ladder_that_ends_twice_is_refused() -> None:
    stages = (*LADDER, replace(escalation(90), name="agency"))

    assert "stages.5" in places(policy(*stages))


@pytest.mark.parametrize(("wait", "is_refused"), [(9, False), (10, False), (11, True)])
def test_days_between_notices_must_leave_the_days_of_the_stage_possible(wait: int, is_refused: bool) -> None:
    final = replace(notice("final_notice", 15), days_after_previous_min=wait)

    assert is_refused == bool(policy_faults(policy(notice("reminder", 5), final)))


@pytest.mark.parametrize(("days", "is_refused"), [(24, True), (25, False), (45, False), (46, True)])
def test_a_suspension_must_lie_within_the_days_of_its_warning(days: int, is_refused: bool) -> None:
    """The warning goes out on day 15 and counts from 10 to 30 days afterwards."""
    assert is_refused == bool(policy_faults(policy(notice("final_notice", 15), suspension(days))))


@pytest.mark.parametrize(
    ("days_min", "days_max", "is_refused"),
    [(0, 30, True), (1, 30, False), (15, 15, False), (15, 14, True)],
)
def test_the_days_of_a_warning_must_be_some_and_in_order(days_min: int, days_max: int, is_refused: bool) -> None:
    checked = policy(notice("final_notice", 15), suspension(30, days_min, days_max))

    assert is_refused == bool(policy_faults(checked))


def test_a_suspension_without_a_warning_is_refused() -> None:
    checked = policy(notice("final_notice", 15), replace(suspension(30), warned_by=None))

    assert "suspends without a warning" in said(checked)


@pytest.mark.parametrize("by", ["final", "suspension", "escalation", "coming_due"])
def test_a_warning_must_be_an_earlier_notice_of_what_is_overdue(by: str) -> None:
    checked = policy(*LADDER[:3], suspension(30, by=by), escalation(60))

    assert places(checked) == ["stages.3.warned_by.stage"]


def test_a_stage_that_a_harder_one_always_covers_is_refused() -> None:
    by_amount = notice("by_amount", 20, amount_min={"SEK": 100})

    assert "can't be reached: whenever it holds, final_notice holds too" in said(
        policy(notice("reminder", 5), by_amount, notice("final_notice", 20))
    )


def test_a_warning_is_reached_even_when_the_suspension_holds_on_the_same_conditions() -> None:
    """The suspension waits for it, so it is sent first, however late the debt."""
    assert "can't be reached" not in said(policy(notice("final_notice", 15), suspension(25)))


def test_an_escalation_on_the_day_of_the_suspension_makes_the_suspension_unreachable() -> None:
    assert "stages.1" in places(policy(notice("final_notice", 15), suspension(30), escalation(30)))


@pytest.mark.parametrize(
    ("when", "place"),
    [
        (Condition(), "stages.0.when"),
        (Condition(days_min=0), "stages.0.when.days_min"),
        (Condition(days_min=1, tags=frozenset({"a"}), without_tags=frozenset({"a"})), "stages.0.when.without_tags"),
        (Condition(any_of=(Condition(days_min=-1),)), "stages.0.when.any_of.0.days_min"),
        (Condition(any_of=(Condition(),)), "stages.0.when.any_of.0"),
        (Condition(days_min=-1, receivables_min=2), "stages.0.when"),
        (Condition(days_min=-1, amount_min={"SEK": 1}), "stages.0.when"),
    ],
)
def test_a_condition_that_never_or_always_holds_is_refused(when: Condition, place: str) -> None:
    assert places(policy(replace(notice("reminder"), when=when))) == [place]


def test_before_the_issue_date_nothing_can_be_sent() -> None:
    checked = policy(notice("coming_due", -1), anchor=Anchor.ISSUE_DATE)

    assert places(checked) == ["stages.0.when.days_min"]


def test_names_are_given_once_and_clear_is_taken() -> None:
    checked = policy(notice("clear", 5), notice("reminder", 6), notice("reminder", 7))

    assert places(checked) == ["stages.0.name", "stages.2.name"]


@pytest.mark.parametrize(
    ("stage", "place"),
    [
        (replace(notice("reminder", 5), template=""), "stages.0.template"),
        (replace(notice("reminder", 5), owner="x"), "stages.0.owner"),
        (replace(escalation(5), owner=""), "stages.0.owner"),
        (replace(escalation(5), template="x"), "stages.0.template"),
        (replace(escalation(5), warned_by=Forewarning(stage="a", days_min=1, days_max=2)), "stages.0.warned_by"),
    ],
)
def test_a_key_that_an_act_lacks_or_ignores_is_refused(stage: Stage, place: str) -> None:
    assert places(policy(stage)) == [place]


@pytest.mark.parametrize(("below", "is_refused"), [(999, False), (1000, True), (1001, True)])
def test_access_returns_below_what_takes_it(below: int, is_refused: bool) -> None:
    checked = policy(*LADDER, minimum={"SEK": Minimum(amount=1000)}, reinstate_below={"SEK": below})

    assert is_refused == bool(policy_faults(checked))


def override(**said: object) -> Override:
    return Override(because="why", **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_override", "place"),
    [
        (override(grace_days=1), "overrides.0"),
        (override(tags=frozenset({"a"}), countries=frozenset({"SE"}), grace_days=1), "overrides.0"),
        (override(tags=frozenset({"a"})), "overrides.0"),
        (Override(tags=frozenset({"a"}), exempt=True), "overrides.0.because"),
        (override(tags=frozenset({"a"}), exempt=True, grace_days=1), "overrides.0.exempt"),
        (override(tags=frozenset({"a"}), stage_days={"remind": 3}), "overrides.0.stage_days.remind"),
        (override(tags=frozenset({"a"}), stage_days={"suspension": 24}), "overrides.0.stage_days"),
        (override(tags=frozenset({"a"}), stage_days={"reminder": 15}), "overrides.0.stage_days"),
        (override(tags=frozenset({"a"}), stage_days={"reminder": 0}), "overrides.0.stage_days"),
    ],
)
def test_an_override_that_is_unclear_or_breaks_the_ladder_is_refused(given_override: Override, place: str) -> None:
    assert places(policy(*LADDER, overrides=(given_override,))) == [place]


def test_an_override_may_stretch_the_ladder() -> None:
    stretched = override(tags=frozenset({"a"}), stage_days={"final_notice": 40, "suspension": 55})

    assert policy_faults(policy(*LADDER, overrides=(stretched,))) == ()
    assert [stage.when.days_min for stage in stages_under(LADDER, stretched)] == [-3, 5, 40, 55, 60]


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        (override(tags=frozenset({"a"}), grace_days=1), override(tags=frozenset({"a", "b"}), grace_days=2), True),
        (override(tags=frozenset({"a", "b"}), grace_days=2), override(tags=frozenset({"a"}), grace_days=1), False),
        (override(customers=frozenset("ab"), grace_days=2), override(customers=frozenset("bc"), grace_days=1), True),
        (override(tags=frozenset({"a"}), grace_days=1), override(tags=frozenset({"a"}), grace_days=1), False),
        (override(tags=frozenset({"a"}), minimum={"SEK": Minimum(amount=1)}),
         override(tags=frozenset({"a"}), minimum={"EUR": Minimum(amount=1)}), True),
        (override(tags=frozenset({"a"}), grace_days=1), override(tags=frozenset({"b"}), grace_days=2), False),
        (override(tags=frozenset({"a"}), exempt=True), override(tags=frozenset({"a"}), grace_days=2), True),
        (override(tags=frozenset({"a"}), grace_days=1), override(customers=frozenset({"a"}), grace_days=2), False),
        (override(tags=frozenset({"a"}), grace_days=1), override(tags=frozenset({"a"}),
                                                                 stage_days={"reminder": 6}), False),
    ],
)  # fmt: skip
def test_overrides_that_contradict_each_other_are_refused(one: Override, other: Override, is_refused: bool) -> None:
    assert (["overrides.1"] if is_refused else []) == places(policy(*LADDER, overrides=(one, other)))


conditions = st.builds(
    Condition,
    days_min=st.none() | st.integers(1, 4),
    amount_min=st.dictionaries(st.sampled_from(["SEK", "EUR"]), st.integers(1, 3)),
    receivables_min=st.none() | st.integers(1, 3),
    tags=st.frozensets(st.sampled_from("ab")),
    without_tags=st.frozensets(st.sampled_from("ab")),
)
nested = st.builds(
    lambda whole, parts: replace(whole, any_of=tuple(parts)), conditions, st.lists(conditions, max_size=2)
)


def holds(when: Condition, days: int, amount: int, currency: str, count: int, tags: frozenset[str]) -> bool:
    """What a condition means, said once more in the plainest way."""
    return (
        (when.days_min is None or days >= when.days_min)
        and amount >= when.amount_min.get(currency, 0)
        and count >= (when.receivables_min or 1)
        and when.tags <= tags
        and not (when.without_tags & tags)
        and (not when.any_of or any(holds(part, days, amount, currency, count, tags) for part in when.any_of))
    )


@given(
    nested, nested, st.integers(1, 5), st.integers(0, 4), st.sampled_from(["SEK", "EUR"]), st.integers(1, 4),
    st.frozensets(st.sampled_from("ab")),
)  # fmt: skip
def test_what_is_implied_always_holds(
    one: Condition, other: Condition, days: int, amount: int, currency: str, count: int, tags: frozenset[str]
) -> None:
    if implies(one, other) and holds(one, days, amount, currency, count, tags):
        assert holds(other, days, amount, currency, count, tags)
