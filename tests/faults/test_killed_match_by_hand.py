"""kill -9 between any two lines of a person's decision: all of it is kept or nothing, and a repeat does the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, Confirm, Request, Split, TakeBack
from tests.by_hand import FIRST, Desk
from tests.conftest import StandingClock
from tests.worlds import payment, receivable

# Each attempt is a fork that dies at its n-th line of what writes; then another fork looks at what is in the ledger.
DECIDE = """
import json, os, pickle, signal, sys
from sqlalchemy import func, select
from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.matches_by_hand import LedgerMatchBook
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, Confirm, Split, TakeBack
from csp_receivables.settings import Settings
from csp_receivables.steps import match_by_hand

request = eval(sys.argv[1])
settings = Settings.from_environment()
watched = {f.__code__ for f in (LedgerMatchBook.decide, Ledger.writing.__wrapped__, Ledger.writing_schema.__wrapped__)}

def decide_and_die_at(line):
    left = [line]
    def at_line(frame, event, arg):
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    by_hand = wiring.by_hand(settings, ledger)
    sys.settrace(lambda frame, event, arg: at_line if frame.f_code in watched else None)
    by_hand.decide(request, by="Ada Controller", why="she rang them")

def know_what_is_decided():
    # The rules of money are pure: what they say of these facts is worked out once for all attempts.
    said = []
    decide = match_by_hand.decide_by_hand
    def listen(connection, situation, *more):
        said.append((situation.facts.allocations, decide(connection, situation, *more)))
        raise AlreadyDone("heard")
    match_by_hand.decide_by_hand = listen
    try:
        decide_and_die_at(0)
    except AlreadyDone:
        return said[0]

def kept():
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    with ledger.reading() as connection:
        count = lambda table: connection.execute(select(func.count()).select_from(table)).scalar_one()
        return [count(tables.allocation), count(tables.declined_match)]

def forked(work):
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            with os.fdopen(writing, "wb") as answer:
                try:
                    pickle.dump(work(), answer)
                except AlreadyDone:
                    pickle.dump("already", answer)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        answer = said.read()
    os.waitpid(child, 0)
    return pickle.loads(answer) if answer else "killed"

allocations, decided = forked(know_what_is_decided)
decide = match_by_hand.decide_by_hand
match_by_hand.decide_by_hand = lambda connection, situation, *more: (
    decided if situation.facts.allocations.equals(allocations) else decide(connection, situation, *more)
)
seen = []
for line in range(1, 200):
    said = forked(lambda: decide_and_die_at(line))
    if said != "killed":
        break
    seen.append(forked(kept))
print(json.dumps({"seen": seen, "last": said, "kept": forked(kept)}))
"""


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
) -> None:
    desk = Desk(ledger=ledger, clock=clock, home=tmp_path)
    bills = [receivable(number, "A", 5000, issued_on=FIRST, due_on=FIRST) for number in ("10100", "10101")]
    desk.arrive(receivables=bills, payments=[payment("p1", 5000, booked_on=FIRST)])
    if first:
        desk.decide(first)
    environment = {
        **os.environ,
        "CSP_HOME": str(tmp_path),
        "CSP_LEDGER_URL": ledger_url,
        "CSP_CLOCK": clock.now.isoformat(),
        "CSP_INCLUDE": str(tmp_path),
    }

    run = subprocess.run(
        [sys.executable, "-c", DECIDE, repr(request_)], env=environment, check=False, capture_output=True, text=True
    )

    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert {tuple(state) for state in told["seen"]} == {tuple(before), tuple(after)}
    assert told["seen"] == sorted(told["seen"])  # never half, and never back
    assert len([state for state in told["seen"] if state == before]) > 10
    assert (told["last"], told["kept"]) == ("already", after)
    with pytest.raises(AlreadyDone):
        desk.decide(request_)
