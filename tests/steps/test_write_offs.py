"""A debt is given up: by whom, how much, and that the day adds up to the cent before, after, and when it is undone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables import escalation_wiring, wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.domain.day import Day
from csp_receivables.domain.escalation.write_offs import (
    WriteOff,
    WrittenOff,
    needs_second,
    refuse_booking,
)
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person, TakeBack
from csp_receivables.settings import Settings
from tests.conftest import StandingClock
from tests.escalation_desk import INCLUDE
from tests.ledgers_with_debtors import DUE, historical, owe, pay, receivable, rows_of

ADA, BO = Person(name="Ada Lund", why="they are gone"), Person(name="Bo Ek", why="agreed")
TODAY = date(2026, 11, 1)  # of the tests' clock


@pytest.fixture
def settings(clock: StandingClock, tmp_path: Path) -> Settings:
    """C1 owes 600.00 less 100.01 that came, a fifth of it tax, and 50.00; C2 owes 70.00."""
    return Settings(
        home=tmp_path / "home",
        ledger_url="",
        time_zone=ZoneInfo("Europe/Stockholm"),
        fixed_clock=clock.now,
        include=INCLUDE,
    )


@pytest.fixture
def debts(ledger: Ledger) -> Ledger:
    owe(
        ledger,
        receivable("C1", "100", 60_000, net=48_000, tax=12_000),
        receivable("C1", "101", 5_000, DUE + timedelta(days=1)),
        receivable("C2", "200", 7_000),
    )
    pay(ledger, "100", 10_001, DUE + timedelta(days=9))
    return ledger


def day(settings: Settings, ledger: Ledger, on: date = TODAY) -> Day:
    looked = wiring.reconciler(settings, ledger).look(historical(on)).day
    assert [row["difference"] for row in looked.tie_out.to_pylist()] == [0] * looked.tie_out.num_rows
    return looked


def open_of(looked: Day, customer_id: str) -> int:
    return sum(row["open"] for row in looked.standings.to_pylist() if row["customer_id"] == customer_id)


def written_off(looked: Day) -> int:
    return sum(row["written_off"] for row in looked.reconciliation.to_pylist())


def test_a_booked_write_off_is_in_every_table_to_the_cent_and_can_be_undone(settings: Settings, debts: Ledger) -> None:
    proposal, files = escalation_wiring.propose_write_off(settings, debts, "C1", [], ADA)
    page = files[0].read_text(encoding="utf-8")

    assert [(part.number, part.amount, part.tax) for part in proposal.parts] == [
        ("100", 49_999, 10_000),
        ("101", 5_000, 0),
    ]
    assert "549.99" in page
    assert "100.00" in page
    assert open_of(day(settings, debts), "C1") == 54_999, "a proposal books nothing"

    escalation_wiring.book_write_off(settings, debts, proposal.write_off_id, BO, access_returns=False)
    after, before = day(settings, debts), day(settings, debts, TODAY - timedelta(days=1))

    assert (open_of(after, "C1"), written_off(after), open_of(after, "C2")) == (0, 54_999, 7_000)
    assert (open_of(before, "C1"), written_off(before)) == (54_999, 0), "the day before is as it was"
    headline = {row["line"]: row["amount"] for row in after.summary.to_pylist()}
    assert (headline["open"], headline["overdue"], headline["allocated"]) == (7_000, 7_000, 10_001)
    shown = [row for row in after.allocations.to_pylist() if row["source_kind"] == "write_off"]
    assert {(row["booked_on"], row["amount"], row["difference"]) for row in shown} == {
        (TODAY, 0, 49_999), (TODAY, 0, 5_000),
    }  # fmt: skip
    assert "written off by Bo Ek: agreed (proposed by Ada Lund: they are gone)" in {row["because"] for row in shown}

    by_hand = wiring.by_hand(settings, debts)
    for row in shown:
        by_hand.decide(TakeBack(allocation=row["allocation_id"]), by="Bo Ek", why="they paid after all")
    undone = day(settings, debts)
    assert (open_of(undone, "C1"), written_off(undone)) == (54_999, 0)


def test_above_the_limit_somebody_else_books_and_only_once(settings: Settings, debts: Ledger) -> None:
    proposal, _ = escalation_wiring.propose_write_off(settings, debts, "C1", [], ADA)

    with pytest.raises(AlreadyDone, match="W-000001 waits already"):
        escalation_wiring.propose_write_off(settings, debts, "C1", ["101"], BO)
    with pytest.raises(ByHandRefused, match="somebody else than Ada Lund"):
        _book(settings, debts, proposal, Person(name="ada LUND", why="me again"))
    assert len(rows_of(debts, t.allocation, "allocation_id")) == 1
    _book(settings, debts, proposal, BO)
    with pytest.raises(AlreadyDone, match="Bo Ek booked W-000001 already"):
        _book(settings, debts, proposal, BO)
    assert len(rows_of(debts, t.allocation, "allocation_id")) == 3

    small, _ = escalation_wiring.propose_write_off(settings, debts, "C2", [], ADA)
    _book(settings, debts, small, ADA)
    assert [each.word for each in escalation_wiring.write_off_book(debts).standings()] == ["booked", "booked"]


def test_what_changed_since_is_not_booked_and_may_be_declined(settings: Settings, debts: Ledger) -> None:
    proposal, _ = escalation_wiring.propose_write_off(settings, debts, "C1", ["101"], ADA)
    pay(debts, "101", 1_000, TODAY)

    with pytest.raises(ByHandRefused, match=r"40\.00 EUR is open of 101 by now, and 50\.00 was proposed"):
        _book(settings, debts, proposal, BO)
    escalation_wiring.write_off_book(debts).decline(proposal.write_off_id, BO)
    again, _ = escalation_wiring.propose_write_off(settings, debts, "C1", ["101"], ADA)
    assert again.totals() == {"EUR": 5_000}, "a proposal speaks for yesterday, its booking for the moment"


def test_what_is_nothing_to_give_up_is_refused(settings: Settings, debts: Ledger) -> None:
    for customer, numbers, why in (("C1", ["7"], "nothing is open of '7'"), ("C9", [], "no customer 'C9'")):
        with pytest.raises((ByHandRefused, LookupError), match=why):
            escalation_wiring.propose_write_off(settings, debts, customer, numbers, ADA)
    with pytest.raises(ByHandRefused, match="csp escalation write-off list"):
        escalation_wiring.write_off_book(debts).decline("W-000009", ADA)


def _book(settings: Settings, ledger: Ledger, proposal: WriteOff, who: Person) -> None:
    escalation_wiring.book_write_off(settings, ledger, proposal.write_off_id, who, access_returns=False)


def _proposal(amount: int, currency: str = "EUR", *, had_access_taken: bool = False) -> WriteOff:
    part = WrittenOff(receivable_id="r", number="1", due_on=DUE, currency=currency, amount=amount, tax=0)
    return WriteOff(
        write_off_id="W-000001",
        customer_id="C1",
        parts=(part,),
        proposed_by="Ada Lund",
        why="",
        had_access_taken=had_access_taken,
    )


@given(amount=st.integers(1, 10**12), limit=st.integers(0, 10**12))
def test_the_limit_is_the_most_that_one_person_may_give_up(amount: int, limit: int) -> None:
    assert needs_second(_proposal(amount), {"EUR": limit}) is (amount > limit)
    assert needs_second(_proposal(amount, "NOK"), {"EUR": limit}), "a currency without a limit"


def test_access_that_would_come_back_is_said_so_first() -> None:
    taken = _proposal(1, had_access_taken=True)

    with pytest.raises(ByHandRefused, match="--access-returns"):
        refuse_booking(taken, BO, {}, access_returns=False)
    refuse_booking(taken, BO, {}, access_returns=True)
