"""The BgMax reader: every published sample's figures, each record's meaning, every difference with both figures."""

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
from csp_receivables.adapters.bank_files.bgmax import TAKEN_FOR, BgmaxReader
from csp_receivables.domain.account_names import AccountNames, name_key
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.clearing_files import BANKGIRO, bgmax, bgmax_payment, bgmax_reference, bgmax_section

# What the list of published figures says otherwise, and why the reader is right.
_BROKEN = "barsoom__BgMaxfil4_broken.txt"
_MASKED = "notima__BGMAX_Sample1.txt"
_SNIPPETS = ("rickardlindgren__someInvalidTransaktionskoder.txt", "rickardlindgren__validTransaktionskoder.txt")
HELD_ALTHOUGH_EACH_DEPOSIT_PROVES = {
    _BROKEN: "its trailer counts 8 payments and 5 deposits, the file has 9 and 4: something is missing or doubled",
    _MASKED: "whoever masked the account number moved the deposit's day to the year 1010; the file is of 2010",
}


# Bankgiro numbers that are accounts of their own, as in a house without bank statements.
NAMED = AccountNames({name_key(number): number for number in (BANKGIRO, "0002407617")})


def read(content: bytes) -> tuple[list[Statement], list[dict[str, Any]], list[Finding]]:
    parts = list(BgmaxReader(NAMED).read(io.BytesIO(content), source="file.txt", digest="d"))
    lines = [row for part in parts if isinstance(part, pa.RecordBatch) for row in part.to_pylist()]
    statements = [part for part in parts if isinstance(part, Statement)]
    return statements, lines, [part for part in parts if isinstance(part, Finding)]


def refusal(content: bytes) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        read(content)
    return caught.value


def expected(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    by_file: dict[str, list[dict[str, str]]] = {}
    with (shared_data / "bank" / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["format"] == "bgmax":
                by_file.setdefault(row["file"], []).append(row)
    return by_file


def test_every_published_sample_reads_to_the_figures_that_another_method_found(shared_data: Path) -> None:
    by_file = {name: rows for name, rows in expected(shared_data).items() if name not in _SNIPPETS}

    for name, rows in by_file.items():
        statements, lines, _ = read((shared_data / "bank" / "bgmax" / name).read_bytes())
        deposits, trailer = rows[:-1], rows[-1]
        assert [
            (s.account, s.currency, s.booked, s.entries, s.details, s.credits, s.debits, s.reconciles)
            for s in statements
        ] == [
            (
                row["account"],
                row["currency"],
                Decimal(row["closing"]),  # here what record 15 says, not a balance
                int(row["n_entries"]),
                int(row["n_tx_details"]),
                Decimal(row["sum_credit"]),
                Decimal(row["sum_debit"]),
                row["balances_reconcile"] == "yes" and name not in HELD_ALTHOUGH_EACH_DEPOSIT_PROVES,
            )
            for row in deposits
        ], name
        counted = trailer["note"].partition("; counted ")[2]
        incoming, deducted = (sum(line["kind"] == kind for line in lines) for kind in ("payment", "return"))
        extra = sum(s.details for s in statements)
        assert counted == f"20={incoming} 21={deducted} 22+23={extra} 15={len(statements)}"
        assert [(s.opening, s.closing) for s in statements] == [(None, Decimal(row["closing"])) for row in deposits]
    assert len(by_file) == 5


def test_the_file_with_a_wrong_trailer_is_held_with_both_figures(shared_data: Path) -> None:
    statements, lines, findings = read((shared_data / "bank" / "bgmax" / _BROKEN).read_bytes())

    assert {s.state for s in statements} == {State.HELD}
    assert len(lines) == 9
    assert {f.found for f in findings} == {
        "The trailer (70) counts 8 payments, but the file has 9.",
        "The trailer (70) counts 5 deposits, but the file has 4.",
    }
    assert {f.subject for f in findings} == {s.statement_id for s in statements}


def test_a_deposit_far_from_its_file_is_held_and_dated_by_the_file(shared_data: Path) -> None:
    statements, lines, findings = read((shared_data / "bank" / "bgmax" / _MASKED).read_bytes())

    assert {s.state for s in statements} == {State.HELD}
    assert {str(line["booked_on"]) for line in lines} == {"2010-03-24"}
    assert all("1010-03-24" in f.found and "2010-03-24" in f.found for f in findings)


@pytest.mark.parametrize("name", _SNIPPETS)
def test_snippets_of_record_codes_without_any_field_are_refused(shared_data: Path, name: str) -> None:
    """The list counts their records by code; no amount, currency or day can be read in them."""
    error = refusal((shared_data / "bank" / "bgmax" / name).read_bytes())

    assert (error.code, error.line, error.field) == ("bank.garbled", 2, "currency")


def test_the_file_is_known_by_its_content() -> None:
    content = bgmax(bgmax_section(bgmax_payment(100_00)))

    assert reader_of(content)[1] == TAKEN_FOR
    assert reader_of(b"\xef\xbb\xbf" + content)[1] == TAKEN_FOR
    assert BgmaxReader().recognise(b"01,SENDER,") is None


def test_extra_references_belong_to_the_payment_before_them() -> None:
    _, lines, _ = read(
        bgmax(
            bgmax_section(
                bgmax_payment(300_00, reference="", code="3", more=[bgmax_reference("1111"), bgmax_reference("2222")]),
                bgmax_payment(50_00, reference="4444"),
            )
        )
    )

    assert [line["reference"] for line in lines] == ["1111 2222", "4444"]


def test_several_references_in_one_field_and_again_behind_it_are_each_named_once() -> None:
    more = [bgmax_reference("801266"), bgmax_reference("801365", kind="23"), bgmax_reference("801464")]
    _, lines, _ = read(bgmax(bgmax_section(bgmax_payment(1_00, reference="801266,801365;801464", code="3", more=more))))

    assert lines[0]["reference"] == "801266 801365 801464"


@pytest.mark.parametrize(
    ("code", "reference", "text"),
    [("0", "", ""), ("1", "", ""), ("2", "1234 567", ""), ("3", "1234 567", ""), ("4", "1234567", ""),
     ("5", "", "1234567")],
)  # fmt: skip
def test_the_reference_code_says_what_the_reference_is_worth(code: str, reference: str, text: str) -> None:
    """0 and 1: none. 2, 4: right. 3: several, or one that is wrong. 5: wrong, so it is only text."""
    written = reference or text
    _, lines, _ = read(bgmax(bgmax_section(bgmax_payment(1_00, reference=written, code=code))))

    right = "1234567" if code == "2" else reference  # one reference, printed in groups
    assert (lines[0]["reference"], lines[0]["text"]) == (right, text)


def test_a_deduction_is_negative_and_lessens_the_deposit() -> None:
    statements, lines, findings = read(
        bgmax(bgmax_section(bgmax_payment(1_000_00), bgmax_payment(250_00, kind="21", reference="89853")))
    )

    assert [(line["amount"], line["kind"]) for line in lines] == [(100_000, "payment"), (-25_000, "return")]
    assert (statements[0].booked, statements[0].reconciles, findings) == (Decimal("750.00"), True, [])


def test_name_organisation_number_and_text_belong_to_their_payment() -> None:
    more = ["25Faktura 1 och 2", "25tack", "26Åkes Färg AB                       c/o Öberg", "27Gatan 1",
            "28Storåker", "29005566778899"]  # fmt: skip
    _, lines, _ = read(bgmax(bgmax_section(bgmax_payment(1_00, more=more), bgmax_payment(2_00))))

    assert (lines[0]["payer_name"], lines[0]["text"]) == (
        "Åkes Färg AB c/o Öberg",
        "Faktura 1 och 2 tack org.nr 5566778899",
    )
    assert (lines[1]["payer_name"], lines[1]["text"]) == ("", "")


def test_a_file_saved_again_in_utf_8_reads_the_same() -> None:
    content = bgmax(bgmax_section(bgmax_payment(1_00, more=["26Åkes Färg AB                       Örn"])))

    assert read(content.decode("iso-8859-1").encode("utf-8"))[1] == read(content)[1]


def test_unknown_records_and_blank_lines_are_passed_over() -> None:
    content = bgmax(bgmax_section(bgmax_payment(1_00, more=["99something new", "", "24also new"])))

    assert read(content) == read(content.replace(b"99something new\r\n\r\n24also new\r\n", b""))


@pytest.mark.parametrize("off", [1, -1, 10_000])
def test_a_deposit_that_is_not_the_sum_is_held_with_both_figures(off: int) -> None:
    statements, _, findings = read(bgmax(bgmax_section(bgmax_payment(100_00), amount=100_00 + off)))

    assert statements[0].state is State.HELD
    assert findings[0].field == "deposited amount"
    assert "100.00 SEK" in findings[0].found
    assert f"{Decimal(10_000 + off) / 100:.2f}" in findings[0].found


def test_only_the_deposit_that_differs_is_held() -> None:
    statements, _, findings = read(
        bgmax(bgmax_section(bgmax_payment(1_00)), bgmax_section(bgmax_payment(2_00), count=2, serial="00002"))
    )

    assert [s.state for s in statements] == [State.ACCEPTED, State.HELD]
    assert [f.found for f in findings] == ["The section has 1 payments, but the deposit (15) counts 2."]


def test_the_day_may_lie_a_year_from_the_file_and_no_further() -> None:
    near, far = (bgmax(bgmax_section(bgmax_payment(1_00), day=day)) for day in ("20271016", "20271017"))

    assert [read(content)[0][0].state for content in (near, far)] == [State.ACCEPTED, State.HELD]


@pytest.mark.parametrize(
    ("what", "old", "new", "field"),
    [
        ("amount", b"000000000000010000", b"00000000000001O000", "amount"),
        ("day", b"20261015000", b"20261315000", "deposit day"),
        ("currency", b"SEK", b"USD", "currency"),
        ("serial", b"20000000000001", b"20            ", "serial number"),
    ],
)
def test_what_money_hangs_on_refuses_the_file_naming_line_and_field(
    what: str, old: bytes, new: bytes, field: str
) -> None:
    content = bgmax(bgmax_section(bgmax_payment(100_00)))
    assert old in content, what

    error = refusal(content.replace(old, new, 1))

    garbled_line = content[: content.index(old)].count(b"\n") + 1
    assert (error.code, error.field, error.line) == ("bank.garbled", field, garbled_line)


@pytest.mark.parametrize("lines", range(1, 6))
def test_a_file_that_is_cut_off_is_refused(lines: int) -> None:
    whole = bgmax(bgmax_section(bgmax_payment(100_00, more=["26Name"]))).splitlines(keepends=True)

    assert refusal(b"".join(whole[:lines])).code == "bank.cut_off"


@pytest.mark.parametrize("dropped", [0, 1, 2, 3])
def test_a_record_that_is_missing_is_never_passed_over(dropped: int) -> None:
    """Start, section, payment or deposit: without it the file is refused, or held with both figures."""
    whole = bgmax(bgmax_section(bgmax_payment(100_00))).splitlines(keepends=True)
    rest = b"".join(whole[:dropped] + whole[dropped + 1 :])

    if dropped == 2:
        assert {f.field for f in read(rest)[2]} == {"deposited amount", "number of payments", "payments"}
    else:
        assert refusal(rest).code == "bank.garbled"


@pytest.mark.parametrize(("payments", "refused"), [(2, False), (3, True)])
def test_a_deposit_has_a_limit_of_payments(monkeypatch: pytest.MonkeyPatch, payments: int, refused: bool) -> None:
    monkeypatch.setattr("csp_receivables.adapters.bank_files.bgmax.PAYMENTS_PER_DEPOSIT_MAX", 2)
    content = bgmax(bgmax_section(*[bgmax_payment(1, number=number) for number in range(payments)]))

    if refused:
        assert refusal(content).code == "bank.beyond_limits"
    else:
        assert len(read(content)[1]) == payments


@pytest.mark.parametrize(("width", "refused"), [(80, False), (81, True), (5_000_000, True)])
def test_a_record_has_eighty_columns(width: int, refused: bool) -> None:
    content = bgmax(bgmax_section(bgmax_payment(1, more=["25" + "x" * (width - 2)])))

    if refused:
        assert (refusal(content).field, refusal(content).line) == ("record", 4)
    else:
        assert read(content)[1][0]["text"] == "x" * 50


def test_a_test_file_is_refused() -> None:
    content = bgmax(bgmax_section(bgmax_payment(100_00)), mark="T")

    assert refusal(content).code == "bank.test_file"


def test_ids_come_from_bankgirots_serial_number_not_from_the_place() -> None:
    one, two = bgmax_payment(5_00, number=1), bgmax_payment(5_00, number=2)

    first, second = (read(bgmax(bgmax_section(*payments)))[1] for payments in ((one, two), (two, one)))

    assert {line["payment_id"] for line in first} == {line["payment_id"] for line in second}
    assert len({line["payment_id"] for line in first}) == 2
    assert {line["account"] for line in first} == {BANKGIRO}


def test_equal_payments_without_a_serial_number_all_survive() -> None:
    payments = [bgmax_payment(5_00, number=0)] * 3

    _, lines, _ = read(bgmax(bgmax_section(*payments), bgmax_section(*payments, serial="00002")))

    assert len({line["payment_id"] for line in lines}) == 6


@given(content=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Also behind a sound beginning: nothing but a finding or a refusal comes out."""
    whole = bgmax(bgmax_section(bgmax_payment(100_00)))
    for file in (content, whole[:82] + content, whole[: len(whole) // 2] + content + whole[len(whole) // 2 :]):
        try:
            read(file)
        except BankFileRefused as error:
            assert error.remedy


@given(place=st.integers(0, 409), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_one_changed_byte_never_changes_money_in_silence(place: int, byte: int) -> None:
    """In a field of money or count it is refused or held; elsewhere the sums stay what they were."""
    content = bytearray(bgmax(bgmax_section(bgmax_payment(100_00, reference="1234"))))
    content[place % len(content)] = byte
    try:
        statements, lines, _ = read(bytes(content))
    except BankFileRefused:
        return

    accepted = {s.statement_id for s in statements if s.state is State.ACCEPTED}
    assert sum(line["amount"] for line in lines if line["statement_id"] in accepted) in ({100_00} if accepted else {0})


def test_a_bankgiro_goes_by_the_account_it_pays_into() -> None:
    names = AccountNames({name_key("991-2346"): "SE4550000000058398257466"})
    parts = list(BgmaxReader(names).read(io.BytesIO(bgmax(bgmax_section(bgmax_payment(1)))), source="f", digest="d"))

    (batch,), (statement,), findings = (
        [part for part in parts if isinstance(part, kind)] for kind in (pa.RecordBatch, Statement, Finding)
    )
    assert isinstance(statement, Statement)
    assert statement.account == batch.to_pylist()[0]["account"] == "SE4550000000058398257466"  # type: ignore[union-attr]
    assert findings == []


def test_a_bankgiro_that_nobody_has_named_counts_and_is_a_finding_once() -> None:
    content = bgmax(bgmax_section(bgmax_payment(1)), bgmax_section(bgmax_payment(2), serial="00002"))

    parts = list(BgmaxReader().read(io.BytesIO(content), source="f", digest="d"))

    (finding,) = [part for part in parts if isinstance(part, Finding)]
    assert (finding.code, BANKGIRO in finding.found) == ("bank.account_not_named", True)
    assert {part.state for part in parts if isinstance(part, Statement)} == {State.ACCEPTED}
