"""Stripe's report: each payout a statement of a clearing account, proved by what it came to."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.stripe import StripeReader
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.bank_csv_files import STRIPE_HEADER, stripe, table, transaction

Read = tuple[list[dict[str, Any]], list[Statement], list[Finding]]
CHARGE = transaction("1250.00", "18.75", "1231.25")
REFUND = transaction("-250.00", "0.00", "-250.00", number=2, category="refund")


def paid_out(amount: str, **keys: str) -> Mapping[str, str]:
    return transaction(
        f"-{amount}", "0.00", f"-{amount}", **({"number": "p", "category": "payout", "charge": ""} | keys)
    )  # type: ignore[arg-type]


def read(content: bytes) -> Read:
    parts = list(StripeReader().read(io.BytesIO(content), source="s.csv", digest="d"))
    lines = [line for part in parts if isinstance(part, pa.RecordBatch) for line in part.to_pylist()]
    return lines, [p for p in parts if isinstance(p, Statement)], [p for p in parts if isinstance(p, Finding)]


def test_a_payout_is_a_proved_statement_of_charges_fees_refunds_and_itself() -> None:
    lines, [statement], findings = read(stripe(CHARGE, REFUND, paid_out("981.25")))

    assert [(line["amount"], line["kind"]) for line in lines] == [
        (125_000, "payment"), (-1_875, "other"), (-25_000, "return"), (-98_125, "other"),
    ]  # fmt: skip
    assert {line["account"] for line in lines} == {"stripe"}
    assert lines[0]["entry_id"] == lines[1]["entry_id"]
    assert lines[0]["end_to_end"] == lines[2]["end_to_end"] == "ch_1"
    assert (lines[0]["payer_name"], lines[0]["text"]) == ("Exempel AB", "Invoice 1001 1001")
    assert (statement.number, statement.family, statement.currency) == ("po_1", "stripe", "SEK")
    assert (statement.entries, statement.credits, statement.debits) == (3, Decimal("1250.00"), Decimal("1250.00"))
    assert statement.reconciles is True
    assert findings == []


def test_a_payout_that_its_transactions_do_not_make_is_held_with_both_figures() -> None:
    _, [statement], findings = read(stripe(CHARGE, paid_out("1231.20")))

    assert statement.state is State.HELD
    assert [(f.code, f.found) for f in findings] == [
        ("bank.payout_differs", "Payout po_1 came to 1231.20 SEK, but its transactions make 1231.25.")
    ]


def test_only_the_payout_that_does_not_prove_is_held() -> None:
    other = transaction("10.00", "0", "10.00", number=3, payout="po_2")
    _, statements, _ = read(stripe(CHARGE, paid_out("1.00"), other, paid_out("10.00", payout="po_2", number="q")))

    assert [statement.state for statement in statements] == [State.HELD, State.ACCEPTED]


def test_a_report_without_the_payout_itself_counts_unproved() -> None:
    _, [statement], findings = read(stripe(CHARGE))

    assert (statement.reconciles, statement.state) == (None, State.ACCEPTED)
    assert [(f.code, f.severity.value) for f in findings] == [("bank.payout_not_stated", "warning")]


@pytest.mark.parametrize(
    ("currency", "gross", "minor"),
    [
        ("jpy", "1000", 1000),
        ("jpy", "1000.00", 1000),
        ("isk", "500", 500),
        ("eur", "10.5", 1050),
        ("kwd", "1.234", 1234),
    ],
)
def test_amounts_are_in_the_currencys_own_unit(currency: str, gross: str, minor: int) -> None:
    lines, *_ = read(stripe(transaction(gross, "0", gross, currency=currency)))

    assert [(line["amount"], line["currency"]) for line in lines] == [(minor, currency.upper())]


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"gross": "x"}, "gross"),
        ({"fee": "0.001"}, "fee"),
        ({"currency": "xqq"}, "currency"),
        ({"created_utc": "yesterday"}, "created_utc"),
        ({"balance_transaction_id": ""}, "balance_transaction_id"),
    ],
)
def test_a_bad_cell_is_a_finding_with_its_line_and_no_other_row_is_held_up(keys: dict[str, str], field: str) -> None:
    bad = dict(transaction("1.00", "0", "1.00", number=9, payout="po_9")) | keys
    lines, _, findings = read(stripe(CHARGE, bad, paid_out("1231.25")))

    assert [line["amount"] for line in lines] == [125_000, -1_875, -123_125]
    assert [(f.code, f.line, f.field) for f in findings] == [("bank.bad_cell", 3, field)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_payout_of_which_a_row_can_not_be_read_is_held_wherever_the_row_stands(place: int) -> None:
    rows = [CHARGE, paid_out("1231.25")]
    rows.insert(place, dict(transaction("1.00", "x", "1.00", number=9)))

    _, [statement], findings = read(stripe(*rows))

    assert statement.state is State.HELD
    assert [(f.code, f.severity.value) for f in findings] == [
        ("bank.bad_cell", "refused"),
        ("bank.row_missing", "held"),
    ]
    assert (findings[1].found, findings[1].subject) == (
        "1 row of payout po_1 can't be read, so that nobody knows what it came to.", statement.statement_id,
    )  # fmt: skip
    assert f"--accept {statement.statement_id}" in findings[1].remedy


def test_a_net_that_is_not_gross_less_fee_holds_the_payout() -> None:
    _, [statement], findings = read(stripe(transaction("10.00", "1.00", "9.50"), paid_out("9.00")))

    assert statement.state is State.HELD
    assert [finding.code for finding in findings] == ["bank.net_differs"]


def test_a_transaction_that_stands_twice_is_booked_once_and_looked_at() -> None:
    lines, [statement], findings = read(stripe(CHARGE, CHARGE, paid_out("1231.25")))

    assert [line["amount"] for line in lines] == [125_000, -1_875, -123_125]
    assert statement.state is State.HELD
    assert [finding.code for finding in findings] == ["bank.transaction_twice"]


def test_the_account_of_a_platform_is_the_connected_one() -> None:
    header = (*STRIPE_HEADER, "connected_account_id")
    lines, *_ = read(stripe(CHARGE | {"connected_account_id": "acct_7"}, header=header))

    assert {line["account"] for line in lines} == {"stripe:acct_7"}


def test_the_columns_may_stand_in_any_order() -> None:
    content = stripe(CHARGE, paid_out("1231.25"), header=STRIPE_HEADER[::-1])

    assert reader_of(content)[1] == "Stripe payout reconciliation"
    assert read(content)[0] == read(stripe(CHARGE, paid_out("1231.25")))[0]


def test_a_report_without_a_column_that_is_needed_is_refused_by_its_name() -> None:
    header = [name for name in STRIPE_HEADER if name != "net"]

    with pytest.raises(BankFileRefused, match="lacks net"):
        reader_of(stripe(CHARGE, header=header))


@pytest.mark.parametrize("tail", [b"a,b\r\n", b'"open\r\n'])
def test_what_is_no_whole_row_refuses_the_file(tail: bytes) -> None:
    with pytest.raises(BankFileRefused, match=r"Nobody can tell|values for"):
        read(stripe(CHARGE) + tail)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(tail: bytes) -> None:
    for content in (tail, table(STRIPE_HEADER, separator=",") + tail):
        try:
            if StripeReader().recognise(content):
                read(content)
        except BankFileRefused as refusal:
            assert refusal.found


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), min_size=1, max_size=10))
def test_any_true_payout_proves_and_its_lines_add_up_to_nothing(charges: list[tuple[int, int]]) -> None:
    def text(minor: int) -> str:
        return f"{Decimal(minor).scaleb(-2):f}"

    rows = [transaction(text(g), text(f), text(g - f), number=n) for n, (g, f) in enumerate(charges)]
    net = sum(gross - fee for gross, fee in charges)
    payout = transaction(text(-net), "0.00", text(-net), category="payout") | {"balance_transaction_id": "txn_p"}
    lines, [statement], findings = read(stripe(*rows, payout))

    assert statement.reconciles is True
    assert findings == []
    assert sum(line["amount"] for line in lines) == 0
