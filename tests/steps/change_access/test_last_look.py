"""The last look: what changed since a person answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, person
from tests.access_desk import (
    AccessDesk,
    an_answer,
    approved,
    document,
    due_to_suspend,
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
    with pytest.raises(ByHandRefused, match="takes no answer"):
        desk.book.answer(replace(an_answer(desk, action), why="again"), "C1")
