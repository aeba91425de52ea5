"""What people answer, and what their answers are good for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from csp_receivables.adapters.ledger.access_tables import access_approval
from csp_receivables.adapters.ledger.collections_facts import read_holds
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, person
from emulator.portfolio import add_subscription
from tests.access_desk import (
    AccessDesk,
    an_answer,
    approved,
    document,
    due_to_suspend,
    settled,
)


@pytest.mark.parametrize(
    ("word", "given", "state"),
    [
        (Word.DECLINE, {}, "declined"),
        (Word.NO_ANSWER, {"who": None, "why": ""}, "expired"),
        (Word.HOLD, {"until": date(2026, 11, 20)}, "superseded"),
    ],
)
def test_every_other_answer_is_a_no(desk: AccessDesk, word: Word, given: dict[str, Any], state: str) -> None:
    action = desk.customer("C1", document("c1-1"))
    desk.approve(word=word, **given)

    assert desk.perform().ended == {}
    assert (desk.state(action), desk.changes_at("c1-1")) == (state, 0)


def test_a_hold_until_a_day_is_a_hold_like_any_other(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.approve(word=Word.HOLD, until=date(2026, 11, 20))

    with desk.ledger.reading() as connection:
        (hold,) = read_holds(connection, date(2026, 11, 3), "9")["C1"]
    assert (hold.kind, hold.until, hold.placed_by) == (HoldKind.MANUAL, date(2026, 11, 20), "Ada Lund")


def test_nobody_is_a_no_that_is_asked_again_the_next_day(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.approve(word=Word.NO_ANSWER, who=None, why="")
    assert desk.questions() == []

    desk.decide(due_to_suspend("C1"))

    assert len(desk.questions()) == 1


BAD_ANSWERS: list[tuple[dict[str, Any], str]] = [
    ({"who": None}, "the person"),
    ({"who": Approver(id=" ", name="Ada", auth_manager="test")}, "the person"),
    ({"why": " "}, "a reason"),
    ({"word": Word.HOLD}, "a last day"),
    ({"word": Word.HOLD, "until": date(2026, 11, 2)}, "a last day"),
    ({"until": date(2026, 11, 20)}, "only a hold"),
    ({"word": Word.NO_ANSWER}, "names a person"),
    ({"digest": "another"}, "have changed"),
    ({"action_id": "C9/1.1/suspension/propose_suspension"}, "no action"),
]


@pytest.mark.parametrize(("given", "said"), BAD_ANSWERS)
def test_an_answer_that_is_none_is_refused(desk: AccessDesk, given: dict[str, Any], said: str) -> None:
    action = desk.customer("C1", document("c1-1"))

    with pytest.raises(ByHandRefused, match=said):
        desk.approve(**given)

    assert (desk.state(action), desk.book.approval(action)) == ("proposed", None)


def test_acting_demands_the_row_whatever_the_outbox_says(desk: AccessDesk) -> None:
    action = desk.customer("C1", document("c1-1"))
    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "past the breaker"))
    assert desk.state(action) == "approved"

    assert desk.perform().waits == {"nobody was asked yet": 1}
    assert desk.changes_at("c1-1") == 0


@pytest.mark.parametrize(("days", "seconds", "changes"), [(3, 0, 1), (3, 1, 0)])
def test_an_answer_holds_for_days(desk: AccessDesk, days: int, seconds: int, changes: int) -> None:
    approved(desk)
    with desk.ledger.reading() as connection:
        given = datetime.fromisoformat(connection.execute(select(access_approval.c.recorded_at)).scalar_one())

    desk.wait(given + timedelta(days=days, seconds=seconds) - desk.clock.now)
    waits = desk.perform().waits

    assert desk.changes_at("c1-1") == changes
    assert bool(waits) is not bool(changes)


def test_what_changed_since_is_asked_again(desk: AccessDesk) -> None:
    action = approved(desk)
    world = desk.emulator.world
    add_subscription(world, "c1-tenant", document("c1-1", quantity=25))

    assert desk.perform().ended == {"stale": 1}
    assert "seats was 10, is 25" in desk.why(action)
    assert desk.perform().waits == {"what the answer rested on has changed since": 1}
    assert desk.changes_at("c1-1") == 0

    desk.approve()
    assert desk.perform().ended == {"suspended": 1}


def test_the_same_answer_again_changes_nothing_and_counts_anew_when_it_has_run_out(desk: AccessDesk) -> None:
    action = approved(desk)
    given = an_answer(desk, action)

    with pytest.raises(AlreadyDone):
        desk.book.answer(given, "C1")
    desk.later(days=6)
    assert desk.perform().waits == {"the answer is older than 3 days": 1}
    desk.approve()
    assert desk.perform().ended == {"suspended": 1}


def test_a_question_that_runs_out_takes_no_persons_word_back(desk: AccessDesk) -> None:
    action = approved(desk)

    desk.book.answer(replace(an_answer(desk, action), word=Word.NO_ANSWER, who=None, why=""), "C1")

    assert desk.perform().ended == {"suspended": 1}


def test_the_time_out_of_a_question_that_was_asked_anew_ends_neither_the_new_one_nor_its_answer(
    plain_desk: AccessDesk,
) -> None:
    desk = plain_desk
    action = desk.customer("C1", document("c1-1"))
    (first,) = desk.questions()
    timed_out = Approval(
        action_id=action, digest=first.proposal.digest, word=Word.NO_ANSWER, who=None, why="", asked_in="test"
    )
    add_subscription(desk.emulator.world, "c1-tenant", document("c1-1", quantity=25))
    desk.sync("c1-tenant")
    assert len(desk.questions()) == 1

    desk.book.answer(timed_out, "C1")
    assert (desk.state(action), desk.book.approval(action)) == ("proposed", None)
    desk.approve()
    desk.book.answer(timed_out, "C1")

    assert desk.perform().ended == {"suspended": 1}
    desk.book.answer(timed_out, "C1")  # and of one that is over: nothing to be alarmed about
    assert desk.state(action) == "done"


def test_a_hold_while_a_worker_is_at_it_counts_at_once(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    action = approved(desk)
    given = an_answer(desk, action)
    assert LedgerOutbox(desk.ledger).claim(action, "worker")

    desk.book.answer(replace(given, word=Word.HOLD, until=date(2026, 11, 20)), "C1")

    with desk.ledger.reading() as connection:
        assert [each.until for each in read_holds(connection, date(2026, 11, 3), "9")["C1"]] == [date(2026, 11, 20)]
    assert desk.state(action) == "claimed"  # what it began is the worker's to end


def test_what_microsoft_refused_is_tried_again_after_a_new_answer(desk: AccessDesk) -> None:
    action = approved(desk)
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=0)
    desk.perform()
    world.behaviour = replace(world.behaviour, changes_a_day=20)

    LedgerOutboxDesk(desk.ledger).release(action, person("Ada", "Microsoft's support says it works now"))
    assert desk.perform().waits == {"nothing of it could be suspended since it was answered": 1}
    assert desk.approve() == [action]  # the old answer is no new one: it is asked again

    assert desk.perform().ended == {"suspended": 1}


def test_what_changes_before_its_turn_is_left(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    world = desk.emulator.world

    def seats() -> None:
        if desk.changes_at("c1-1") and world.subscriptions["c1-2"].document["quantity"] == 10:
            add_subscription(world, "c1-tenant", document("c1-2", quantity=25))

    desk.decided.after = seats
    world.behaviour = replace(world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = seats

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.state(action), desk.changes_at("c1-2"), desk.findings()) == ("done", 0, ["access.changed_meanwhile"])


def test_what_microsoft_refuses_to_give_back_is_told_and_tried_again_with_the_next_decision(desk: AccessDesk) -> None:
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, changes_a_day=1)
    desk.pays("C1")

    assert desk.restore().ended == {"failed": 1}
    assert (desk.findings(), desk.book.suspended()) == (["access.refused"], ("C1",))
    desk.later(days=1, minutes=1)
    desk.decide(settled("C1"))

    assert desk.restore().ended == {"restored": 1}
    assert (desk.at_microsoft("c1-1")["status"], desk.book.suspended()) == ("active", ())


def test_what_microsoft_refused_to_give_back_is_sent_again_once_a_day_as_long_as_it_is_away(
    plain_desk: AccessDesk,
) -> None:
    """Neither every quarter of an hour (900311 says so) nor never again after so many tries."""
    desk = plain_desk
    desk.policy = replace(desk.policy, restore_tries_max=2)
    approved(desk)
    desk.perform()
    world = desk.emulator.world
    usual, world.behaviour = world.behaviour, replace(world.behaviour, changes_a_day=0)
    desk.pays("C1")

    for _ in range(4):
        before = patches(desk)
        desk.decide(settled("C1"))
        for _ in range(3):
            desk.restore()
            desk.later(minutes=15)
        assert patches(desk) - before == 1
        desk.later(days=1)

    world.behaviour = usual
    desk.decide(settled("C1"))
    assert desk.restore().ended == {"restored": 1}
    assert (desk.at_microsoft("c1-1")["status"], desk.book.suspended()) == ("active", ())


def test_while_one_waits_another_that_was_refused_is_not_sent_again(plain_desk: AccessDesk) -> None:
    desk = plain_desk
    approved(desk, "C1", document("c1-1"), document("c1-2"))
    desk.perform()
    subscriptions = desk.emulator.world.subscriptions
    subscriptions["c1-1"] = replace(subscriptions["c1-1"], changed_at=(desk.clock.now,) * 100)
    subscriptions["c1-2"] = replace(subscriptions["c1-2"], renewing_until=desk.clock.now + timedelta(minutes=5))
    desk.pays("C1")
    assert desk.restore().ended == {"later": 1}
    before = patches(desk, "c1-1")

    for _ in range(3):
        desk.later(minutes=3)
        desk.restore()

    assert (desk.at_microsoft("c1-2")["status"], patches(desk, "c1-1")) == ("active", before)


def patches(desk: AccessDesk, own: str = "") -> int:
    """How often Microsoft was asked to change anything, whatever it said."""
    return sum(each.method == "PATCH" and own in each.path for each in desk.emulator.world.log.entries)
