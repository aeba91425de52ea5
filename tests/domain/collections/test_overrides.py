"""Other rules for some: receivable before customer before tag before country."""

from __future__ import annotations

from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Condition, Minimum, Override
from tests.debtors import NOTICE, WAIT, answer, case, day, debt, policy, rules, with_stage

COUNTRY = Override(countries=frozenset({"DE"}), grace_days=10, stage_days={"reminder": 9})
TAG = Override(tags=frozenset({"key"}), grace_days=4)
CUSTOMER = Override(customers=frozenset({"C1"}), grace_days=2)
RECEIVABLE = Override(receivables=frozenset({"A"}), grace_days=1)


def _starts(*overrides: Override, tags: frozenset[str] = frozenset({"key"})) -> int:
    """The first day of a reminder."""
    under = policy(overrides=overrides)
    return next(d for d in range(1, 40) if answer(case(tags=tags), d, under)[0] is NOTICE)


def test_the_nearest_override_outranks_the_others() -> None:
    assert 5 == _starts()
    assert 19 == _starts(COUNTRY)
    assert 13 == _starts(COUNTRY, TAG)  # its days of grace, and the country's days of the stage
    assert 11 == _starts(COUNTRY, TAG, CUSTOMER)
    assert 10 == _starts(COUNTRY, TAG, CUSTOMER, RECEIVABLE)
    assert 10 == _starts(RECEIVABLE, CUSTOMER, TAG, COUNTRY)  # their order in the file decides nothing


def test_an_override_fits_only_who_has_all_it_names() -> None:
    assert 5 == _starts(TAG, tags=frozenset())
    assert 5 == _starts(Override(customers=frozenset({"C1"}), countries=frozenset({"SE"}), grace_days=9))
    assert 5 == _starts(Override(grace_days=9))  # names nobody


def test_an_exempt_receivable_leaves_the_others() -> None:
    exempt = policy(overrides=(Override(receivables=frozenset({"A"}), exempt=True, because="agreed"),))

    decision = decide(case(debt("A"), debt("B")), exempt, day(6))

    assert ("B",) == decision.receivable_ids
    assert "exempt A" in rules(decision)


def test_the_minimum_of_an_override_replaces_the_policys() -> None:
    strict = policy(
        minimum={"EUR": Minimum(amount=1)},
        overrides=(Override(tags=frozenset({"key"}), minimum={"EUR": Minimum(amount=20_000)}),),
    )

    assert WAIT is answer(case(tags=frozenset({"key"})), 6, strict)[0]
    assert NOTICE is answer(case(), 6, strict)[0]


def test_a_condition_may_ask_for_tags_and_their_absence() -> None:
    under = with_stage(
        "reminder", when=Condition(days_min=5, tags=frozenset({"monthly"}), without_tags=frozenset({"key"}))
    )

    assert NOTICE is answer(case(tags=frozenset({"monthly"})), 6, under)[0]
    assert WAIT is answer(case(), 6, under)[0]
    assert WAIT is answer(case(tags=frozenset({"monthly", "key"})), 6, under)[0]


def test_of_any_one_part_must_hold() -> None:
    under = with_stage("reminder", when=Condition(any_of=(Condition(days_min=10), Condition(receivables_min=2))))

    assert WAIT is answer(case(), 9, under)[0]
    assert NOTICE is answer(case(), 10, under)[0]
    assert NOTICE is answer(case(debt("A"), debt("B")), 1, under)[0]
