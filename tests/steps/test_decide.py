"""Deciding on a ledger: kept before anything happens, in one transaction, once; a historical run opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger, outbox
from csp_receivables.adapters.ledger import collections_tables as t
from csp_receivables.adapters.ledger.collections_facts import read_collections
from csp_receivables.adapters.ledger.hold_book import LedgerHoldBook
from csp_receivables.adapters.ledger.outbox_messages import Said, keep_message, say
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.ledger.outbox_tables import action
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, person
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.states import Event
from csp_receivables.ports import DecisionRun
from csp_receivables.steps.decide import NotLiveAnyMore
from tests.ledgers_with_debtors import (
    DUE,
    POLICY_TEXT,
    YESTERDAY,
    decider,
    feed,
    historical,
    live,
    owe,
    pay,
    receivable,
    rows_of,
)
from tests.letters import STOCKHOLM

ADA = person("Ada", "seen and agreed")


@pytest.fixture
def late(new_ledger: Callable[[], Ledger]) -> Ledger:
    """The same on SQLite alone, for what no database could do differently."""
    return _with_debtors(new_ledger())


@pytest.fixture
def late_anywhere(ledger: Ledger) -> Ledger:
    """C1 is 26 days late, C2 owes nothing yet, C3 has paid; the feed is fresh. On each database in turn."""
    return _with_debtors(ledger)


def _with_debtors(ledger: Ledger) -> Ledger:
    owe(ledger, receivable("C1", "100"), receivable("C2", "200", due_on=date(2026, 12, 1)), receivable("C3", "300"))
    pay(ledger, "300", 10_000, DUE)
    feed(ledger, YESTERDAY)
    return ledger


def _approved(ledger: Ledger, spill: Path) -> None:
    made = decider(ledger, spill)
    made.decide(live())
    LedgerOutboxDesk(ledger).approve_policy(made.policy.version, ADA)


def _of(run: DecisionRun, customer: str) -> Decision:
    return next(each for each in run.decided.decisions if each.customer_id == customer)


def test_every_customer_is_decided_and_kept_with_because(late: Ledger, tmp_path: Path) -> None:
    run = decider(late, tmp_path).decide(live())

    kept = rows_of(late, t.decision, "customer_id", "answer", "stage")
    assert [("C1", "send_notice", "final_notice"), ("C2", "wait", "clear"), ("C3", "wait", "clear")] == kept
    assert [(run.run_id, "live", 3, 1)] == rows_of(late, t.decision_run, "run_id", "mode", "customers", "acts")
    assert '[["days_overdue","15","26"],' in rows_of(late, t.decision, "because")[0][0]


def test_until_a_person_approved_it_nothing_is_proposed(late: Ledger, tmp_path: Path) -> None:
    run = decider(late, tmp_path).decide(live())

    assert "nobody approved" in run.dry
    assert [] == rows_of(late, action, "action_id")
    assert [] == rows_of(late, t.collections_round, "round_id")


def test_approved_the_intention_and_its_round_are_kept_with_the_decision(late_anywhere: Ledger, tmp_path: Path) -> None:
    _approved(late_anywhere, tmp_path)

    run = decider(late_anywhere, tmp_path).decide(live())

    assert ("", 1) == (run.dry, run.proposed)
    assert [("C1/1.1/final_notice/send_notice",)] == rows_of(late_anywhere, action, "action_id")
    assert [("C1", "1.1", '["partner/100"]')] == rows_of(
        late_anywhere, t.collections_round, "customer_id", "round_id", "receivable_ids"
    )
    assert [(run.decided.policy.version,)] == rows_of(late_anywhere, t.collections_policy, "version")


def test_deciding_again_changes_nothing(late_anywhere: Ledger, tmp_path: Path) -> None:
    _approved(late_anywhere, tmp_path)
    decider(late_anywhere, tmp_path).decide(live())
    actions, rounds = (
        rows_of(late_anywhere, action, "action_id"),
        rows_of(late_anywhere, t.collections_round, "round_id"),
    )

    again = decider(late_anywhere, tmp_path).decide(live())

    assert 0 == again.proposed
    assert (actions, rounds) == (
        rows_of(late_anywhere, action, "action_id"),
        rows_of(late_anywhere, t.collections_round, "round_id"),
    )


def test_a_historical_run_keeps_its_decisions_and_opens_nothing(late_anywhere: Ledger, tmp_path: Path) -> None:
    _approved(late_anywhere, tmp_path)

    run = decider(late_anywhere, tmp_path).decide(historical())

    assert "historical" == run.mode.value
    assert [] == rows_of(late_anywhere, action, "action_id")
    assert [] == rows_of(late_anywhere, t.collections_round, "round_id")
    assert run.run_id in [row[0] for row in rows_of(late_anywhere, t.decision, "run_id")]


def test_a_run_whose_day_has_passed_decides_nothing(late: Ledger, tmp_path: Path) -> None:
    with pytest.raises(NotLiveAnyMore, match="2026-10-31 is not yesterday any more"):
        decider(late, tmp_path, live=False).decide(live())

    assert [] == rows_of(late, t.decision_run, "run_id")


def test_dry_days_propose_nothing(late: Ledger, tmp_path: Path) -> None:
    text = POLICY_TEXT.replace("live_from: 2026-01-01", "live_from: 2026-10-30").replace("dry_days: 0", "dry_days: 3")

    assert "runs dry until 2026-11-01" in decider(late, tmp_path, text).decide(live()).dry


def _accept(ledger: Ledger, action_id: str, on: date) -> None:
    """The mail server took the notice of an action."""
    row = {
        "message_id": f"m-{action_id}",
        "attempt": 1,
        "action_id": action_id,
        "ordinal": 1,
        "recipient": "C1@customer.example",
        "sent_to": "C1@customer.example",
        "subject": "",
        "language": "en",
        "receivable_ids": '["partner/100"]',
        "digest": "",
    }
    with ledger.writing() as writing:
        keep_message(writing, row)
        say(writing, row["message_id"], 1, Said(event=MessageEvent.HANDING_OVER, on=on))
        say(writing, row["message_id"], 1, Said(event=MessageEvent.ACCEPTED, on=on))


def test_a_warning_that_was_accepted_leads_to_the_suspension_after_its_days(late: Ledger, tmp_path: Path) -> None:
    _approved(late, tmp_path)
    decider(late, tmp_path).decide(live())
    _accept(late, "C1/1.1/final_notice/send_notice", YESTERDAY)

    for days, expected in ((0, "wait"), (4, "wait"), (5, "propose_suspension")):
        on = YESTERDAY + timedelta(days=days)
        decided = decider(late, tmp_path).look(historical(on))
        stale = next(d for d in decided.decisions if d.customer_id == "C1")
        assert ("wait" if days else expected) == stale.answer  # the feed is stale from then on
    feed(late, YESTERDAY + timedelta(days=5))
    decided = decider(late, tmp_path).look(historical(YESTERDAY + timedelta(days=5)))

    assert "propose_suspension" == next(d for d in decided.decisions if d.customer_id == "C1").answer


def test_access_that_was_taken_is_known_until_it_is_given_back(late_anywhere: Ledger, tmp_path: Path) -> None:
    _approved(late_anywhere, tmp_path)
    decider(late_anywhere, tmp_path).decide(live())
    _accept(late_anywhere, "C1/1.1/final_notice/send_notice", YESTERDAY - timedelta(days=5))
    decider(late_anywhere, tmp_path).decide(live())
    taken = "C1/1.1/suspension/propose_suspension"
    with late_anywhere.writing() as writing:
        assert outbox.append(writing, taken, Event.APPROVED, by="Ada")
        assert outbox.claim(writing, taken, token="t", until="2027", now="2026-11-01T12:00:00.000000Z")
        assert outbox.append(writing, taken, Event.DONE, held_claim="t")

    known_at = late_anywhere.everything_known()
    with late_anywhere.reading() as connection:
        known = read_collections(connection, date(2026, 11, 1), known_at, STOCKHOLM)

    assert "1.1" == known.suspensions["C1"].round_id
    pay(late_anywhere, "100", 10_000, YESTERDAY)
    paid = decider(late_anywhere, tmp_path).look(historical(date(2026, 11, 1)))
    assert "reinstate" == next(d for d in paid.decisions if d.customer_id == "C1").answer


def test_what_was_done_after_midnight_was_done_on_the_partners_day(late_anywhere: Ledger, tmp_path: Path) -> None:
    """Found: it was dated by the day in Greenwich, so access taken at half past midnight was taken the day before."""
    _approved(late_anywhere, tmp_path)
    decider(late_anywhere, tmp_path).decide(live())
    _accept(late_anywhere, "C1/1.1/final_notice/send_notice", YESTERDAY - timedelta(days=5))
    decider(late_anywhere, tmp_path).decide(live())
    taken = "C1/1.1/suspension/propose_suspension"
    at_half_past_midnight = Ledger(late_anywhere.engine, lambda: datetime(2026, 11, 1, 23, 30, tzinfo=UTC))
    with at_half_past_midnight.writing() as writing:
        assert outbox.append(writing, taken, Event.CLAIMED, claim="t")
        assert outbox.append(writing, taken, Event.DONE, held_claim="t")

    known_at = late_anywhere.everything_known()
    with late_anywhere.reading() as connection:
        day_before = read_collections(connection, date(2026, 11, 1), known_at, STOCKHOLM)
        same_day = read_collections(connection, date(2026, 11, 2), known_at, STOCKHOLM)

    assert {} == day_before.suspensions
    assert date(2026, 11, 2) == same_day.suspensions["C1"].on
    assert date(2026, 11, 2) in [notice.on for notice in same_day.notices["C1"]]


def test_a_round_closes_when_it_is_settled(late_anywhere: Ledger, tmp_path: Path) -> None:
    _approved(late_anywhere, tmp_path)
    decider(late_anywhere, tmp_path).decide(live())
    pay(late_anywhere, "100", 10_000, YESTERDAY)

    decider(late_anywhere, tmp_path).decide(live())

    assert [("C1", "1.1", YESTERDAY)] == rows_of(late_anywhere, t.round_closing, "customer_id", "round_id", "closed_on")


def test_a_part_payment_and_a_return_are_seen_in_the_books(late: Ledger, tmp_path: Path) -> None:
    pay(late, "100", 4_000, DUE + timedelta(days=3))
    pay(late, "100", 1_000, DUE + timedelta(days=4))
    pay(late, "100", -1_000, DUE + timedelta(days=6), reverses="x")

    (debt,) = decider(late, tmp_path).look(historical()).cases["C1"].debts

    assert (DUE + timedelta(days=4), DUE + timedelta(days=6)) == (debt.part_paid_on, debt.reopened_on)


@pytest.mark.parametrize(("amount", "doubtful"), [(10_000, True), (9_999, False)])
def test_money_that_nobody_is_known_for_is_a_doubt_where_it_equals_the_debt(
    late: Ledger, tmp_path: Path, amount: int, doubtful: bool
) -> None:
    pay(late, "999", amount, DUE, applied=False)

    assert doubtful is any("is nobody's" in d for d in decider(late, tmp_path).look(historical()).cases["C1"].doubts)


def test_an_accounting_system_that_disagrees_is_a_doubt(late: Ledger, tmp_path: Path) -> None:
    from csp_receivables.adapters.ledger.tables import stated_open

    with late.writing() as writing:
        row = {"receivable_id": "partner/100", "stated_on": YESTERDAY, "open_amount": 0}
        writing.connection.execute(stated_open.insert().values(**row, recorded_at=writing.recorded_at))

    assert "accounting says 0.00 EUR" in decider(late, tmp_path).look(historical()).cases["C1"].doubts[0]


def test_who_has_no_address_is_known(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    ledger = new_ledger()
    owe(ledger, receivable("C1", "100"), contacts=False)

    assert not decider(ledger, tmp_path).look(historical()).cases["C1"].has_address


# ---- people ---------------------------------------------------------------------------------------------------------
TODAY = date(2026, 11, 1)


def test_a_hold_keeps_its_customer_back_until_a_person_ends_it(late: Ledger, tmp_path: Path) -> None:
    book = LedgerHoldBook(late)
    hold = hold_of(HoldRequest(customer_id="C1"), person("Ada", "we owe them an answer"), YESTERDAY)
    book.place(hold)

    assert "wait" == _of(decider(late, tmp_path).decide(live()), "C1").answer
    book.end(hold.hold_id[:6], YESTERDAY, person("Bo", "answered"))
    assert "send_notice" == _of(decider(late, tmp_path).decide(live()), "C1").answer


def test_what_was_known_then_does_not_know_a_later_hold(late: Ledger, tmp_path: Path) -> None:
    before = late.everything_known()
    LedgerHoldBook(late).place(hold_of(HoldRequest(customer_id="C1"), ADA, YESTERDAY))

    with late.reading() as connection:
        assert {} == read_collections(connection, YESTERDAY, before, STOCKHOLM).holds


def test_a_promise_is_kept_with_its_day_and_amount(late: Ledger, tmp_path: Path) -> None:
    request = HoldRequest(
        customer_id="C1", kind=HoldKind.PROMISE, currency="EUR", parts=((date(2026, 11, 20), "50.00"),)
    )
    LedgerHoldBook(late).place(hold_of(request, ADA, YESTERDAY))

    decision = _of(decider(late, tmp_path).decide(live()), "C1")

    assert ("wait", "until 2026-11-20", date(2026, 11, 21)) == (
        decision.answer,
        decision.because[0].threshold,
        decision.next_on,
    )


def test_repeating_what_was_said_is_refused(late_anywhere: Ledger) -> None:
    book, hold = LedgerHoldBook(late_anywhere), hold_of(HoldRequest(customer_id="C1"), ADA, YESTERDAY)
    book.place(hold)
    book.tag("C1", "key", ADA, tagged=True)
    book.end(hold.hold_id, YESTERDAY, ADA)

    with pytest.raises(AlreadyDone):
        book.place(hold)
    with pytest.raises(AlreadyDone, match="has the tag"):
        book.tag("C1", "key", ADA, tagged=True)
    with pytest.raises(AlreadyDone, match="Ada ended"):
        book.end(hold.hold_id, YESTERDAY, ADA)


def test_nobody_unknown_is_held_or_tagged(late: Ledger) -> None:
    book = LedgerHoldBook(late)
    with pytest.raises(ByHandRefused, match="no customer 'C9'"):
        book.place(hold_of(HoldRequest(customer_id="C9"), ADA, YESTERDAY))
    with pytest.raises(ByHandRefused, match="no customer 'C9'"):
        book.tag("C9", "key", ADA, tagged=True)
    with pytest.raises(ByHandRefused, match="no receivable '999'"):
        book.receivable_id("C1", "999")
    assert "partner/100" == book.receivable_id("C1", "100")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"until": date(2026, 10, 31)}, "has passed"),
        ({"kind": HoldKind.PROMISE}, "names what comes and when"),
        ({"kind": HoldKind.PROMISE, "parts": ((TODAY, "5"),)}, "needs its currency"),
        ({"kind": HoldKind.PROMISE, "currency": "EUR", "parts": ((TODAY, "5"), (TODAY, "6"))}, "a promise has one day"),
        ({"kind": HoldKind.PLAN, "currency": "EUR", "parts": ((date(2026, 10, 31), "5"),)}, "has passed"),
        ({"kind": HoldKind.PLAN, "currency": "EUR", "parts": ((TODAY, "0.001"),)}, "more decimals"),
        ({"kind": HoldKind.PLAN, "currency": "EUR", "parts": ((TODAY, "0"),)}, "above 0"),
        ({"parts": ((TODAY, "5"),)}, "promises no money"),
    ],
)
def test_a_hold_that_says_too_little_is_refused(changes: dict[str, object], found: str) -> None:
    with pytest.raises(ByHandRefused, match=found):
        hold_of(HoldRequest(customer_id="C1", **changes), ADA, TODAY)
