"""Watching, undoing, and the history of access."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from csp_receivables.adapters.ledger.access_people import LedgerAccessDesk
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.partner_center.refusal_codes import CODES
from csp_receivables.domain.access.history import exported
from csp_receivables.domain.access.undoing import Deed, Now
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, person
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.steps.change_access.watching import AccessWatch, Watched
from tests.access_desk import AccessDesk, document, due_to_suspend, settled
from tests.letters import STOCKHOLM


def suspended(desk: AccessDesk, **given: Any) -> str:
    action = desk.customer("C1", document("c1-1", **given))
    desk.approve()
    assert desk.perform().ended == {"suspended": 1}
    return action


def watch(desk: AccessDesk) -> Watched:
    book, proposer = desk.proposer()
    return AccessWatch(book=book, microsoft=desk.actor.subscriptions, policy=proposer.policy, clock=desk.clock).watch()


def at_microsoft(desk: AccessDesk, **changed: Any) -> None:
    own = desk.emulator.world.subscriptions["c1-1"]
    desk.emulator.world.subscriptions["c1-1"] = replace(own, document=own.document | changed)


def leaves_us(desk: AccessDesk) -> None:
    world = desk.emulator.world
    world.customers["c1-tenant"] = replace(world.customers["c1-tenant"], related=False)


def moves(desk: AccessDesk) -> None:
    desk.emulator.world.subscriptions.clear()


CHANGES: list[tuple[str, Callable[[AccessDesk], None]]] = [
    ("access.reactivated", lambda desk: at_microsoft(desk, status="active", suspensionReasons=None)),
    ("access.other_reasons", lambda desk: at_microsoft(desk, suspensionReasons=["PartnerSuspended", "Expiration"])),
    ("access.ran_out", lambda desk: at_microsoft(desk, status="disabled")),
    ("access.ran_out", lambda desk: at_microsoft(desk, status="a word of tomorrow's")),
    ("access.gone", leaves_us),
    ("access.gone", moves),
]


@pytest.mark.parametrize(("code", "happens"), CHANGES)
def test_what_differs_from_what_we_did_is_told_once_and_not_touched(
    desk: AccessDesk, code: str, happens: Callable[[AccessDesk], None]
) -> None:
    suspended(desk)
    assert watch(desk).findings == []
    changes = desk.changes_at("c1-1")
    happens(desk)

    for _ in range(2):
        watch(desk)
        desk.later(days=1)

    assert desk.findings() == [code]
    assert desk.changes_at("c1-1") == changes


@pytest.mark.parametrize(("end", "near"), [("17T08:59:59", True), ("17T09:00:00", True), ("17T09:00:02", False)])
def test_a_term_that_ends_while_access_is_away_is_for_a_person(desk: AccessDesk, end: str, near: bool) -> None:
    suspended(desk, commitmentEndDateTime=f"2026-11-{end}Z")

    assert [each.code for each in watch(desk).findings] == (["access.term_end_near"] if near else [])


def test_what_others_suspended_is_told_and_never_taken_for_ours(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1", status="suspended"))

    assert [each.code for each in watch(desk).findings] == ["access.suspended_by_others"]
    assert desk.book.suspended() == ()


def test_what_is_on_its_way_back_by_us_is_no_surprise(plain_desk: AccessDesk) -> None:
    """Access is back, and its renewal waits a day for Microsoft: somebody here did give it back."""
    desk = plain_desk
    suspended(desk)
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=5, renewal_code=900278)

    def renews() -> None:
        own = world.subscriptions["c1-1"]
        world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(hours=1))

    desk.waited = renews
    desk.pays("C1")
    assert desk.restore().ended == {"later": 1}
    desk.waited = None

    assert (desk.at_microsoft("c1-1")["status"], watch(desk).findings) == ("active", [])


def test_what_is_on_its_way_down_by_us_is_no_surprise(plain_desk: AccessDesk) -> None:
    """Microsoft took the change and does not show it yet: nobody gave anything back."""
    desk = plain_desk
    desk.customer("C1", document("c1-1"))
    desk.approve()
    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=300)
    assert desk.perform().ended == {"later": 1}

    assert watch(desk).findings == []


def test_the_same_again_after_another_suspension_is_told_again(plain_desk: AccessDesk) -> None:
    """A finding is kept once by its words; what they are about is one suspension."""
    desk = plain_desk
    action = suspended(desk)
    at_microsoft(desk, status="active", suspensionReasons=None)

    (told,) = watch(desk).findings

    assert action in told.found


def test_what_microsoft_refuses_us_altogether_is_not_told_of_a_customer(
    plain_desk: AccessDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lost the role can read nobody: by that no customer has moved away."""
    desk = plain_desk
    suspended(desk)

    for code in ("900149", "900150", "900308", "900309", "900329", "900420"):

        def refuse(*_: str, code: str = code) -> None:
            raise MicrosoftRefused(code, CODES[code].meaning, CODES[code].remedy, status=403)

        monkeypatch.setattr(desk.actor.subscriptions, "read", refuse)
        with pytest.raises(MicrosoftRefused, match=code):
            watch(desk)
    assert desk.findings() == []


ASKED_IN = "change_access/scheduled_9/customer.keep_answer/0"


def test_one_command_gives_back_all_that_a_run_took(desk: AccessDesk) -> None:
    for customer in ("C1", "C2"):
        desk.customer(customer, document(f"{customer.lower()}-1"))
    desk.approve(asked_in=ASKED_IN)
    desk.perform()
    for customer in ("C1", "C2"):
        desk.decided.decisions[customer] = replace(due_to_suspend(customer), answer=Answer.WAIT)
    book = LedgerAccessDesk(desk.ledger, STOCKHOLM)

    taken = book.deeds("change_access/scheduled_9")
    assert [(each.customer_id, each.deed, each.now) for each in taken] == [
        ("C1", Deed.TOOK, Now.AWAY),
        ("C2", Deed.TOOK, Now.AWAY),
    ]
    assert taken[0].subscriptions == ("Microsoft 365 Business Premium (c1-1)",)
    assert taken == book.deeds("run-1") == book.deeds("worker") == book.deeds(ASKED_IN)
    assert book.deeds("change_access/scheduled") == book.deeds("change_access/scheduled_") == ()
    assert book.deeds("change_access") == ()  # or a run that was forgotten would give back everybody's
    book.give_back([each.action_id for each in taken], person("Ada", "the bank file was wrong"))
    assert {each.now for each in book.deeds("run-1")} == {Now.ASKED_BACK}

    assert desk.restore().ended == {"restored": 2}
    assert [desk.at_microsoft(own)["status"] for own in ("c1-1", "c2-1")] == ["active", "active"]
    assert {each.now for each in book.deeds("run-1")} == {Now.BACK}
    by_worker = [(each.deed, each.now) for each in book.deeds("worker")]
    assert by_worker == [(Deed.TOOK, Now.BACK), (Deed.GAVE_BACK, Now.BACK)] * 2
    assert desk.perform().ended == {}


def test_what_is_given_back_already_is_not_asked_back_twice(desk: AccessDesk) -> None:
    action = suspended(desk)
    book = LedgerAccessDesk(desk.ledger, STOCKHOLM)
    book.give_back([action], person("Ada", "a mistake"))

    with pytest.raises(ByHandRefused, match="under way already"):
        book.give_back([action], person("Ada", "a mistake"))


def half_suspended(desk: AccessDesk, **second: Any) -> str:
    """One of two is away; Microsoft puts the other off to the next day."""
    action = desk.customer("C1", document("c1-1"), document("c1-2"))
    desk.approve()
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, renewal_code=900278)
    own = world.subscriptions["c1-2"]
    world.subscriptions["c1-2"] = replace(own, renewing_until=desk.clock.now + timedelta(hours=1))
    assert desk.perform().ended == {"later": 1}
    assert (desk.at_microsoft("c1-1")["status"], desk.at_microsoft("c1-2")["status"]) == ("suspended", "active")
    return action


def test_undoing_ends_what_is_still_to_be_taken(desk: AccessDesk) -> None:
    """Else the rest would go the next day, and could not be given back: its round's return is over."""
    action = half_suspended(desk)
    LedgerAccessDesk(desk.ledger, STOCKHOLM).give_back([action], person("Ada", "the wrong company"))
    assert desk.restore().ended == {"restored": 1}

    desk.later(days=1, minutes=1)
    desk.decide(due_to_suspend("C1"))

    assert (desk.perform().ended, desk.questions()) == ({}, [])
    assert [desk.at_microsoft(own)["status"] for own in ("c1-1", "c1-2")] == ["active", "active"]
    assert (desk.state(action), desk.why(action)) == ("declined", "the wrong company")


def unpaid(desk: AccessDesk) -> None:
    """What the last look says of who is suspended and has not paid."""
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT)


def test_a_persons_word_outlasts_a_try_that_was_put_off(desk: AccessDesk) -> None:
    """Nothing is paid, so no decision asks for it again: the person does, whatever Microsoft says at first."""
    action = suspended(desk)
    unpaid(desk)
    LedgerAccessDesk(desk.ledger, STOCKHOLM).give_back([action], person("Ada", "the wrong company"))
    own = desk.emulator.world.subscriptions["c1-1"]
    desk.emulator.world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    assert desk.restore().ended == {"later": 1}

    desk.later(minutes=3)

    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1")["status"] == "active"


def test_a_persons_word_waits_for_the_worker_that_is_suspending(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    action = half_suspended(desk)
    unpaid(desk)
    desk.later(days=1, minutes=1)
    assert LedgerOutbox(desk.ledger).claim(action, "another worker")
    LedgerAccessDesk(desk.ledger, STOCKHOLM).give_back([action], person("Ada", "the wrong company"))
    assert desk.restore().ended == {"later": 1}

    desk.later(minutes=16)  # it died

    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1")["status"] == "active"


def test_undoing_stops_a_run_that_is_at_it(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    action = desk.customer("C1", document("c1-1"), document("c1-2"))
    desk.approve()

    def undo() -> None:
        if desk.changes_at("c1-1"):
            desk.waited = None
            LedgerAccessDesk(desk.ledger, STOCKHOLM).give_back([action], person("Ada", "the wrong company"))

    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = undo

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, 0)
    assert "given back" in desk.why(action)
    assert desk.restore().ended == {"restored": 1}


def test_the_history_tells_who_why_and_on_what_ground(desk: AccessDesk) -> None:
    suspended(desk)
    desk.pays("C1")
    desk.restore()

    entries = LedgerAccessDesk(desk.ledger, STOCKHOLM).history(subscription_id="c1-1")
    text = exported(entries, "c1-1")

    told = json.loads(text)["entries"]
    what = [each["what"] for each in told if each["about"] == "c1-1"]
    assert what[:4] == ["prepared", "began", "accepted", "verified"]
    (answer,) = [each for each in told if each["what"] == "answered"]
    assert (answer["person_name"], answer["why"], answer["word"]) == ("Ada Lund", "they were told", "suspend")
    of_the_return = [each["what"] for each in told if each["about"] == settled("C1").action_id]
    assert of_the_return[:3] == ["decided", "proposed", "claimed"]
    (asked,) = [each for each in told if each["what"] == "asked"]
    assert asked["document"]["targets"][0]["quantity"] == 10
    assert all(each["policy_version"] == "v1" for each in told if each["what"] == "decided")
    assert all("correlation" in each["request_ids"] for each in told if each["what"] in ("accepted", "verified"))
    assert text == exported(LedgerAccessDesk(desk.ledger, STOCKHOLM).history(subscription_id="c1-1"), "c1-1")
