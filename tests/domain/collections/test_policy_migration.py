"""Before a policy changes, everybody whom it would move is named; asking moves nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csp_receivables.domain.collections.cases import Round
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.policy_migration import moves_by_step, who_would_move
from tests.debtors import POLICY, case, day

OLD = replace(POLICY, version="old")


def sooner(stage: str, days: int) -> CollectionsPolicy:
    stages = tuple(
        replace(each, when=replace(each.when, days_min=days)) if each.name == stage else each for each in POLICY.stages
    )
    return replace(POLICY, version="new", stages=stages)


def test_the_same_rules_move_nobody() -> None:
    assert [] == list(who_would_move([case()], {}, OLD, replace(POLICY, version="new"), day(5)))


@pytest.mark.parametrize(
    ("on", "differs"),
    [
        (2, ("next_on",)),  # the next step would come sooner
        (3, ("answer", "stage", "next_stage", "next_on")),  # it would come today
        (4, ("answer", "stage", "next_stage", "next_on")),
        (5, ()),  # it comes today under both
    ],
)
def test_who_would_get_another_step_or_another_day_is_named(on: int, differs: tuple[str, ...]) -> None:
    moves = list(who_would_move([case()], {}, OLD, sooner("reminder", 3), day(on)))

    assert ([differs] if differs else []) == [move.differs for move in moves]
    assert all(move.is_harder for move in moves)


def test_a_milder_policy_is_not_harder() -> None:
    (move,) = who_would_move([case()], {}, OLD, sooner("reminder", 9), day(5))

    assert not move.is_harder


def test_an_open_round_is_judged_by_the_version_it_is_pinned_to() -> None:
    pinned = Round(round_id="1.1", opened_on=day(3), policy_version="new", receivable_ids=frozenset({"A"}))
    new = sooner("reminder", 3)

    assert [] == list(who_would_move([case(rounds=(pinned,))], {"new": new, "old": OLD}, OLD, new, day(4)))
    assert 1 == len(list(who_would_move([case(rounds=(pinned,))], {}, OLD, new, day(4))))


def test_moves_are_counted_by_step_most_first() -> None:
    cases = [case(customer_id=f"C{n}") for n in range(3)]
    moves = list(who_would_move(cases, {}, OLD, sooner("reminder", 3), day(4)))

    assert [("clear", "reminder: send_notice", 3)] == moves_by_step(moves)
    assert ["C0", "C1", "C2"] == [move.customer_id for move in moves]
