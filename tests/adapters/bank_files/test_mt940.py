"""The MT940 reader: amounts, days and balances; what is wrong is refused by its name, what is cut off held."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bank_files import mt940 as mt940_module
from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.adapters.bank_files.streaming import BATCH, COPIES, lines_and_peak
from tests.mt940_files import ACCOUNT, entry, mt940, only_line, read, refusal


def test_the_content_says_what_the_file_is() -> None:
    intraday = b":20:X\r\n:25:1\r\n:28C:1\r\n:34F:EUR0,\r\n:13D:2610151200+0100\r\n:61:2610151015C5,NTRFNONREF\r\n-\r\n"

    assert reader_of(mt940([]))[1] == "MT940"
    assert reader_of(b"{1:F01BANKXXXX}{2:O9400000}{4:\r\n" + mt940([]))[1] == "MT940"
    assert reader_of(b"\xef\xbb\xbf\r\n" + mt940([]))[1] == "MT940"
    assert reader_of(intraday)[1] == "MT942"


@pytest.mark.parametrize(
    ("what", "content", "says"),
    [
        ("payment", b"{1:F01BANKXXXX}{2:I103BANKXXXXN}{4:\r\n:20:R\r\n:23B:CRED\r\n:32A:261015EUR5,\r\n-}", "MT103"),
        ("payment without header", b":20:R\r\n:23B:CRED\r\n:32A:261015EUR5,\r\n", "SWIFT payment message"),
        ("fragment", b":61:2610151015C5,NTRFNONREF\r\n:86:x\r\n", "no :20:"),
    ],
)
def test_what_is_no_statement_is_refused_by_the_name_of_what_it_is(what: str, content: bytes, says: str) -> None:
    error = refusal(content)

    assert says in str(error), what
    assert error.remedy


@pytest.mark.parametrize(
    "written", ["C1.234,56NTRF", "C12,50,5NTRF", "CNTRF", "X12,50NTRF", "C-5,00NTRF", "C１２,00NTRF", "12,50"]
)
def test_a_garbled_entry_refuses_the_file_naming_line_and_field(written: str) -> None:
    error = refusal(mt940([entry("1,00")]).replace(b":62F:", f":61:2610151015{written}\r\n:62F:".encode()))

    assert (error.code, error.field, error.line) == ("bank.garbled", ":61:", 7)


def test_a_garbled_balance_refuses_the_file() -> None:
    error = refusal(mt940([], closing="C261015EUR12..5"))

    assert (error.code, error.field, error.line) == ("bank.garbled", ":62F:", 5)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("C12,5", 1250),
        ("C12,", 1200),
        ("C000000000012,50", 1250),
        ("D12.50", -1250),
        ("CR12,50", 1250),
        ("C\r\n12,", 1200),
    ],
)
def test_amounts_are_exact_in_every_way_banks_write_them(written: str, amount: int) -> None:
    content = (
        b":20:T\r\n:25:1\r\n:60F:C261014EUR0,\r\n:61:2610151015"
        + written.encode()
        + b"NTRFNONREF\r\n:62F:C261015EUR0,\r\n"
    )

    assert only_line(content)["amount"] == amount


@pytest.mark.parametrize(
    ("mark", "amount", "kind"),
    [("C", 500, "payment"), ("D", -500, "other"), ("RC", -500, "return"), ("RD", 500, "other")],
)
def test_a_reversal_turns_the_sign_and_undoes(mark: str, amount: int, kind: str) -> None:
    statements, lines, _ = read(mt940([entry("5,00", mark)]))

    assert (lines[0]["amount"], lines[0]["kind"]) == (amount, kind)
    assert statements[0].reconciles


def test_a_returned_direct_debit_is_a_return() -> None:
    assert only_line(mt940([entry("5,00", "D", text="109?00RUECKLASTSCHRIFT?20EREF+A")]))["kind"] == "return"


@pytest.mark.parametrize(
    ("written", "booked_on", "value_on"),
    [
        ("2610151016", date(2026, 10, 16), date(2026, 10, 15)),
        ("2612310102", date(2027, 1, 2), date(2026, 12, 31)),
        ("2701011230", date(2026, 12, 30), date(2027, 1, 1)),
        ("261015    ", date(2026, 10, 15), date(2026, 10, 15)),
        ("26101510160", date(2026, 10, 16), date(2026, 10, 15)),  # a digit too many behind
        ("26101501016", date(2026, 10, 16), date(2026, 10, 15)),  # or before
        ("2602300302", date(2026, 3, 2), date(2026, 2, 28)),  # interest counts months of thirty days
        ("2402300302", date(2024, 3, 2), date(2024, 2, 29)),
        ("2613011016", date(2026, 10, 15), None),  # no such month: the day that the statement is of
    ],
)
def test_days_are_read_as_banks_mean_them(written: str, booked_on: date, value_on: date | None) -> None:
    line = only_line(mt940([entry("5,00", day=written)]))

    assert (line["booked_on"], line["value_on"]) == (booked_on, value_on)


def test_an_entry_without_an_entry_date_was_booked_within_the_statement() -> None:
    assert only_line(mt940([entry("5,00", day="260901")]))["booked_on"] == date(2026, 10, 15)


@pytest.mark.parametrize("written", [ACCOUNT, f"{ACCOUNT}EUR", f"{ACCOUNT} EUR", "DE89 3704 0044 0532 0130 00"])
def test_an_account_has_one_name_however_it_is_printed(written: str) -> None:
    assert read(mt940([], account=written))[0][0].account == ACCOUNT


def test_an_account_bears_the_name_that_other_files_call_it_by() -> None:
    names = AccountNames({"4505005076198810": ACCOUNT})
    parts = Mt940Reader(names).read(io.BytesIO(mt940([], account="45050050/76198810")), source="f", digest="d")

    assert next(part.account for part in parts if isinstance(part, Statement)) == ACCOUNT


def test_a_statement_that_does_not_prove_is_held_with_both_figures() -> None:
    statements, _, findings = read(mt940([entry("5,00")], opening="C261014EUR10,00", off_by="0.01"))

    assert (statements[0].reconciles, statements[0].state) == (False, State.HELD)
    assert "15.00" in findings[0].found
    assert "15.01" in findings[0].found


def test_a_statement_of_which_an_entry_can_not_be_booked_is_held() -> None:
    statements, lines, findings = read(mt940([entry("5,005"), entry("1,00")]))

    assert [line["amount"] for line in lines] == [100]
    assert (statements[0].reconciles, statements[0].state) == (False, State.HELD)
    assert [finding.code for finding in findings] == [
        "bank.entry_not_whole_units",
        "bank.statement_does_not_prove",
    ]


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_a_file_that_is_cut_off_never_counts(share: float) -> None:
    content = mt940([entry("100,00", ref=f"R{n}") for n in range(50)])

    try:
        statements, _, _ = read(content[: int(len(content) * share)])
    except BankFileRefused as error:
        assert error.line
    else:
        assert [statement.state for statement in statements] == [State.HELD]


def test_headers_blank_lines_and_a_missing_end_change_nothing() -> None:
    plain = mt940([entry("5,00", ref="A"), entry("6,00")])
    dressed = b"{1:F01BANKXXXX}{2:O9400000}{3:}{4:\r\n" + plain.replace(b"-\r\n", b"-}{5:}\r\n")
    bare = b"\r\n \r\n" + plain.replace(b"-\r\n", b"").replace(b":62F:", b"\r\n:62F:")
    balances = plain.replace(b"-\r\n", b":64:EUR0,\r\n:65:EUR0,\r\n:86:/SUM/1/1/\r\n-\r\n")

    variants = [read(content)[1] for content in (plain, dressed, bare, balances, plain.replace(b"\r", b""))]

    assert len({tuple(line["payment_id"] for line in lines) for lines in variants}) == 1
    assert len({tuple(line["text"] for line in lines) for lines in variants}) == 1


def test_pages_are_statements_that_join_by_their_balances() -> None:
    first = mt940([entry("5,00")], page="FM")
    second = mt940([entry("5,00")], page="MF", number="1/2", opening="C261015EUR5,00")

    statements, _, _ = read(first + second)

    assert [(s.number, s.opening, s.closing, s.reconciles) for s in statements] == [
        ("1/1", Decimal(0), Decimal(5), True),
        ("1/2", Decimal(5), Decimal(10), True),
    ]


def test_the_header_is_whole_before_the_first_entry_asks_for_equals() -> None:
    asked: list[Statement] = []

    def equals_before(page: Statement) -> dict[str, int]:
        asked.append(page)
        return {}

    content = mt940([entry("5,00")]) + mt940([], opening="C261015EUR5,00", number="2")
    parts = Mt940Reader().read(io.BytesIO(content), source="f", digest="d", equals_before=equals_before)
    finished = [part for part in parts if isinstance(part, Statement)]

    assert [page.page_key for page in asked] == [page.page_key for page in finished]
    assert asked[0].closing == Decimal(5)


def test_equal_entries_without_an_id_on_one_day_all_survive() -> None:
    _, lines, _ = read(mt940([entry("5,00")] * 3 + [entry("5,00", ref="A")] * 2))

    assert len({line["payment_id"] for line in lines}) == 5


def test_an_intraday_report_has_entries_and_proves_nothing() -> None:
    content = (
        b":20:X\r\n:25:1\r\n:28C:1\r\n:34F:EUR0,\r\n:13D:2610151200+0100\r\n:61:2610151015C5,NTRFNONREF\r\n:86:x\r\n"
        b":90C:1EUR5,\r\n-\r\n"
    )
    statements, lines, findings = read(content)

    assert [(s.family, s.currency, s.reconciles) for s in statements] == [("mt942", "EUR", None)]
    assert [(line["family"], line["amount"], line["status"]) for line in lines] == [("mt942", 500, "booked")]
    assert findings == []


class _Long(io.RawIOBase):
    """A file of many entries, made as it is read: it never lies in memory."""

    def __init__(self, head: bytes, middle: bytes, copies: int, tail: bytes) -> None:
        self._make = lambda: iter([head, *[middle] * copies, tail])
        self._parts: Iterator[bytes] = self._make()

    def read(self, _size: int = -1) -> bytes:
        return next(self._parts, b"")

    def tell(self) -> int:
        return 0

    def seek(self, _position: int, _whence: int = 0) -> int:
        self._parts = self._make()
        return 0


def test_a_file_of_any_size_is_streamed_in_little_memory() -> None:
    whole = mt940([entry("1,00", text="t" * 1000)])
    start, end = whole.index(b":61:"), whole.index(b":62F:")

    def file(copies: int) -> _Long:
        return _Long(whole[:start], whole[start:end] * 200, copies, whole[end:])

    lines, peak = lines_and_peak(mt940_module, Mt940Reader(), file(1), file(BATCH * COPIES // 200))

    assert lines == BATCH * COPIES
    assert peak < (end - start) * lines / 2


def test_a_field_without_end_is_refused_before_it_fills_the_memory() -> None:
    stream = _Long(b":20:X\n:86:", b"x" * 100_000, 40, b"")

    with pytest.raises(BankFileRefused, match="1,048,576 characters in one field"):
        list(Mt940Reader().read(stream, source="f", digest="d"))  # type: ignore[arg-type]


FRAGMENTS = st.one_of(
    st.sampled_from(
        [":20:", ":25:", ":28C:1/1", ":60F:", ":60M:", ":61:", ":62F:", ":62M:", ":86:", ":NS:", ":34F:EUR0,"]
    ),
    st.sampled_from(
        ["2610151015", "C261015EUR5,", "C5,00", "RD5,00", "NTRFNONREF//A", "166?00A?20EREF+x?32N", "/REMI/"]
    ),
    st.sampled_from(["\r\n", "\n", "-", "{1:", "-}", "?", "/", ",", "\x00", "é"]),
)
ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=40).map(lambda parts: "".join(parts).encode()),
)


@given(content=ANYTHING)
def test_whatever_the_bytes_are_the_answer_is_findings_or_a_refusal(content: bytes) -> None:
    try:
        Mt940Reader().recognise(content)
        parts = list(Mt940Reader().read(io.BytesIO(content), source="f", digest="d"))
    except BankFileRefused as error:
        assert error.remedy
        return
    assert all(isinstance(part, Statement | pa.RecordBatch | Finding) for part in parts)
    assert len(re.findall(rb"(?:^|\n):20:", content.replace(b"\r", b""))) <= len(parts)
