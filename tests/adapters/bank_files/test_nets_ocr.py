"""The OCR giro reader: the published sample's figures, each record's meaning, every difference with both figures."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.nets_ocr import TAKEN_FOR, NetsOcrReader
from csp_receivables.domain.account_names import AccountNames, name_key
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.clearing_files import NORWEGIAN_ACCOUNT, nets_assignment, nets_ocr, nets_payment

AVTALEGIRO = (
    b"NY212420000000000000000299991042764".ljust(80, b"0")
    + b"\nNY21947000000011          000112000507155J".ljust(80, b"0")
    + b"\nNY2124880000000100000003".ljust(80, b"0")
    + b"\n"
)


NAMED = AccountNames({name_key(NORWEGIAN_ACCOUNT): NORWEGIAN_ACCOUNT})


def read(content: bytes) -> tuple[list[Statement], list[dict[str, Any]], list[Finding]]:
    parts = list(NetsOcrReader(NAMED).read(io.BytesIO(content), source="file.txt", digest="d"))
    lines = [row for part in parts if isinstance(part, pa.RecordBatch) for row in part.to_pylist()]
    statements = [part for part in parts if isinstance(part, Statement)]
    return statements, lines, [part for part in parts if isinstance(part, Finding)]


def refusal(content: bytes) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        read(content)
    return caught.value


def test_the_published_sample_reads_to_the_figures_that_another_method_found(shared_data: Path) -> None:
    with (shared_data / "bank" / "expected.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["format"] == "nets_ocr_kid"]

    for row in rows:
        content = (shared_data / "bank" / "nets_ocr_kid" / row["file"]).read_bytes()
        (statement,), lines, findings = read(content)
        assert (statement.account, statement.currency) == (row["account"], row["currency"])
        assert statement.booked == Decimal(row["closing"])  # here the sum in record 88, not a balance
        assert (statement.entries, statement.credits) == (int(row["n_entries"]), Decimal(row["sum_credit"]))
        assert statement.debits == Decimal(row["sum_debit"])
        assert statement.reconciles is (row["balances_reconcile"] == "yes")
        assert (statement.opening, statement.closing, statement.details) == (None, statement.booked, 0)
        kids = [line["reference"] for line in lines]
        assert kids[:4] == row["note"].partition("KIDs ")[2].split()[:4]
        assert len({line["payment_id"] for line in lines}) == 20
        assert findings == []
    assert len(rows) == 1


@pytest.mark.parametrize("name", ["agreements", "payment_request"])
def test_files_of_avtalegiro_are_refused_by_name(shared_data: Path, name: str) -> None:
    folder = shared_data / "bank" / "nets_ocr_kid"

    error = refusal((folder / f"python-netsgiro__avtalegiro_{name}.txt").read_bytes())

    assert (error.code, error.taken_for) == ("bank.not_a_statement", "a Nets AvtaleGiro file")


def test_the_file_is_known_by_its_content() -> None:
    assert reader_of(nets_ocr(nets_assignment(nets_payment(1_00))))[1] == TAKEN_FOR
    assert NetsOcrReader().recognise(b"NYHETER") is None


def test_a_payment_takes_its_kid_payer_day_and_text_from_its_records() -> None:
    _, lines, findings = read(
        nets_ocr(nets_assignment(nets_payment(1_234_56, text="Foo bar"), nets_payment(1, number=2)))
    )

    first, second = lines
    assert (first["amount"], first["currency"], first["reference"]) == (123_456, "NOK", "0000531")
    assert (str(first["booked_on"]), first["payer_account"], first["text"]) == ("2026-10-15", "99990512341", "Foo bar")
    assert (first["account"], second["text"], findings) == (NORWEGIAN_ACCOUNT, "", [])


def test_a_kid_that_ends_in_a_minus_is_kept_whole() -> None:
    assert read(nets_ocr(nets_assignment(nets_payment(1, kid="12345678-"))))[1][0]["reference"] == "12345678-"


def test_one_settlement_is_one_entry_and_its_payments_are_the_details() -> None:
    payments = [
        nets_payment(1, number=1),
        nets_payment(2, number=2, settlement="1320101570"),
        nets_payment(3, number=3),
    ]

    _, lines, _ = read(nets_ocr(nets_assignment(*payments)))

    assert [(line["entry_no"], line["detail_no"]) for line in lines] == [(1, 1), (2, 1), (1, 2)]
    assert lines[0]["entry_id"] == lines[2]["entry_id"] != lines[1]["entry_id"]


def test_a_reversal_is_negative_and_lessens_the_sum() -> None:
    statements, lines, _ = read(
        nets_ocr(nets_assignment(nets_payment(10_00), nets_payment(4_00, number=2, kind="18", sign="-")))
    )

    assert [(line["amount"], line["kind"]) for line in lines] == [(1_000, "payment"), (-400, "return")]
    assert (statements[0].debits, statements[0].booked, statements[0].reconciles) == (Decimal(4), Decimal(6), True)


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        (nets_assignment(nets_payment(10_00), total=10_01), "says 10.01 NOK, but the payments add up to 10.00 NOK"),
        (nets_assignment(nets_payment(10_00), transactions=2), "counts 2 transactions, but there are 1"),
        (nets_assignment(nets_payment(10_00), records=5), "counts 5 records, but there are 4"),
        (nets_assignment(nets_payment(10_00), last="141026"), "says 2026-10-15 to 2026-10-14, but a payment is of"),
        (nets_assignment(nets_payment(10_00), first="161026", last="161026"), "but a payment is of 2026-10-15"),
    ],
)
def test_an_assignment_that_is_not_what_its_end_says_is_held_with_both_figures(assignment: Any, says: str) -> None:
    sound = nets_assignment(nets_payment(7_00, number=2), number=3)
    statements, _, findings = read(nets_ocr(assignment, sound))

    assert [s.state for s in statements] == [State.HELD, State.ACCEPTED]
    assert says in findings[0].found
    assert len(findings) == 1


def test_a_trailer_that_differs_holds_every_assignment() -> None:
    statements, _, findings = read(
        nets_ocr(nets_assignment(nets_payment(1)), nets_assignment(nets_payment(2), number=3), total=4)
    )

    assert [s.state for s in statements] == [State.HELD, State.HELD]
    assert {f.found for f in findings} == {"The trailer (89) says 0.04 NOK, but the payments add up to 0.03 NOK."}


def test_assignments_of_avtalegiro_in_the_same_file_are_counted_and_passed_over() -> None:
    whole = nets_ocr(nets_assignment(nets_payment(5_00)))
    lines = whole.splitlines(keepends=True)
    end = lines[-1].replace(b"0000000100000006", b"0000000200000009")  # one transaction and three records more

    statements, read_lines, findings = read(b"".join(lines[:-1]) + AVTALEGIRO + end)

    assert (statements[0].state, [line["amount"] for line in read_lines], findings) == (State.ACCEPTED, [500], [])


@pytest.mark.parametrize("lines", range(1, 6))
def test_a_file_that_is_cut_off_is_refused(lines: int) -> None:
    whole = nets_ocr(nets_assignment(nets_payment(5_00))).splitlines(keepends=True)

    assert refusal(b"".join(whole[:lines])).code == "bank.cut_off"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"00000000000000500     ", b"000000000000O0500     ", "amount"),
        (b"1510261320101464", b"3202261320101464", "settlement day"),
        (b"13201014640", b"1320101464+", "sign"),
        (b"NY0910310000001", b"NY0910310000002", "transaction number"),
        (b"NY09103000", b"XX09103000", "record type"),
    ],
)
def test_what_money_hangs_on_refuses_the_file_naming_line_and_field(old: bytes, new: bytes, field: str) -> None:
    content = nets_ocr(nets_assignment(nets_payment(5_00)))
    assert old in content

    error = refusal(content.replace(old, new, 1))

    assert (error.code, error.field) == ("bank.garbled", field)
    assert error.line in (3, 4)


@pytest.mark.parametrize(("year", "meant"), [("69", 2069), ("70", 1970), ("92", 1992), ("26", 2026)])
def test_two_digit_years_turn_at_seventy(year: str, meant: int) -> None:
    payment = nets_payment(1, day=f"1510{year}")

    _, lines, _ = read(nets_ocr(nets_assignment(payment, first=f"1510{year}", last=f"1510{year}")))

    assert lines[0]["booked_on"].year == meant


def test_equal_payments_all_survive() -> None:
    payments = [nets_payment(5_00, number=n, archive="0" * 19) for n in (1, 2, 3)]

    assert len({line["payment_id"] for line in read(nets_ocr(nets_assignment(*payments)))[1]}) == 3


@given(content=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Also behind a sound beginning: nothing but a finding or a refusal comes out."""
    whole = nets_ocr(nets_assignment(nets_payment(100_00)))
    for file in (content, whole[:81] + content, whole[: len(whole) // 2] + content + whole[len(whole) // 2 :]):
        try:
            read(file)
        except BankFileRefused as error:
            assert error.remedy


@given(place=st.integers(0, 485), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_one_changed_byte_never_changes_money_in_silence(place: int, byte: int) -> None:
    """In a field of money or count it is refused or held; elsewhere the sums stay what they were."""
    content = bytearray(nets_ocr(nets_assignment(nets_payment(100_00))))
    content[place % len(content)] = byte
    try:
        statements, lines, _ = read(bytes(content))
    except BankFileRefused:
        return

    accepted = {s.statement_id for s in statements if s.state is State.ACCEPTED}
    assert sum(line["amount"] for line in lines if line["statement_id"] in accepted) in ({100_00} if accepted else {0})


def test_an_account_number_that_nobody_has_named_is_a_finding() -> None:
    parts = list(NetsOcrReader().read(io.BytesIO(nets_ocr(nets_assignment(nets_payment(1)))), source="f", digest="d"))

    assert [part.code for part in parts if isinstance(part, Finding)] == ["bank.account_not_named"]
