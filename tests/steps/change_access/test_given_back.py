"""What belongs together goes together, and comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from csp_receivables.adapters.ledger.access_book import LedgerAccessBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.access.policy import Protected
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import person
from tests.access_desk import (
    AccessDesk,
    approved,
    document,
    due_to_suspend,
    half_done,
    legacy,
    settled,
)


def test_what_a_person_approved_is_suspended_and_comes_back_as_it_was_once_it_is_paid(desk: AccessDesk) -> None:
    action = desk.customer("C1", document("s-1"), document("s-2"))
    before = desk.at_microsoft("s-1")

    assert desk.perform().waits == {"nobody was asked yet": 1}
    assert desk.approve() == [action]
    done = desk.perform()

    assert (done.ended, done.findings) == ({"suspended": 1}, [])
    assert [desk.at_microsoft(own)["status"] for own in ("s-1", "s-2")] == ["suspended", "suspended"]
    assert desk.at_microsoft("s-1")["autoRenewEnabled"] is False
    assert (desk.state(action), desk.story("s-1")) == ("done", ["prepared", "began", "accepted", "verified"])

    desk.pays("C1")
    back = desk.restore()

    assert (back.ended, back.findings) == ({"restored": 1}, [])
    assert desk.at_microsoft("s-1") == before
    assert desk.story("s-1", "restore") == [
        "prepared", "began", "accepted", "status_back", "began", "accepted", "verified",
    ]  # fmt: skip
    assert (desk.perform().ended, desk.restore().ended) == ({}, {})
    assert desk.changes_at("s-1") == 3


def test_a_legacy_base_takes_its_add_on_along_and_both_come_back_base_first(desk: AccessDesk) -> None:
    action = approved(desk, "C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"))

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("z-base"), desk.changes_at("a-add-on")) == (1, 0)
    assert desk.story("a-add-on") == ["prepared", "verified"]
    desk.pays("C1")
    assert desk.restore().ended == {"restored": 1}
    assert [desk.at_microsoft(own)["status"] for own in ("z-base", "a-add-on")] == ["active", "active"]
    order = [each.path.rsplit("/", 1)[1] for each in desk.emulator.world.log.entries if each.method == "PATCH"]
    assert order[1:] == ["z-base", "a-add-on"]
    assert desk.state(action) == "done"


def test_who_is_suspended_in_the_tenth_episode_and_pays_is_suspended_no_more(plain_desk: AccessDesk) -> None:
    """By its text 10.1 comes before 9.1: what counts is when it was given back last."""
    desk = plain_desk
    action = desk.customer("C1", document("c1-1"))
    for round_id in ("9.1", "10.1"):
        desk.decide(replace(due_to_suspend("C1"), round_id=round_id))
        LedgerOutbox(desk.ledger).supersede(action, "another round")
        desk.approve()
        assert desk.perform().ended == {"suspended": 1}
        desk.decided.decisions["C1"] = replace(settled("C1"), round_id=round_id)
        assert desk.restore().ended == {"restored": 1}
        assert (desk.book.taken("C1"), desk.book.suspended()) == ((), ())
        desk.later(days=1)


def taken_by_and_by(desk: AccessDesk) -> None:
    """A legacy base and its add-on are on their way down: Microsoft takes its time with both at once."""
    approved(desk, "C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"))
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=300)
    assert desk.perform().ended == {"later": 1}
    world.behaviour = replace(world.behaviour, slow_share=0.0)
    desk.later(minutes=11)
    assert [desk.at_microsoft(own)["status"] for own in ("z-base", "a-add-on")] == ["suspended", "suspended"]


def test_an_add_on_that_went_along_comes_back_though_its_turn_never_came(desk: AccessDesk) -> None:
    taken_by_and_by(desk)
    desk.pays("C1")

    assert desk.restore().ended == {"restored": 1}

    assert [desk.at_microsoft(own)["status"] for own in ("z-base", "a-add-on")] == ["active", "active"]
    assert (desk.findings(), desk.book.suspended()) == ([], ())


def test_an_add_on_that_went_along_is_written_down_though_the_rest_is_held(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    taken_by_and_by(desk)
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT, stage="clear")

    assert desk.perform().ended == {"suspended": 1}

    assert [desk.story(own)[-1] for own in ("z-base", "a-add-on")] == ["verified", "verified"]
    desk.pays("C1")
    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("a-add-on")["status"] == "active"


def test_an_add_on_is_left_until_its_base_is_down(plain_desk: AccessDesk) -> None:
    """Microsoft takes its time with the base, which may have gone or not: the add-on waits for a reading."""
    desk = plain_desk
    action = approved(desk, "C1", document("z-base"), document("a-add-on", parentSubscriptionId="z-base"))
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=300)

    assert desk.perform().ended == {"later": 1}
    assert (desk.story("z-base")[-1], desk.story("a-add-on")) == ("accepted", ["prepared"])
    world.behaviour = replace(world.behaviour, slow_share=0.0)
    desk.later(minutes=11)
    assert desk.perform().ended == {"suspended": 1}
    changed = [each.path.rsplit("/", 1)[1] for each in world.log.entries if each.effect]
    assert (changed, desk.state(action)) == (["z-base", "a-add-on"], "done")


def test_a_base_stays_while_its_add_on_must(desk: AccessDesk) -> None:
    desk.policy = replace(desk.policy, protected=Protected(subscriptions=frozenset({"a-add-on"})))
    desk.customer("C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"), document("c1-1"))

    (asked,) = desk.questions()

    assert [each.subscription_id for each in asked.proposal.targets] == ["c1-1"]
    assert [each.because for each in asked.proposal.left_out] == [
        "the policy protects this subscription by its id",
        "it would take its add-on a-add-on along, which stays",
    ]


def test_only_what_we_took_comes_back_and_only_for_our_reasons(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    own = desk.emulator.world.subscriptions["c1-1"]
    document_now = own.document | {"suspensionReasons": ["PartnerSuspended", "Expiration"]}
    desk.emulator.world.subscriptions["c1-1"] = replace(own, document=document_now)
    desk.pays("C1")

    done = desk.restore()

    assert (desk.changes_at("c1-1"), desk.findings()) == (1, ["access.not_ours"])
    assert "Expiration" in done.findings[0].found


def test_what_somebody_else_gave_back_is_told_and_not_touched(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    reads = desk.actor.subscriptions
    reads.set_status(reads.read("c1-tenant", "c1-1"), "active")
    desk.pays("C1")

    desk.restore()

    assert desk.changes_at("c1-1") == 2
    assert desk.findings() == ["access.not_ours", "access.renewal_differs", "access.renewal_differs"]


def test_what_ran_out_meanwhile_is_for_a_person(desk: AccessDesk) -> None:
    approved(desk, "C1", document("c1-1", commitmentEndDateTime="2026-11-20T23:59:59Z", commitmentEndDate="2026-11-20"))
    desk.perform()
    desk.later(days=20)
    desk.pays("C1")

    desk.restore()

    assert desk.findings() == ["access.odd_status"]


def test_access_waits_for_a_renewal_and_comes_back_after_it(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    desk.pays("C1")

    assert desk.restore().ended == {"later": 1}
    desk.later(minutes=2)
    assert desk.restore().ended == {"restored": 1}
    assert desk.findings() == []


def test_a_persons_word_gives_back_what_is_not_paid(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT)
    desk.decide(settled("C1"))
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT)
    action = settled("C1").action_id
    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "the invoice was wrong"))

    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1")["status"] == "active"


def test_access_that_is_back_without_its_renewal_is_back_and_each_difference_is_told(plain_desk: AccessDesk) -> None:
    """Microsoft takes the status and, for good, not the renewal: the customer has access and is told so."""
    desk = plain_desk
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=5, renewal_code=900279)

    def no_updates() -> None:
        own = world.subscriptions["c1-1"]
        world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(hours=1))

    desk.waited = no_updates
    desk.pays("C1")

    done = desk.restore()

    assert (done.ended, desk.at_microsoft("c1-1")["status"]) == ({"restored": 1}, "active")
    assert desk.story("c1-1", "restore")[-1] == "verified"
    assert desk.findings() == ["access.refused", "access.renewal_differs", "access.renewal_differs"]
    assert [each.found.split("but: ")[1].split(":")[0] for each in done.findings[1:]] == [
        "auto-renew", "scheduled changes",
    ]  # fmt: skip
    assert desk.book.suspended() == ()


def test_an_add_on_waits_for_its_base(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    approved(desk, "C1", legacy("z-base"), legacy("a-add-on", parentSubscriptionId="z-base"))
    desk.perform()
    world = desk.emulator.world
    own = world.subscriptions["z-base"]
    world.subscriptions["z-base"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    desk.pays("C1")

    assert desk.restore().ended == {"later": 1}
    assert desk.story("a-add-on", "restore")[-1] == "put_off"
    desk.later(minutes=6)
    assert desk.restore().ended == {"restored": 1}
    assert [desk.at_microsoft(each)["status"] for each in ("z-base", "a-add-on")] == ["active", "active"]
    assert desk.findings() == []


def test_while_it_is_given_back_nobody_settles_what_began(plain_desk: AccessDesk) -> None:
    """Each claims first and looks for the other then: of two at once one lets go."""
    desk = plain_desk
    action = half_done(desk)
    back = desk.decide(settled("C1"))
    assert LedgerOutbox(desk.ledger).claim(back, "another worker")

    assert desk.perform().ended == {"waits": 1}
    assert (desk.state(action), desk.why(action)) == ("proposed", "it is being given back")


def test_whoever_dies_right_after_a_word_has_told_what_a_person_must_see(
    plain_desk: AccessDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk
    approved(desk)
    desk.perform()
    reads = desk.actor.subscriptions
    reads.set_status(reads.read("c1-tenant", "c1-1"), "active")
    desk.pays("C1")

    class Died(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Died

    monkeypatch.setattr(LedgerOutbox, "conclude", dies)
    monkeypatch.setattr(LedgerAccessBook, "record", dies)
    with pytest.raises(Died):
        desk.restore()

    assert desk.findings() == ["access.not_ours", "access.renewal_differs", "access.renewal_differs"]
