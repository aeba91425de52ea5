"""Bank CSV: chosen by its header alone, read by its profile's dialect, proved by its running balance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile
from csp_receivables.adapters.bank_files import reader_of, readers
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from csp_receivables.adapters.bank_files.bank_csv_rows import BadCell, number_of
from csp_receivables.domain.account_names import AccountNames, name_key
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.bank_csv_files import IBAN, PLAIN, SHIPPED, changed, plain, row, table

Read = tuple[list[dict[str, Any]], list[Statement], list[Finding]]
NAMES = AccountNames({name_key("5839 82 574 66"): IBAN})


def read(content: bytes, *profiles: BankCsvProfile, names: AccountNames | None = None) -> Read:
    reader = BankCsvReader(profiles or (PLAIN,), names)
    parts = list(reader.read(io.BytesIO(content), source="a.csv", digest="d"))
    lines = [line for part in parts if isinstance(part, pa.RecordBatch) for line in part.to_pylist()]
    return lines, [p for p in parts if isinstance(p, Statement)], [p for p in parts if isinstance(p, Finding)]


def amounts(content: bytes, *profiles: BankCsvProfile) -> list[int]:
    return [line["amount"] for line in read(content, *profiles)[0]]


SWEDISH_HEADER = next(p for p in SHIPPED if p.profile == "exempelbanken").header
SWEDISH = table(
    ("Exempelbanken", "Kontoutdrag"),
    ("Kontonummer", "5839 82 574 66"),
    SWEDISH_HEADER,
    ("2026-10-16", "2026-10-16", "B3", "Åkes Bygg AB", "Faktura; 1003", "10033", "−1 250,50", "8 999,50", "SEK"),
    ("2026-10-15", "", "B2", "Exempel AB", "Tack", "", "2 250,00", "10 250,00", "SEK"),
    ("2026-10-15", "2026-10-15", "B1", "Ann Ek", "1001", "10017", "1\u00a0000,00", "8 000,00", "SEK"),
    ("Summa", "", "", "", "", "", "1 999,50", "", "SEK"),
    encoding="utf-8",
).decode("utf-8").replace("−", "-").encode("cp1252")  # fmt: skip
IRISH_HEADER = next(p for p in SHIPPED if p.profile == "sample_commercial_bank").header
IRISH = table(
    IRISH_HEADER,
    ("IE29AIBK93115212345678", "15/10/2026", "16/10/2026", "CT", "Example Ltd", "Invoice 1001", "RF18539007547034",
     "1,234.56", "", "EUR"),
    ("IE29AIBK93115212345678", "31/10/2026", "", "FEE", "Fee", "", "", "", "5.00", "EUR"),
    separator="\t",
    encoding="utf-16",
)  # fmt: skip


def test_the_swedish_bank_is_read_and_proved_by_its_running_balance() -> None:
    lines, [statement], findings = read(SWEDISH, *SHIPPED, names=NAMES)

    assert [line["amount"] for line in lines] == [-125_050, 225_000, 100_000]
    assert [line["kind"] for line in lines] == ["other", "payment", "payment"]
    assert lines[0] | {"payer_name": "Åkes Bygg AB", "text": "Faktura; 1003", "reference": "10033"} == lines[0]
    assert (lines[0]["bank_ref"], lines[1]["value_on"]) == ("B3", None)
    assert (statement.account, statement.currency) == (IBAN, "SEK")
    assert (statement.opening, statement.closing) == (Decimal("7000.00"), Decimal("8999.50"))
    assert (statement.from_on, statement.until_on) == (date(2026, 10, 15), date(2026, 10, 16))
    assert statement.reconciles is True
    assert findings == []


def test_an_account_that_nobody_has_named_is_a_finding() -> None:
    _, [statement], findings = read(SWEDISH, *SHIPPED)

    assert statement.account == "58398257466"
    assert [finding.code for finding in findings] == ["bank.account_not_named"]


def test_the_irish_bank_is_read_without_proof() -> None:
    lines, [statement], findings = read(IRISH, *SHIPPED)

    assert [line["amount"] for line in lines] == [123_456, -500]
    assert (lines[0]["text"], lines[0]["reference"]) == ("Example Ltd Invoice 1001", "RF18539007547034")
    assert (lines[0]["booked_on"], lines[0]["value_on"]) == (date(2026, 10, 15), date(2026, 10, 16))
    assert statement.reconciles is None
    assert statement.state is State.ACCEPTED
    assert findings == []


@pytest.mark.parametrize(("content", "name"), [(SWEDISH, "exempelbanken"), (IRISH, "sample_commercial_bank")])
def test_the_content_decides_who_reads(content: bytes, name: str) -> None:
    reader, taken_for = reader_of(content[:600], readers(AccountNames(), SHIPPED))

    assert isinstance(reader, BankCsvReader)
    assert taken_for == f"bank CSV ({name})"


@pytest.mark.parametrize(
    ("header", "difference"),
    [
        (("Day", "Value", "Sum", "Text", "Payer", "Id", "Balance"), "missing: Amount; new: Sum"),
        (("Day", "Value", "Amount", "Text", "Payer", "Id"), "missing: Balance"),
        (("Day", "Value", "Amount", "Fee", "Text", "Payer", "Id", "Balance"), "new: Fee"),
        (("Value", "Day", "Amount", "Text", "Payer", "Id", "Balance"), "in another order"),
    ],
)
def test_a_changed_header_is_refused_with_the_difference(header: Sequence[str], difference: str) -> None:
    with pytest.raises(BankFileRefused, match=difference) as refused:
        BankCsvReader([PLAIN]).recognise(table(header, row("1,00")))

    assert refused.value.code == "bank.header_changed"


@pytest.mark.parametrize("head", [b"", b"a;b;c\r\n1;2;3\r\n", b"<Document/>", b"\x00\xff", b'"', plain()[5:]])
def test_what_no_profile_is_near_to_is_left_to_others(head: bytes) -> None:
    other = changed(header=["A", "B", "C"], columns={"booked_on": "A", "amount": "B"})

    assert BankCsvReader([other]).recognise(head) is None


@pytest.mark.parametrize(("rows", "found"), [(0, True), (3, True), (4, False)])
def test_the_header_is_found_below_as_many_rows_as_the_profile_allows(rows: int, found: bool) -> None:
    profile = changed(preamble_rows=3)
    content = table(*[("Bank", str(n)) for n in range(rows)], profile.header, row("1,00", "1,00"))

    assert (BankCsvReader([profile]).recognise(content) is not None) is found


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15", "utf-16"])
def test_every_encoding_is_read(encoding: str) -> None:
    content = table(PLAIN.header, row("1,00", text="Åäö"), encoding=encoding)

    assert read(content, changed(encoding=encoding))[0][0]["text"] == "Åäö"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_read(separator: str) -> None:
    content = table(PLAIN.header, row("1,00", text="a,b;c"), separator=separator)

    assert read(content, changed(separator=separator))[0][0]["text"] == "a,b;c"


@pytest.mark.parametrize(
    ("decimal_mark", "thousands_mark", "text", "minor"),
    [
        (",", "", "1234,5", 123_450),
        (",", " ", "1\u202f234,50", 123_450),
        (",", ".", "1.234,50", 123_450),
        (".", ",", "-1,234.50", -123_450),
        (".", "'", "1'234'567.00", 123_456_700),
        (",", "", "12,50-", -1_250),
        (",", "", "+12", 1_200),
        (",", "", ",5", 50),
    ],
)
def test_amounts_are_read_exactly(decimal_mark: str, thousands_mark: str, text: str, minor: int) -> None:
    assert amounts(plain(row(text)), changed(decimal_mark=decimal_mark, thousands_mark=thousands_mark)) == [minor]


@pytest.mark.parametrize(
    ("decimal_mark", "thousands_mark", "text"),
    [
        (",", "", "1.234"), (".", "", "1,234"), (",", ".", "1.23,50"), (",", "", ""), (",", "", "-"), (",", "", ","),
        (",", "", "1e5"), (",", "", "1,2,3"), (",", "", "1 234"), (",", "", "9" * 40), (",", "", "١"), (",", "", "5k"),
    ],
)  # fmt: skip
def test_what_is_no_amount_of_the_dialect_is_refused(decimal_mark: str, thousands_mark: str, text: str) -> None:
    with pytest.raises(BadCell):
        number_of(text, decimal_mark, thousands_mark)


@given(st.integers(-(10**17), 10**17), st.sampled_from([(",", " "), (",", "."), (".", ","), (".", "'"), (",", "")]))
def test_an_amount_written_in_any_dialect_is_the_same_amount(minor: int, marks: tuple[str, str]) -> None:
    decimal_mark, thousands_mark = marks
    sign = "-" if minor < 0 else ""
    whole, cents = divmod(abs(minor), 100)
    text = f"{sign}{f'{whole:,}'.replace(',', thousands_mark)}{decimal_mark}{cents:02d}"

    assert number_of(text, decimal_mark, thousands_mark) == Decimal(minor).scaleb(-2)


TWO_COLUMNS = changed(header=["Day", "In", "Out"], columns={"booked_on": "Day", "credit": "In", "debit": "Out"})


@pytest.mark.parametrize(
    ("debit_amounts", "cells", "minor"),
    [
        ("positive", ("5,00", ""), 500),
        ("positive", ("", "5,00"), -500),
        ("positive", ("0,00", "5,00"), -500),
        ("negative", ("", "-5,00"), -500),
        ("positive", ("5,00", "5,00"), None),
        ("positive", ("", ""), None),
    ],
)
def test_two_columns_give_one_signed_amount(debit_amounts: str, cells: Sequence[str], minor: int | None) -> None:
    content = table(TWO_COLUMNS.header, ("2026-10-15", *cells))
    lines, _, findings = read(content, changed(TWO_COLUMNS, debit_amounts=debit_amounts))

    assert [line["amount"] for line in lines] == ([] if minor is None else [minor])
    assert [(f.code, f.line, f.field) for f in findings] == ([("bank.bad_cell", 2, "In")] if minor is None else [])


@pytest.mark.parametrize(
    ("word", "text", "minor"), [("C", "5", 500), ("D", "5", -500), ("X", "5", None), ("D", "-5", None)]
)
def test_a_direction_column_gives_the_sign(word: str, text: str, minor: int | None) -> None:
    profile = changed(
        header=["Day", "Sum", "D/C"],
        columns={"booked_on": "Day", "amount": "Sum", "direction": "D/C"},
        directions={"credit": ["C"], "debit": ["D"]},
    )

    assert amounts(table(profile.header, ("2026-10-15", text, word)), profile) == ([] if minor is None else [minor])


@pytest.mark.parametrize(
    ("date_format", "text"), [("%d.%m.%Y", "02.10.2026"), ("%m/%d/%y", "10/02/26"), ("%Y%m%d", "20261002")]
)
def test_days_are_read_in_the_profiles_format_only(date_format: str, text: str) -> None:
    lines, _, findings = read(plain(row("1,00", day=text), row("1,00", day="x")), changed(date_format=date_format))

    assert [line["booked_on"] for line in lines] == [date(2026, 10, 2)]
    assert ("bank.bad_cell", 3, "Day") in [(f.code, f.line, f.field) for f in findings]


def test_texts_with_single_quotation_marks_are_read_where_the_profile_says_so() -> None:
    content = table(PLAIN.header).replace(b'"', b"") + b'2026-10-15;;1,00;"Tack;;;\r\n'

    assert read(content, changed(quoted=False))[0][0]["text"] == '"Tack'
    with pytest.raises(BankFileRefused, match="Nobody can tell where the rows end") as refused:
        read(content)
    assert refused.value.code == "bank.broken_quotes"


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_running_balance_proves_in_either_order(newest_first: bool) -> None:
    rows = [row("10,00", "110,00"), row("-4,00", ""), row("5,00", "111,00", day="2026-10-16")]
    _, [statement], findings = read(plain(*(rows[::-1] if newest_first else rows)))

    assert (statement.opening, statement.closing, statement.reconciles) == (Decimal("100.00"), Decimal("111.00"), True)
    assert findings == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_missing_row_breaks_the_running_balance_and_holds_the_statement(newest_first: bool) -> None:
    rows = [row("10,00", "110,00"), row("5,00", "117,00", day="2026-10-16"), row("1,00", "118,00", day="2026-10-16")]
    _, [statement], findings = read(plain(*(rows[::-1] if newest_first else rows)))

    assert statement.state is State.HELD
    broken = next(finding for finding in findings if finding.code == "bank.running_balance_differs")
    assert "a difference of" in broken.found
    assert "2.00" in broken.found


def test_breaks_that_cancel_out_still_hold_the_statement() -> None:
    rows = [row("1,00", "1,00"), row("1,00", "3,00"), row("1,00", "4,00"), row("1,00", "4,00")]
    _, [statement], findings = read(plain(*rows))

    assert statement.opening is not None
    assert statement.closing == statement.opening + statement.booked
    assert statement.state is State.HELD
    assert [finding.code for finding in findings] == ["bank.running_balance_differs"]


@pytest.mark.parametrize(
    ("bad", "code", "field", "found"),
    [
        (row("5,00", "115,00", day="2026-13-01"), "bank.bad_cell", "Day", "'2026-13-01' is no day"),
        (row("5,001", "115,001"), "bank.entry_not_whole_units", "Amount", "5.001 has more decimals than SEK knows"),
    ],
)
def test_a_row_that_can_not_be_booked_holds_the_statement_that_it_is_missing_from(
    bad: Sequence[str], code: str, field: str, found: str
) -> None:
    last = "116,001" if code == "bank.entry_not_whole_units" else "116,00"
    lines, [statement], findings = read(plain(row("10,00", "110,00"), bad, row("1,00", last)))

    assert [line["amount"] for line in lines] == [1_000, 100]
    assert (statement.state, statement.booked) == (State.HELD, Decimal("11.00"))
    assert [(f.code, f.line, f.field) for f in findings] == [
        (code, 3, field), ("bank.statement_does_not_prove", 4, "Balance"),
    ]  # fmt: skip
    assert found in findings[0].found
    assert "100.00 and booked entries of 11.00 make 111.00" in findings[1].found


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (row("1,x"), "bank.bad_cell", "Amount"),
        (row("1,001"), "bank.entry_not_whole_units", "Amount"),
        (row("1,00")[:4], "bank.row_unreadable", ""),
        ((*row("1,00"), "more"), "bank.row_unreadable", ""),
    ],
)
def test_a_bad_row_is_a_finding_with_its_line_and_no_other_is_held_up(
    bad: Sequence[str], code: str, field: str
) -> None:
    no_balance = changed(columns={k: v for k, v in PLAIN.columns.items() if k != "balance"})
    lines, _, findings = read(plain(row("2,00"), bad, row("3,00")), no_balance)

    assert [line["amount"] for line in lines] == [200, 300]
    assert [(f.code, f.line, f.field) for f in findings] == [(code, 3, field)]


def test_a_bad_value_day_a_bad_balance_or_damaged_text_do_not_keep_a_row_from_counting() -> None:
    content = table(PLAIN.header) + b"2026-10-15;x;1,00;\xff;;;y\r\n"
    lines, _, findings = read(content)

    assert [line["amount"] for line in lines] == [100]
    assert {(f.field, f.severity.value) for f in findings if f.code == "bank.bad_cell"} == {
        ("Value", "warning"), ("Balance", "warning"), ("Text", "warning"),
    }  # fmt: skip


def test_an_unknown_currency_is_a_finding() -> None:
    profile = changed(
        header=["Day", "Sum", "Cur"],
        columns={"booked_on": "Day", "amount": "Sum", "currency": "Cur"},
        constants={"account": IBAN},
    )
    content = table(profile.header, ("2026-10-15", "1", "SEK"), ("2026-10-15", "1", "XQQ"), ("2026-10-15", "1", "JPY"))
    lines, statements, findings = read(content, profile)

    assert [(line["amount"], line["currency"]) for line in lines] == [(100, "SEK"), (1, "JPY")]
    assert [statement.currency for statement in statements] == ["SEK", "JPY"]
    assert [(f.code, f.line, f.field) for f in findings] == [("bank.bad_cell", 3, "Cur")]


def test_rows_below_the_footer_hold_the_statement() -> None:
    profile = changed(footer="^Total")
    footer = ("Total", "", "1,00", "", "", "", "")

    assert read(plain(row("1,00", "1,00"), footer, ()), profile)[1][0].reconciles is True
    _, [statement], findings = read(plain(row("1,00", "1,00"), footer, row("1,00", "2,00")), profile)
    assert statement.state is State.HELD
    assert [finding.code for finding in findings] == ["bank.rows_after_footer"]


def test_a_file_without_entries_says_so() -> None:
    lines, statements, findings = read(plain())

    assert (lines, statements) == ([], [])
    assert [finding.code for finding in findings] == ["bank.no_entries"]


def test_equal_rows_of_a_day_are_all_money() -> None:
    lines, *_ = read(plain(row("1,00"), row("1,00"), row("1,00")))

    assert len({line["payment_id"] for line in lines}) == 3


@given(st.binary(max_size=300), st.sampled_from(["utf-8-sig", "cp1252", "utf-16"]), st.booleans())
def test_no_bytes_raise_anything_but_a_refusal(tail: bytes, encoding: str, quoted: bool) -> None:
    profile = changed(encoding=encoding, quoted=quoted)
    for content in (tail, table(profile.header, encoding=encoding) + tail):
        try:
            if BankCsvReader([profile]).recognise(content):
                read(content, profile)
        except BankFileRefused as refusal:
            assert refusal.found
            assert refusal.remedy


@given(st.lists(st.integers(-(10**10), 10**10), min_size=1, max_size=20), st.integers(-(10**10), 10**10), st.booleans())
def test_any_true_running_balance_proves(entries: list[int], opening: int, newest_first: bool) -> None:
    balances = [opening + sum(entries[: place + 1]) for place in range(len(entries))]
    written = [
        [f"{Decimal(n).scaleb(-2):f}".replace(".", ",") for n in pair] for pair in zip(entries, balances, strict=True)
    ]
    rows = [row(amount, balance) for amount, balance in written]
    lines, [statement], findings = read(plain(*(rows[::-1] if newest_first else rows)))

    assert statement.reconciles is True
    assert findings == []
    assert sum(line["amount"] for line in lines) == sum(entries)
