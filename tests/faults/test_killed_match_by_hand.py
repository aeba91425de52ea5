"""kill -9 between any two lines of a person's decision: all of it is kept or nothing, and a repeat does the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.matches_by_hand import LedgerMatchBook
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, Confirm, Request, Split, TakeBack
from csp_receivables.steps import match_by_hand
from tests.by_hand import FIRST, WHO, Desk
from tests.conftest import StandingClock
from tests.forks import KILLED, TRANSACTIONS, dying_at, forked
from tests.worlds import payment, receivable

WATCHED = (LedgerMatchBook.decide, *TRANSACTIONS)
LINES_MAX = 200


@pytest.mark.parametrize(
    ("first", "request_", "before", "after"),
    [
        # a confirmation is a split in one part; two rows show that none is kept without the other
        (None, Split(payment="p1", parts=(("10100", "30.00"), ("10101", "20.00"))), [0, 0], [2, 0]),
        (Confirm(payment="p1", receivable="10100"), TakeBack(payment="p1", receivable="10100"), [1, 0], [2, 1]),
    ],
    ids=["split", "unallocate"],
)
def test_a_killed_decision_is_kept_whole_or_not_at_all(
    first: Request | None,
    request_: Request,
    before: list[int],
    after: list[int],
    ledger: Ledger,
    ledger_url: str,
    clock: StandingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(ledger=ledger, clock=clock, home=tmp_path)
    bills = [receivable(number, "A", 5000, issued_on=FIRST, due_on=FIRST) for number in ("10100", "10101")]
    desk.arrive(receivables=bills, payments=[payment("p1", 5000, booked_on=FIRST)])
    if first:
        desk.decide(first)
    decide_once(desk, request_, monkeypatch)

    def decide_and_die_at(line: int) -> str:
        """Each attempt has connections of its own, and dies at its n-th line of what writes."""
        by_hand = wiring.by_hand(desk.settings, Ledger.open(ledger_url, clock))
        with dying_at(line, WATCHED):
            try:
                by_hand.decide(request_, **WHO)
            except AlreadyDone:
                return "already"
        return "decided"

    seen, said = [], KILLED
    for line in range(1, LINES_MAX):
        said = forked(lambda line=line: decide_and_die_at(line), ledger)
        if said != KILLED:
            break
        seen.append(kept(ledger))

    assert {tuple(state) for state in seen} == {tuple(before), tuple(after)}
    assert seen == sorted(seen)  # never half, and never back
    assert len([state for state in seen if state == before]) > 10
    assert (said, kept(ledger)) == ("already", after)
    monkeypatch.undo()
    with pytest.raises(AlreadyDone):
        desk.decide(request_)


def decide_once(desk: Desk, request: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of money are pure: what they say of these facts is worked out once for all attempts."""
    decide = match_by_hand.decide_by_hand
    heard: list[Any] = []

    def listen(connection: Any, situation: Any, *more: Any) -> Any:
        heard[:] = [situation.facts.allocations, decide(connection, situation, *more)]
        raise AlreadyDone("heard")

    def remembered(connection: Any, situation: Any, *more: Any) -> Any:
        allocations, decided = heard
        is_known = situation.facts.allocations.equals(allocations)
        return decided if is_known else decide(connection, situation, *more)

    monkeypatch.setattr(match_by_hand, "decide_by_hand", listen)
    with pytest.raises(AlreadyDone):
        desk.decide(request)
    monkeypatch.setattr(match_by_hand, "decide_by_hand", remembered)


def kept(ledger: Ledger) -> list[int]:
    with ledger.reading() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.allocation, tables.declined_match)
        ]
