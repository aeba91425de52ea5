"""The breaker: how many may lose access on one day."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.domain.matching.payers import CONFIRMED_BY_A_PERSON
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.steps.change_access.limits import release
from emulator.portfolio import add_subscription
from tests.access_desk import (
    ADA,
    BEA,
    AccessDesk,
    approved,
    document,
)
from tests.ledgers_with_debtors import pay


def crowd(desk: AccessDesk, customers: int, *, first: int = 0, **limits: Any) -> list[str]:
    desk.decided.policy = replace(desk.decided.policy, suspensions=replace(desk.decided.policy.suspensions, **limits))
    desk.owing(1000)
    actions = [desk.customer(f"C{number}", document(f"c{number}-1")) for number in range(first, customers)]
    desk.approve()
    return actions


@pytest.mark.parametrize(("customers", "goes"), [(2, True), (3, True), (4, False)])
def test_more_than_the_policy_allows_and_none_goes(desk: AccessDesk, customers: int, goes: bool) -> None:
    crowd(desk, customers, number_max=3)

    done = desk.perform()

    assert done.ended == ({"suspended": customers} if goes else {})
    assert desk.findings() == ([] if goes else ["access.breaker"])


def test_what_was_done_today_counts(desk: AccessDesk) -> None:
    crowd(desk, 3, number_max=3)
    desk.perform()
    approved(desk, "C9")

    assert desk.perform().ended == {}


def test_a_limit_is_of_a_day_and_midnight_ends_it(desk: AccessDesk) -> None:
    desk.wait(datetime(2026, 11, 3, 22, 50, tzinfo=UTC) - desk.clock.now)  # ten minutes to midnight in Stockholm
    crowd(desk, 2, number_max=2)
    assert desk.perform().ended == {"suspended": 2}
    approved(desk, "C9")

    assert [why.partition(":")[0] for why in desk.perform().waits] == ["the breaker"]
    desk.later(minutes=9, seconds=50)
    assert desk.perform().ended == {}
    desk.later(seconds=11)
    assert desk.perform().ended == {"suspended": 1}


def test_two_runs_that_each_fit_pass_no_limit_together(desk: AccessDesk) -> None:
    """Each looked when nothing had begun: what counts is asked again in the transaction that begins a suspension."""
    crowd(desk, 6, number_max=3)
    beside = desk.beside("another worker")
    beside.is_alone()
    beside.decided.policy = desk.decided.policy
    workers = [desk.performer(), beside.performer()]
    found = [worker.proposer.due() for worker in workers]

    def three(place: int) -> list[str]:
        return [workers[place].suspend(due).how for due in found[place][3 * place : 3 * place + 3]]

    with ThreadPoolExecutor(2) as pool:
        hows = [how for several in pool.map(three, (0, 1)) for how in several]

    assert Counter(hows) == {"suspended": 3, "waits": 3}
    taken = [number for number in range(6) if desk.changes_at(f"c{number}-1")]
    assert len(taken) == 3
    assert desk.perform().ended == {}
    assert len(desk.findings()) == 1
    release(desk.proposer()[1], BEA, "they are right")
    assert desk.perform().ended == {"suspended": 3}


@pytest.mark.parametrize(("behaviour", "ended"), [
    ({"slow_share": 1.0, "settle_seconds": 300}, {}),  # in the air: it may have happened, so it counts
    ({"changes_a_day": 0}, {"suspended": 1}),  # refused: it did not
])  # fmt: skip
def test_what_may_have_happened_counts_and_what_did_not_does_not(
    desk: AccessDesk, behaviour: dict[str, Any], ended: dict[str, int]
) -> None:
    crowd(desk, 1, number_max=1)
    world = desk.emulator.world
    before, world.behaviour = world.behaviour, replace(world.behaviour, **behaviour)
    desk.perform()
    world.behaviour = before
    approved(desk, "C9")

    assert desk.perform().ended == ended


def test_a_second_person_releases_the_breaker(desk: AccessDesk) -> None:
    crowd(desk, 4, number_max=3)
    desk.perform()

    with pytest.raises(ByHandRefused, match="second person"):
        release(desk.proposer()[1], replace(ADA, name="Somebody else", id="ADA"), "they are right")
    assert len(release(desk.proposer()[1], BEA, "they are right")) == 4

    assert desk.perform().ended == {"suspended": 4}


def test_a_release_ends_with_the_answer_that_it_was_given_on(desk: AccessDesk) -> None:
    """Else who released the first answer could give the second alone: one person in the place of two."""
    crowd(desk, 4, number_max=3)
    release(desk.proposer()[1], BEA, "they are right")
    desk.later(days=6)
    desk.approve(BEA)

    assert desk.perform().ended == {}
    assert len(release(desk.proposer()[1], ADA, "they still are")) == 4
    assert desk.perform().ended == {"suspended": 4}


def test_the_first_few_must_end_well(desk: AccessDesk) -> None:
    crowd(desk, 4, canary=1)
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=0)

    done = desk.perform()

    assert done.ended == {"failed": 1}
    assert "first suspensions must end well" in done.because
    assert desk.findings() == ["access.canary", "access.refused"]
    world.behaviour = replace(world.behaviour, changes_a_day=20)
    assert desk.perform().ended == {"suspended": 3}


@pytest.mark.parametrize(("canary", "goes"), [(0, 3), (1, 3), (2, 1), (3, 1), (4, 3)])
def test_the_second_of_the_first_few_fails(desk: AccessDesk, canary: int, goes: int) -> None:
    """Of four the second is refused: with fewer than two canaries the others go, and with no more than canaries too."""
    crowd(desk, 4, canary=canary)
    own = desk.emulator.world.subscriptions["c1-1"]
    desk.emulator.world.subscriptions["c1-1"] = replace(own, changed_at=(desk.clock.now,) * 100)

    assert desk.perform().ended["suspended"] == goes


def test_who_says_nothing_is_no_canary(plain_desk: AccessDesk) -> None:
    """The first is asked about anew, so the next one is the canary: the rest waits until one was seen to be away."""
    desk = plain_desk
    crowd(desk, 4, canary=1)
    add_subscription(desk.emulator.world, "c0-tenant", document("c0-1", quantity=25))
    own = desk.emulator.world.subscriptions["c1-1"]
    desk.emulator.world.subscriptions["c1-1"] = replace(own, changed_at=(desk.clock.now,) * 100)

    assert desk.perform().ended == {"stale": 1, "failed": 1}
    assert [desk.changes_at(f"c{number}-1") for number in range(4)] == [0, 0, 0, 0]


def test_a_canary_that_went_half_is_none(plain_desk: AccessDesk) -> None:
    """Something of the first was suspended, and Microsoft refused the other half."""
    desk = plain_desk
    desk.customer("C0", document("c0-1"), document("c0-2"))
    crowd(desk, 4, canary=1, first=1)
    own = desk.emulator.world.subscriptions["c0-2"]
    desk.emulator.world.subscriptions["c0-2"] = replace(own, changed_at=(desk.clock.now,) * 100)

    assert desk.perform().ended == {"suspended": 1}
    assert [desk.changes_at(f"c{number}-1") for number in range(4)] == [1, 0, 0, 0]


def test_while_another_worker_is_at_the_canary_the_rest_waits(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    first, *_ = crowd(desk, 4, canary=1)
    beside = desk.beside("another worker")

    def claimed() -> None:
        desk.decided.after = None
        assert LedgerOutbox(beside.ledger).claim(first, beside.token)

    desk.decided.after = claimed
    done = desk.perform()

    assert (done.ended, done.findings) == ({"taken": 1}, [])
    assert "another worker" in done.because
    assert [desk.changes_at(f"c{number}-1") for number in range(4)] == [0, 0, 0, 0]


def test_what_those_owe_who_lost_access_today_counts_for_the_share_of_value(plain_desk: AccessDesk) -> None:
    """A thousandth of all that is open is 1,000.00; C0 owes that, and C9 another 119.00."""
    desk = plain_desk
    desk.policy = replace(desk.policy, value_per_mille_max=1)
    crowd(desk, 1, canary=1)
    assert desk.perform().ended == {"suspended": 1}
    approved(desk, "C9")

    (why,) = desk.perform().waits

    assert why == "the breaker: value_per_mille: 1119.00 of 1000000.00 SEK open (1)"
    assert desk.changes_at("c9-1") == 0


@pytest.mark.parametrize(("matched", "goes"), [(17, True), (16, False)])
def test_matching_below_its_usual_rate_trips_the_breaker(plain_desk: AccessDesk, matched: int, goes: bool) -> None:
    """All of twenty matched before, and of the last days' twenty so many by a rule; who did it by hand counts not."""
    desk = plain_desk
    crowd(desk, 1)
    today = desk.clock.now.date()
    for number in range(20):
        pay(desk.ledger, f"1{number}", 100, today - timedelta(days=5 + number))
        by = {} if number < matched else {"rule": CONFIRMED_BY_A_PERSON}
        pay(desk.ledger, f"2{number}", 100, today - timedelta(days=number % 5), **by)

    done = desk.perform()

    assert done.ended == ({"suspended": 1} if goes else {})
    told = [each.found for each in done.findings]
    assert told if not goes else not told
    assert all("800 of a thousand payments matched lately, usually 1000" in each for each in told)
    assert all("references that match nothing" in each for each in told)
