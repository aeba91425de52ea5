"""The last look: what changed since a person answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from csp_receivables.adapters.ledger import tables
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, person
from csp_receivables.steps.change_access.limits import waiting
from tests.access_desk import (
    AccessDesk,
    an_answer,
    approved,
    document,
    due_to_suspend,
    half_done,
)


def test_who_paid_meanwhile_keeps_access(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT, stage="clear")

    assert desk.perform().ended == {"superseded": 1}
    assert (desk.state(action), desk.changes_at("c1-1")) == ("superseded", 0)


def test_who_pays_between_two_subscriptions_keeps_the_second_and_gets_the_first_back(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    before = desk.at_microsoft("c1-1")
    desk.decided.after = lambda: desk.pays("C1") if desk.changes_at("c1-1") else None

    done = desk.perform()

    assert (done.ended, desk.state(action)) == ({"suspended": 1}, "done")
    assert (desk.at_microsoft("c1-1")["status"], desk.changes_at("c1-2")) == ("suspended", 0)
    assert desk.restore().ended == {"restored": 1}
    assert desk.at_microsoft("c1-1") == before
    assert desk.changes_at("c1-2") == 0


def test_a_hold_outranks_an_approval(desk: AccessDesk) -> None:
    action = approved(desk)
    LedgerOutboxDesk(desk.ledger).hold(action, person("Bea", "a call this afternoon"))

    assert desk.perform().ended == {}
    assert (desk.state(action), desk.changes_at("c1-1")) == ("held", 0)
    with pytest.raises(ByHandRefused, match="takes no answer any more; csp outbox release"):
        desk.book.answer(replace(an_answer(desk, action), why="again"), "C1")


def test_an_answer_ends_when_what_is_owed_changes_before_it_begins(plain_desk: AccessDesk) -> None:
    """Right before the first byte leaves, not only when the run begins: a run may take long."""
    desk = plain_desk
    action = approved(desk)
    desk.decided.after = lambda: pays_a_part(desk) if desk.story("c1-1") else None

    assert desk.perform().ended == {"stale": 1}
    assert desk.changes_at("c1-1") == 0
    assert (desk.state(action), desk.why(action)) == (
        "proposed", "asked again: what the answer rested on has changed since",
    )  # fmt: skip
    desk.approve()
    assert desk.perform().ended == {"suspended": 1}


def pays_a_part(desk: AccessDesk) -> None:
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), overdue=5000)


def test_what_is_paid_between_two_subscriptions_is_left(plain_desk: AccessDesk) -> None:
    """The invoice of the second is paid; the first is still owed for."""
    desk = plain_desk
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    with desk.ledger.writing() as writing:
        moved = update(tables.receivable_line).where(tables.receivable_line.c.subscription_id == "c1-2")
        writing.connection.execute(moved.values(receivable_id="partner/C1-2"))
    both = replace(due_to_suspend("C1"), receivable_ids=("partner/C1-1", "partner/C1-2"))
    desk.decided.decisions["C1"] = both
    desk.approve()

    def pays_the_second() -> None:
        if desk.changes_at("c1-1"):
            desk.decided.decisions["C1"] = due_to_suspend("C1")

    desk.decided.after = pays_the_second

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, 0)
    assert "c1-2 is left: no unpaid receivable covers it" in desk.why(action)


def held(desk: AccessDesk) -> None:
    desk.decided.decisions["C1"] = replace(due_to_suspend("C1"), answer=Answer.WAIT, stage="clear")


def test_what_is_in_the_air_when_a_hold_comes_is_settled_and_told(plain_desk: AccessDesk) -> None:
    """An action that took anything ends as done: by that the customer is told, and the history complete."""
    desk = plain_desk
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=0.5, settle_seconds=300)
    assert desk.perform().ended == {"later": 1}
    held(desk)

    desk.later(minutes=11)

    assert desk.perform().ended == {"suspended": 1}
    assert [desk.story(own)[-1] for own in ("c1-1", "c1-2")] == ["verified", "verified"]
    assert (desk.state(action), desk.changes_at("c1-1"), desk.changes_at("c1-2")) == ("done", 1, 1)
    assert "by now the answer is wait" in desk.why(action)


def test_what_a_hold_finds_half_done_ends_as_done_and_no_further(desk: AccessDesk) -> None:
    action = half_done(desk)
    held(desk)
    assert waiting(desk.proposer()[1]) == []  # there is nothing to let past a breaker

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.state(action), desk.changes_at("c1-2")) == ("done", 0)


def test_a_last_look_that_ends_one_half_way_leaves_nothing_in_the_air(plain_desk: AccessDesk) -> None:
    """The first was put off, the second is on its way, and then the first is not wanted any more."""
    desk = plain_desk
    action = approved(desk, "C1", document("c1-1", scheduledNextTermInstructions=None), document("c1-2"))
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=300)
    assert desk.perform().ended == {"later": 1}
    assert (desk.story("c1-1")[-1], desk.story("c1-2")[-1]) == ("put_off", "accepted")
    looks = len(desk.decided.looks)
    desk.decided.after = lambda: held(desk) if len(desk.decided.looks) > looks + 1 else None

    desk.later(minutes=11)

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.story("c1-2")[-1], desk.state(action), desk.changes_at("c1-1")) == ("verified", "done", 0)
