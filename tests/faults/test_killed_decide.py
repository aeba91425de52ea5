"""kill -9 all along the keeping of decisions, or of a hold: all is kept or nothing, and a repeat ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.matching_by_hand.requests import person
from tests.ledgers_with_debtors import YESTERDAY, decider, feed, owe, receivable

# Each attempt works on a copy of the ledger in a fork that dies at its n-th line; then the same is done again.
DIE = """
import json, os, pickle, shutil, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from sqlalchemy import func, select
from csp_receivables.adapters.ledger import Ledger, outbox, tables
from csp_receivables.adapters.ledger import collections_tables as t, decision_book, hold_book
from csp_receivables.adapters.ledger.outbox_tables import action, action_event, action_state
from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, person
from tests.ledgers_with_debtors import POLICY_TEXT, YESTERDAY, decider, live
from tests.letters import STOCKHOLM

what, folder, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TABLES = (t.decision_run, t.decision, t.collections_round, t.collections_policy, t.hold, t.hold_instalment,
          action, action_event, action_state)
book = decision_book.LedgerDecisionBook
watched = {f.__code__ for f in (
    book.decide, book._keep_policy, decision_book._keep, decision_book._keep_rounds, outbox.propose, outbox._insert,
    hold_book.LedgerHoldBook.place, Ledger.writing.__wrapped__, Ledger.writing_schema.__wrapped__)}
HOLD = hold_of(HoldRequest(customer_id="C1", kind=HoldKind.PLAN, currency="EUR",
                           parts=((YESTERDAY, "50.00"), (NOON.date(), "50.00"))), person("Ada", "agreed"), YESTERDAY)

def opened(at):
    return Ledger.open(at, lambda: NOON)

def do(at, known, line):
    ledger, left = opened(at), [line]
    def at_line(frame, event, arg):
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line
    sys.settrace(lambda frame, event, arg: at_line if frame.f_code in watched else None)
    try:
        if what == "hold":
            hold_book.LedgerHoldBook(ledger).place(HOLD)
        else:
            book(ledger=ledger, zone=STOCKHOLM, policy_text=POLICY_TEXT).decide(YESTERDAY, lambda facts: known)
    except AlreadyDone:
        pass

def kept(at):
    with opened(at).reading() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]

def forked(work):
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(work(), answer)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        answer = said.read()
    os.waitpid(child, 0)
    return pickle.loads(answer) if answer else "killed"

made = decider(opened(url), folder / "spill")
# The rules are pure: what they say of these facts is worked out once.
decisions = forked(lambda: made.look(live()).decisions)
known = Decided(on=YESTERDAY, policy=made.policy, decisions=decisions, cases={})
decision_book.facts_with_collections = lambda *asked: None  # and so are the facts
before = forked(lambda: kept(url))
step = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "wide" else 4  # every line takes minutes
is_file = url.startswith("sqlite")
step *= 1 if is_file else 8
seen, line, said = [], 1 - step, "killed"
while said == "killed" and line < 400:
    line += step
    at = url
    if is_file:  # a database on a server stays the same one: what was killed has left nothing, or is done
        at = f"sqlite:///{folder / 'attempt.db'}"
        for old in folder.glob("attempt.db*"):
            old.unlink()
        shutil.copy(folder / "ledger.db", folder / "attempt.db")
    said = forked(lambda: do(at, known, line))
    again = (lambda: [kept(at), do(at, known, 0), kept(at)]) if is_file else (lambda: [kept(at), None, None])
    seen.append([said, *forked(again)[::2]])
if not is_file:
    seen[-1][2] = forked(lambda: [do(url, known, 0), kept(url)])[1]
print(json.dumps([before, seen]))
"""


Seen = tuple[list[int], list[list[object]]]


def _attempts(what: str, new_ledger: Callable[[], Ledger], folder: Path) -> Seen:
    """What was kept before, and for each attempt how it ended, what it left, and what its repeat left."""
    ledger = new_ledger()
    _someone_is_late(ledger, folder)
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.engine.dispose()
    Path(ledger.engine.url.database or "").rename(folder / "ledger.db")
    return _killed(what, folder, f"sqlite:///{folder / 'ledger.db'}")


def _someone_is_late(ledger: Ledger, folder: Path) -> None:
    owe(ledger, receivable("C1", "100"), receivable("C2", "200"))
    feed(ledger, YESTERDAY)
    LedgerOutboxDesk(ledger).approve_policy(decider(ledger, folder).policy.version, person("Ada", "seen"))
    ledger.engine.dispose()


def _killed(what: str, folder: Path, url: str) -> Seen:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["src", ".", os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", DIE, what, str(folder), url]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=170)
    assert ran.returncode == 0, ran.stderr[-2000:]
    before, seen = json.loads(ran.stdout)
    return before, seen


def test_a_killed_day_of_decisions_is_kept_whole_or_not_at_all(
    new_ledger: Callable[[], Ledger], tmp_path: Path
) -> None:
    before, seen = _attempts("decide", new_ledger, tmp_path)

    whole = seen[-1][1]
    assert [1, 2, 2, 1, 0, 0, 2, 2, 2] == whole
    assert len(seen) > 12, "it was to die all along the way"
    assert {"killed"} == {str(said) for said, *_ in seen[:-1]}
    assert all(there in (before, whole) for _, there, _ in seen)
    assert all(again == whole for *_, again in seen), "nothing twice, nobody forgotten"


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_a_killed_day_of_decisions_leaves_nothing_on_a_server_either(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    _someone_is_late(ledger, tmp_path)

    before, seen = _killed("decide", tmp_path, ledger_url)

    whole = seen[-1][1]
    assert [1, 2, 2, 1, 0, 0, 2, 2, 2] == whole
    assert len(seen) >= 3, "it was to die at several places"
    assert {"killed"} == {str(said) for said, *_ in seen[:-1]}
    assert all(there in (before, whole) for _, there, _ in seen)
    assert seen[-1][2] == whole, "a repeat changes nothing"


def test_a_killed_plan_is_kept_with_all_its_instalments_or_not_at_all(
    new_ledger: Callable[[], Ledger], tmp_path: Path
) -> None:
    before, seen = _attempts("hold", new_ledger, tmp_path)

    whole = seen[-1][1]
    assert [1, 2] == whole[4:6]
    assert all(there in (before, whole) for _, there, _ in seen)
    assert all(again == whole for *_, again in seen)
