"""kill -9 all along the keeping of decisions, or of a hold: all is kept or nothing, and a repeat ends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from csp_receivables.adapters.ledger import Ledger, decision_book, outbox
from csp_receivables.adapters.ledger import collections_tables as t
from csp_receivables.adapters.ledger.hold_book import LedgerHoldBook
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.ledger.outbox_tables import action, action_event, action_state
from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, person
from tests.conftest import NOON, StandingClock
from tests.forks import KILLED, TRANSACTIONS, dying_at, forked
from tests.ledgers_with_debtors import POLICY_TEXT, YESTERDAY, decider, feed, live, owe, receivable
from tests.letters import STOCKHOLM

TABLES = (t.decision_run, t.decision, t.collections_round, t.collections_policy, t.hold, t.hold_instalment,
          action, action_event, action_state)  # fmt: skip
BOOK = decision_book.LedgerDecisionBook
WATCHED = (BOOK.decide, BOOK._keep_policy, decision_book._keep, decision_book._keep_rounds, outbox.propose,
           outbox._insert, LedgerHoldBook.place, *TRANSACTIONS)  # fmt: skip
HOLD = hold_of(
    HoldRequest(
        customer_id="C1", kind=HoldKind.PLAN, currency="EUR", parts=((YESTERDAY, "50.00"), (NOON.date(), "50.00"))
    ),
    person("Ada", "agreed"),
    YESTERDAY,
)
LINES_MAX = 400
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "wide" else 4
STEP_ON_A_SERVER = 8 * STEP

Work = Callable[[Ledger], object]
Kept = list[int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended, what it left, and what its repeat left."""

    said: object
    left: Kept
    again: Kept


def place(ledger: Ledger) -> None:
    LedgerHoldBook(ledger).place(HOLD)


def deciding(ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Keeping the day's decisions. The rules are pure: what they say of these facts is worked out once."""
    made = decider(ledger, folder / "spill")
    known = Decided(on=YESTERDAY, policy=made.policy, decisions=made.look(live()).decisions, cases={})
    monkeypatch.setattr(decision_book, "facts_with_collections", lambda *asked: None)  # and so are the facts

    def decide(ledger: Ledger) -> None:
        BOOK(ledger=ledger, zone=STOCKHOLM, policy_text=POLICY_TEXT).decide(YESTERDAY, lambda facts: known)

    return decide


def do(url: str, work: Work, line: int = 0) -> Kept:
    """The work over connections of its own; the process dies at its n-th line (0: it lives). What is kept then."""
    ledger = Ledger.open(url, StandingClock(NOON))
    with dying_at(line, WATCHED), suppress(AlreadyDone):
        work(ledger)
    found = kept(ledger)
    ledger.engine.dispose()
    return found


def kept(ledger: Ledger) -> Kept:
    with ledger.reading() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


def kept_at(url: str) -> Kept:
    ledger = Ledger.open(url, StandingClock(NOON))
    found = kept(ledger)
    ledger.engine.dispose()
    return found


def attempts(ledger: Ledger, work: Work) -> list[Attempt]:
    """Die at one line after the other, each time on a copy of the ledger; the last one lives."""
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.engine.dispose()
    path = Path(ledger.engine.url.database or "")
    copy = path.with_name("attempt.db")
    url, seen = f"sqlite:///{copy}", []
    for line in range(1, LINES_MAX, STEP):
        for old in path.parent.glob("attempt.db*"):
            old.unlink()
        shutil.copy(path, copy)
        said = forked(lambda line=line: do(url, work, line))
        seen.append(Attempt(said, kept_at(url), do(url, work)))
        if said != KILLED:
            break
    return seen


def someone_is_late(ledger: Ledger, folder: Path) -> Kept:
    owe(ledger, receivable("C1", "100"), receivable("C2", "200"))
    feed(ledger, YESTERDAY)
    LedgerOutboxDesk(ledger).approve_policy(decider(ledger, folder).policy.version, person("Ada", "seen"))
    return kept(ledger)


def test_a_killed_day_of_decisions_is_kept_whole_or_not_at_all(
    new_ledger: Callable[[], Ledger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = new_ledger()
    before = someone_is_late(ledger, tmp_path)

    seen = attempts(ledger, deciding(ledger, tmp_path, monkeypatch))

    whole = seen[-1].left
    assert [1, 2, 2, 1, 0, 0, 2, 2, 2] == whole
    assert len(seen) > 12, "it was to die all along the way"
    assert {each.said for each in seen[:-1]} == {KILLED}
    assert seen[-1].said == whole
    assert all(each.left in (before, whole) for each in seen)
    assert all(each.again == whole for each in seen), "nothing twice, nobody forgotten"


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_a_killed_day_of_decisions_leaves_nothing_on_a_server_either(
    ledger: Ledger, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = someone_is_late(ledger, tmp_path)
    work = deciding(ledger, tmp_path, monkeypatch)

    seen: list[
        tuple[object, Kept]
    ] = []  # the database stays the same one: what was killed has left nothing, or is done
    for line in range(1, LINES_MAX, STEP_ON_A_SERVER):
        seen.append((forked(lambda line=line: do(ledger_url, work, line), ledger), kept(ledger)))
        if seen[-1][0] != KILLED:
            break

    whole = seen[-1][1]
    assert [1, 2, 2, 1, 0, 0, 2, 2, 2] == whole
    assert len(seen) >= 3, "it was to die at several places"
    assert {said for said, _ in seen[:-1]} == {KILLED}
    assert all(left in (before, whole) for _, left in seen)
    assert do(ledger_url, work) == whole, "a repeat changes nothing"


def test_a_killed_plan_is_kept_with_all_its_instalments_or_not_at_all(
    new_ledger: Callable[[], Ledger], tmp_path: Path
) -> None:
    ledger = new_ledger()
    before = someone_is_late(ledger, tmp_path)

    seen = attempts(ledger, place)

    whole = seen[-1].left
    assert [1, 2] == whole[4:6]
    assert {each.said for each in seen[:-1]} == {KILLED}
    assert all(each.left in (before, whole) for each in seen)
    assert all(each.again == whole for each in seen)
