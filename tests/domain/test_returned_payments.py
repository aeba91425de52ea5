"""A return undoes what its payment had paid: wholly, in part, in several steps, and never what is not certain."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.positions import keep_positions
from csp_receivables.domain.returned_payments import undo_returned
from tests.examples import examples
from tests.worlds import AS_OF, duck, payment, receivable, rows, world

RETURNED_ON = date(2026, 10, 20)
NEWER, OLDER = date(2026, 10, 16), date(2026, 10, 15)


def allocated(name: str, amount: int, receivable_id: str, **other: Any) -> dict[str, Any]:
    """A booked allocation of payment `p`."""
    return {
        "allocation_id": name, "source_kind": "payment", "source_id": "p", "receivable_id": f"partner/{receivable_id}",
        "amount": amount, "currency": "SEK", "rule": "exact_reference", "outcome": "full", "effective_on": OLDER,
        **other,
    }  # fmt: skip


def back(amount: int, name: str = "r", **other: Any) -> dict[str, Any]:
    return payment(name, -amount, **{"kind": "return", "end_to_end": "E", "booked_on": RETURNED_ON} | other)


def undone(*lines: dict[str, Any], allocations: list[dict[str, Any]] = [], amount: int = 70) -> list[dict[str, Any]]:  # noqa: B006 - never changed
    """What the returns among `lines` undo of payment `p`."""
    facts = world(
        receivables=[receivable(number, "A", 1000) for number in "123"],
        payments=[payment("p", amount, end_to_end="E"), *lines],
        allocations=allocations,
    )
    with duck() as connection:
        facts.load(connection)
        keep_positions(connection)
        found: list[dict[str, Any]] = undo_returned(connection).to_pylist()
    return found


def brief(found: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [(row["source_id"], row["receivable_id"][-1:], row["amount"], row["difference"]) for row in found]


SPLIT = [allocated("a1", 40, "1"), allocated("a2", 30, "2", effective_on=NEWER)]


def test_the_return_of_a_split_payment_undoes_each_allocation_and_its_difference() -> None:
    split = [allocated("a1", 40, "1", difference=1), allocated("a2", 30, "2")]

    found = undone(back(70), allocations=split)

    assert brief(found) == [("r", "1", -40, -1), ("r", "2", -30, 0)]
    assert [row["reverses"] for row in found] == ["a1", "a2"]
    assert {row["effective_on"] for row in found} == {RETURNED_ON}
    assert "its allocation is undone, and its difference of 0.01 whole" in found[0]["because"]


def test_credit_notes_stay_applied_when_the_payment_beside_them_is_returned() -> None:
    credit = allocated("c1", 25, "1", source_kind="credit_note", source_id="partner/C")

    assert brief(undone(back(70), allocations=[allocated("a1", 70, "1"), credit])) == [("r", "1", -70, 0)]


@pytest.mark.parametrize(
    ("amount", "expected", "said"),
    [
        (40, [("r", "1", -40, 0)], "exactly that amount"),
        (30, [("r", "2", -30, 0)], "exactly that amount"),
        (29, [("r", "2", -29, 0)], "0.29 of 0.30 of this one"),
        (31, [("r", "1", -1, 0), ("r", "2", -30, 0)], "0.01 of 0.40 of this one"),
        (69, [("r", "1", -39, 0), ("r", "2", -30, 0)], "newest allocation first"),
    ],
)
def test_a_part_undoes_the_allocation_of_that_amount_else_the_newest_first(
    amount: int, expected: list[tuple[str, str, int, int]], said: str
) -> None:
    found = undone(back(amount), allocations=SPLIT)

    assert expected == brief(found)
    assert said in found[0]["because"]


def test_a_difference_is_undone_whole_as_soon_as_its_allocation_is_touched() -> None:
    one = [allocated("a1", 70, "1", difference=5)]
    touched = allocated("u1", -10, "1", source_id="r", reverses="a1", difference=-5)

    assert brief(undone(back(10), allocations=one)) == [("r", "1", -10, -5)]
    assert brief(undone(back(10), back(20, "s"), allocations=[*one, touched])) == [("s", "1", -20, 0)]


def test_what_is_unapplied_of_the_payment_goes_first() -> None:
    found = undone(back(50), allocations=[allocated("a1", 30, "1")])

    assert brief(found) == [("p", "", 40, 0), ("r", "", -40, 0), ("r", "1", -10, 0)]
    assert found[1]["reverses"] != ""


def test_the_return_of_an_unapplied_payment_leaves_neither_of_them_unapplied() -> None:
    assert brief(undone(back(70))) == [("p", "", 70, 0), ("r", "", -70, 0)]


def test_one_return_of_a_payment_is_undone_at_a_time_the_earlier_first() -> None:
    later = back(40, "q", booked_on=date(2026, 10, 21))

    assert brief(undone(back(30), later, allocations=SPLIT)) == [("r", "2", -30, 0)]


def test_a_return_of_more_than_is_left_of_the_payment_undoes_nothing() -> None:
    gone = [*SPLIT, allocated("u1", -30, "2", source_id="r", reverses="a2")]

    assert undone(back(30), back(41, "s"), allocations=gone) == []
    assert brief(undone(back(30), back(40, "s"), allocations=gone)) == [("s", "1", -40, 0)]


@pytest.mark.parametrize(
    ("other", "is_certain"),
    [
        ({"end_to_end": "", "reference": "1234566"}, True),
        ({"end_to_end": "", "payer_account": "X"}, True),
        ({"end_to_end": "NOTPROVIDED", "payer_account": "X"}, True),
        ({"end_to_end": ""}, False),
        ({"end_to_end": "F", "payer_account": "X"}, False),  # another payment's id: an earlier month of the same price
        ({"end_to_end": "", "payer_account": "X", "reference": "999"}, False),
        ({"account": "SE99"}, False),
        ({"currency": "EUR"}, False),
        ({"booked_on": date(2026, 10, 14)}, False),  # before the payment
        ({"booked_on": date(2026, 10, 15)}, True),
    ],
)
def test_a_return_needs_something_of_the_payment_and_nothing_that_contradicts(
    other: dict[str, Any], is_certain: bool
) -> None:
    facts = world(
        payments=[payment("p", 70, end_to_end="E", reference="1234566", payer_account="X"), back(70, **other)],
    )
    with duck() as connection:
        facts.load(connection)
        keep_positions(connection)

        assert is_certain is (undo_returned(connection).num_rows > 0)


def test_an_account_alone_is_no_evidence_for_a_part() -> None:
    silent = {"end_to_end": "", "payer_account": "X"}
    facts = world(payments=[payment("p", 70, payer_account="X"), back(30, **silent)])
    with duck() as connection:
        facts.load(connection)
        keep_positions(connection)

        assert undo_returned(connection).num_rows == 0


def test_of_several_with_one_id_the_one_that_comes_back_whole_is_meant() -> None:
    assert brief(undone(payment("q", 30, end_to_end="E"), back(30))) == [("q", "", 30, 0), ("r", "", -30, 0)]


def test_several_candidates_are_named_and_none_is_undone() -> None:
    day, booked = day_of([payment("p", 70, end_to_end="E"), payment("q", 70, end_to_end="E"), back(30)])

    assert booked.num_rows == 0
    (finding,) = [row for row in day.findings.to_pylist() if row["code"] == "payment.return_without_payment"]
    assert "p (0.70 of 2026-10-15, the same end-to-end id E); q (0.70 of" in finding["found"]
    assert_ties(day)


def day_of(
    payments: list[dict[str, Any]],
    booked: pa.Table | None = None,
    receivables: list[dict[str, Any]] = [],  # noqa: B006 - never changed
    as_of: date = AS_OF,
) -> tuple[Day, pa.Table]:
    """The day, with what of `booked` is effective by then, as the ledger would give it."""
    facts = world(as_of, payments=[row for row in payments if row["booked_on"] <= as_of], receivables=receivables)
    if booked is not None:
        kept = [row for row in booked.to_pylist() if row["effective_on"] <= as_of]
        facts = facts.with_allocations(rows("allocations", kept))
    return computed(facts)


def computed(facts: Facts) -> tuple[Day, pa.Table]:
    with duck() as connection:
        day, booking = compute_day(connection, facts, MatchingPolicy(), mode=Mode.LIVE, is_demo=False)
    return day, booking.allocations


def assert_ties(day: Day) -> None:
    assert [row for row in day.tie_out.to_pylist() if row["difference"]] == []


def test_a_reported_period_keeps_its_figures_and_the_day_of_the_return_shows_the_debt_again() -> None:
    invoice = [receivable("1", "A", 70, reference="1234566", due_on=date(2026, 10, 16))]
    paid = payment("p", 70, reference="1234566", end_to_end="E")
    before, booked = day_of([paid], receivables=invoice, as_of=date(2026, 10, 19))
    lines = [paid, back(30)]
    _, more = day_of(lines, booked, invoice)
    both = pa.concat_tables([booked, more])

    past, _ = day_of(lines, both, invoice, as_of=date(2026, 10, 19))
    present, again = day_of(lines, both, invoice, as_of=RETURNED_ON)

    assert again.num_rows == 0
    assert past.standings.equals(before.standings)
    assert past.reconciliation.equals(before.reconciliation)
    assert [(row["open"], row["overdue"]) for row in present.standings.to_pylist()] == [(30, 30)]
    assert present.unapplied.num_rows == 0
    assert_ties(present)


def test_a_payment_that_comes_again_after_its_return_is_an_ordinary_payment() -> None:
    invoice = [receivable("1", "A", 70, reference="1234566")]
    again = payment("q", 70, reference="1234566", end_to_end="E", booked_on=date(2026, 10, 25))

    day, booked = day_of([payment("p", 70, reference="1234566", end_to_end="E"), back(70), again], receivables=invoice)

    assert day.standings["open"].to_pylist() == [0]
    assert [(row["source_id"], row["amount"]) for row in booked.to_pylist() if row["receivable_id"]] == [("q", 70)]
    assert_ties(day)


def test_a_chargeback_undoes_the_charge_in_the_clearing_account_and_a_won_dispute_pays_again() -> None:
    invoice = [receivable("1", "A", 70, reference="1234566")]
    card = {"family": "stripe", "account": "stripe", "end_to_end": "ch_1"}
    charge = payment("p", 70, **card, reference="1234566")
    dispute = back(70, **card)
    won = payment("q", 70, **card, reference="1234566", booked_on=date(2026, 10, 28))

    first, booked = day_of([charge], receivables=invoice)
    lost, undone_ = day_of([charge, dispute], booked, invoice)
    both = pa.concat_tables([booked, undone_])
    paid, again = day_of([charge, dispute, won], both, invoice)

    assert [day.standings["open"].to_pylist() for day in (first, lost, paid)] == [[0], [70], [0]]
    assert again["source_id"].to_pylist() == ["q"]
    assert_ties(paid)


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """Payments that are split, over, unapplied and alike, and returns of all and of parts of them, some of none."""
    receivables = [
        receivable(str(n), "A", draw(st.integers(1, 60)), reference=f"R{n % 3}") for n in range(draw(st.integers(0, 4)))
    ]
    payments = []
    for n in range(draw(st.integers(1, 4))):
        reference = draw(st.sampled_from(["", "R0", "R1", "R0 R1 R2"]))
        amount, end_to_end = draw(st.integers(1, 90)), draw(st.sampled_from(["E0", f"E{n}"]))
        payments.append(payment(f"p{n}", amount, reference=reference, end_to_end=end_to_end, payer_account="X"))
        for m in range(draw(st.integers(0, 3))):
            came = {"end_to_end": draw(st.sampled_from(["", end_to_end])), "payer_account": draw(st.sampled_from("XY"))}
            day = draw(st.dates(date(2026, 10, 15), AS_OF))
            payments.append(back(draw(st.integers(1, amount + 5)), f"r{n}{m}", booked_on=day, **came))
    return world(receivables=receivables, payments=payments)


@examples(4)
@given(facts=worlds(), seen_first=st.dates(date(2026, 10, 15), AS_OF))
def test_whatever_is_returned_money_is_conserved_and_a_second_run_books_nothing(facts: Facts, seen_first: date) -> None:
    """Also when a part of it was booked on an earlier day, before the rest came."""
    lines = facts.payments.to_pylist()
    early = world(
        receivables=facts.receivables.to_pylist(), payments=[row for row in lines if row["booked_on"] <= seen_first]
    )
    with duck() as connection:
        booked = decide_booking(connection, early, MatchingPolicy()).allocations
    day, more = computed(facts.with_allocations(booked))
    both = pa.concat_tables([booked, more])
    with duck() as connection:
        again = decide_booking(connection, facts.with_allocations(both), MatchingPolicy()).allocations
        worst = connection.execute("""
            SELECT min(paid), min(written_off), min(open_amount), 0 FROM invoice_positions UNION ALL
            SELECT min(left_amount) FILTER (kind = 'payment'), -max(left_amount) FILTER (kind = 'return'),
                   min(amount - left_amount) FILTER (kind = 'payment'),
                   min(left_amount - amount) FILTER (kind = 'return') FROM payment_positions
        """).fetchall()

    assert_ties(day)
    assert again.num_rows == 0
    assert [figure for row in worst for figure in row if figure is not None and figure < 0] == []
