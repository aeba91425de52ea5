"""Vendor payments: named invoices first, then the oldest due; voids followed; nothing paid twice or lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.payables.payables import Covered, State, findings, named_in, payables
from csp_receivables.domain.payables.payments import bank_debits, with_files
from csp_receivables.domain.payables.settling import Owed, VendorPayment, settle, standing_for
from csp_receivables.domain.records import BANK_LINE
from csp_receivables.domain.relations import load

DAY = date(2026, 1, 8)


def owed(number: int, total: int = 100, *, void: bool = False, amends: str = "", currency: str = "EUR") -> Owed:
    day = DAY + timedelta(days=30 * number)
    return Owed(
        invoice_id=f"G{number}",
        currency=currency,
        invoiced_on=day,
        due_on=day + timedelta(days=60),
        total=total,
        is_void=void,
        amends=amends,
    )


def paid(name: str, amount: int, *names: str, on: date = date(2026, 12, 1), currency: str = "EUR") -> VendorPayment:
    return VendorPayment(payment_id=name, paid_on=on, currency=currency, amount=amount, names=names)


def laid(*args: list[Owed] | list[VendorPayment]) -> list[tuple[str, str, int]]:
    return [(one.payment_id, one.invoice_id, one.amount) for one in settle(*args).paid_on]  # type: ignore[arg-type]


def test_a_named_invoice_is_paid_before_an_older_one() -> None:
    assert laid([owed(1), owed(2)], [paid("a", 150, "G2")]) == [("a", "G2", 100), ("a", "G1", 50)]


def test_without_a_name_the_oldest_due_is_paid_first() -> None:
    assert laid([owed(2), owed(1)], [paid("a", 150)]) == [("a", "G1", 100), ("a", "G2", 50)]


def test_a_name_is_heard_before_an_older_payment_without_one() -> None:
    money = [paid("a", 100, on=date(2026, 11, 1)), paid("b", 100, "G1")]

    assert laid([owed(1), owed(2)], money) == [("b", "G1", 100), ("a", "G2", 100)]


def test_an_invoice_that_was_not_there_yet_is_not_paid_by_chance() -> None:
    found = settle([owed(1), owed(9)], [paid("a", 150, on=DAY + timedelta(days=31))])

    assert (dict(found.left), [one.invoice_id for one in found.paid_on]) == ({"a": 50}, ["G1"])


def test_another_currency_pays_nothing() -> None:
    assert dict(settle([owed(1)], [paid("a", 100, "G1", currency="SEK")]).left) == {"a": 100}


def test_what_was_paid_on_a_voided_invoice_goes_to_what_replaced_it() -> None:
    invoices = [owed(1, void=True), owed(2, 120, void=True, amends="G1"), owed(3, 90, amends="G2")]

    assert laid(invoices, [paid("a", 100, "G1")]) == [("a", "G3", 90)]
    assert standing_for("G1", invoices) == "G3"
    assert standing_for("G1", [owed(1, void=True)]) == ""


def test_a_credit_note_takes_off_what_it_amends_first() -> None:
    invoices = [owed(1), owed(2), owed(3, -30, amends="G2")]

    found = payables(invoices, [paid("a", 100, "G1")], {}, {}, date(2026, 12, 31))

    rows = {one.invoice_id: (one.total, one.amended, one.paid, one.due, one.state) for one in found.payables}
    assert rows["G1"] == (100, 0, 100, 0, State.PAID)
    assert rows["G2"] == (100, 30, 0, 70, State.BLOCKED)
    assert rows["G3"] == (-30, 0, 0, 0, State.CREDIT)


DUE = owed(1).due_on
COVERED, BARE = Covered(collected_net=100, missing=0, per_mille=1000), Covered(collected_net=0, missing=99, per_mille=0)


@pytest.mark.parametrize(
    ("days", "covered", "state", "code"),
    [
        (-15, BARE, State.OPEN, None),
        (-14, BARE, State.NOT_COVERED, "payable.not_covered"),
        (-14, None, State.NOT_COVERED, "payable.not_covered"),
        (-14, COVERED, State.OPEN, None),
        (0, COVERED, State.OPEN, None),
        (1, COVERED, State.OVERDUE, "payable.overdue"),
        (46, COVERED, State.OVERDUE, "payable.overdue"),
        (47, COVERED, State.NEARLY_BLOCKED, "payable.nearly_blocked"),
        (60, COVERED, State.NEARLY_BLOCKED, "payable.nearly_blocked"),
        (61, COVERED, State.BLOCKED, "payable.blocked"),
    ],
)
def test_the_alarm_comes_before_the_rule_of_sixty_days(
    days: int, covered: Covered | None, state: State, code: str | None
) -> None:
    found = payables([owed(1)], [], {"G1": covered} if covered else {}, {"G1": -5}, DUE + timedelta(days=days))

    assert found.payables[0].state is state
    assert (found.payables[0].due, found.payables[0].microsoft_says_paid) == (100, -5)  # evidence pays nothing
    assert [one.code for one in findings(found)] == ([code] if code else [])


def told_of(days: int) -> str:
    [finding] = findings(payables([owed(1)], [], {}, {}, DUE + timedelta(days=days)))
    return finding.finding_id


def test_the_same_trouble_is_the_same_finding_on_every_day() -> None:
    alarms = [range(-14, 1), range(1, 47), range(47, 61), range(61, 90)]

    ids = [{told_of(day) for day in days} for days in alarms]

    assert [len(each) for each in ids] == [1, 1, 1, 1]
    assert len(set.union(*ids)) == 4


def test_a_rest_that_pays_nothing_known_is_told() -> None:
    found = payables([], [paid("a", 70)], {}, {}, date(2026, 12, 31))

    assert [(one.code, one.amount) for one in findings(found)] == [("payable.payment_left", 70)]


def test_payments_of_later_days_are_not_known_yet() -> None:
    found = payables([owed(1)], [paid("a", 100, "G1", on=DUE)], {}, {}, DUE - timedelta(days=1))

    assert found.payables[0].due == 100


@pytest.mark.parametrize(
    ("text", "names"),
    [("Invoice G1 and g2", ("G1", "G2")), ("INV/G1.", ("G1",)), ("G12", ()), ("", ()), ("G-1", ("G1",))],
)
def test_ids_are_found_as_whole_words(text: str, names: tuple[str, ...]) -> None:
    assert named_in(text, ["G1", "G2"]) == names


def row(name: str, on: date, amount: int, invoice: str = "") -> dict[str, object]:
    return {
        "payment_id": name,
        "paid_on": on,
        "currency": "EUR",
        "amount": amount,
        "invoice_id": invoice,
        "reference": "",
    }


def test_the_banks_debits_to_the_vendor_name_invoices_in_their_texts() -> None:
    line = dict.fromkeys(BANK_LINE.names, "") | {"payment_id": "b", "booked_on": DAY, "currency": "EUR", "amount": -100}
    line |= {"status": "booked", "kind": "other", "text": "invoice G1", "entry_no": 1, "detail_no": 0}
    line |= {"instructed_amount": 0, "value_on": None}
    aside = {"payment_id": ["b", "fee"], "kind": ["vendor_payment", "bank_fee"], "because": ["rule microsoft", ""]}
    with duckdb.connect() as connection:
        load(connection, "payments", pa.Table.from_pylist([line, line | {"payment_id": "fee"}], schema=BANK_LINE))
        load(connection, "set_aside", pa.table(aside))

        [debit] = bank_debits(connection, ["G1", "G2"])

    assert (debit.payment_id, debit.amount, debit.names) == ("b", 100, ("G1",))
    assert debit.because == "the bank: rule microsoft"


@pytest.mark.parametrize(("days", "payments"), [(0, 1), (5, 1), (-5, 1), (6, 2)])
def test_a_row_of_a_file_about_a_debit_of_the_bank_is_the_same_money(days: int, payments: int) -> None:
    rows = pa.Table.from_pylist([row("file:1", DAY + timedelta(days=days), 100, "G1")], schema=VENDOR_PAYMENT)

    found = with_files([paid("bank", 100, on=DAY)], rows)

    assert len(found) == payments
    assert [one.names for one in found if one.payment_id == ("bank" if payments == 1 else "file:1")] == [("G1",)]


def test_two_equal_debits_take_a_row_each() -> None:
    rows = pa.Table.from_pylist([row("f1", DAY, 100, "G1"), row("f2", DAY, 100, "G2")], schema=VENDOR_PAYMENT)

    found = with_files([paid("b1", 100, on=DAY), paid("b2", 100, on=DAY)], rows)

    assert sorted(one.names for one in found) == [("G1",), ("G2",)]


AMOUNTS = st.integers(-300, 300)


@given(
    totals=st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=6),
    money=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 7), st.integers(0, 300)), max_size=6),
)
def test_every_payment_is_laid_once_and_no_invoice_is_overpaid(
    totals: list[tuple[int, bool]], money: list[tuple[int, int, int]]
) -> None:
    invoices = [owed(place, total, void=void) for place, (total, void) in enumerate(totals)]
    payments = [
        paid(f"p{place}", amount, f"G{name}", on=DAY + timedelta(days=days))
        for place, (amount, name, days) in enumerate(money)
    ]

    found = settle(invoices, payments)

    spent = Counter[str]()
    on = Counter[str]()
    for one in found.paid_on:
        spent[one.payment_id] += one.amount
        on[one.invoice_id] += one.amount
        assert one.amount > 0
    assert all(spent[one.payment_id] + found.left.get(one.payment_id, 0) == one.amount for one in payments)
    assert all(on[one.invoice_id] <= max(one.total, 0) and not (one.is_void and on[one.invoice_id]) for one in invoices)
    assert settle(list(reversed(invoices)), list(reversed(payments))) == found
