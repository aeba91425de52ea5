"""The BAI2 reader: every published sample's figures, every oddity of real files, every wrong one refused or held."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bai2 import bai2 as oracle
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bank_files import bai2 as bai2_module
from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.bai2 import Bai2Reader
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.adapters.bank_files.streaming import BATCH, COPIES, lines_and_peak

Read = tuple[list[Statement], list[dict[str, Any]], list[Finding]]

_ANONYMISED = "its control records do not hold, so it is held; the figures given are of the balances alone"
DEVIATIONS = {
    (f"moov__{name}.txt", number): _ANONYMISED
    for name in ("sample4-continuations-newline-delimited", "sample5-issue113")
    for number in (1, 2, 4, 5)
}
ENTRY = "16,195,10000,,REF1,CUST1,Thanks/"


def read(content: bytes) -> Read:
    parts = list(Bai2Reader().read(io.BytesIO(content), source="file.bai", digest="d"))
    lines = [row for part in parts if isinstance(part, pa.RecordBatch) for row in part.to_pylist()]
    statements = [part for part in parts if isinstance(part, Statement)]
    return statements, lines, [part for part in parts if isinstance(part, Finding)]


def refusal(content: bytes) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        reader, _ = reader_of(content[: 1 << 16])
        list(reader.read(io.BytesIO(content), source="f", digest="d", equals_before=lambda _: {}))
    return caught.value


def bai2(
    *entries: str,
    group: str = "02,R,O,1,261015,2400,USD,2/",
    account: str = "03,123456,,010,0,,,015,{closing},,/",
    closing: int = 10000,
    total: int | None = None,
    physical: int = 0,
) -> bytes:
    """One account with entries of 10000 minor units each; control records that hold, unless `total` is given."""
    lines = [account.format(closing=closing), *(entries or (ENTRY,))]
    sums = closing + 10000 * (len(lines) - 1) if total is None else total
    count = physical or sum(line.count("\n") + 1 for line in lines) + 1
    return "\n".join(
        [
            "01,S,R,261016,0600,1,80,,2/",
            group,
            *lines,
            f"49,{sums},{count}/",
            f"98,{sums},1,{count + 2}/",
            f"99,{sums},1,{count + 4}/",
        ]
    ).encode()


def only_line(content: bytes) -> dict[str, Any]:
    _, lines, _ = read(content)
    assert len(lines) == 1
    return lines[0]


def _expected(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    by_file: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared_data / "bank" / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["format"] == "bai2":
                by_file[row["file"]].append(row)
    return by_file


def _major(text: str) -> Decimal | None:
    return Decimal(text).scaleb(-2) if text else None  # the list has minor units of USD and CAD


def test_every_published_sample_reads_to_the_figures_that_another_reading_found(shared_data: Path) -> None:
    compared, deviating = 0, set()
    for name, rows in _expected(shared_data).items():
        content = (shared_data / "bank" / "bai2" / name).read_bytes()
        if rows[0]["statement_no"] == "0":
            assert refusal(content).code == "bank.not_a_statement"
            continue
        statements, _, _ = read(content)
        for row, s in zip(rows, statements, strict=True):
            assert (s.account, s.currency, s.opening, s.closing, s.entries, s.credits, s.debits) == (
                row["account"],
                row["currency"],
                _major(row["opening"]),
                _major(row["closing"]),
                int(row["n_entries"]),
                _major(row["sum_credit"]),
                _major(row["sum_debit"]),
            ), name
            if s.reconciles is not {"yes": True, "NO": False, "": None}[row["balances_reconcile"]]:
                deviating.add((name, int(row["statement_no"])))
            compared += 1

    assert deviating == set(DEVIATIONS)
    assert compared == 32


def test_only_the_anonymised_samples_have_control_records_that_do_not_hold(shared_data: Path) -> None:
    holds = {
        name: all(finding.code != "bank.control_totals_differ" for finding in read(path.read_bytes())[2])
        for name in _expected(shared_data)
        if "parseError" not in name and (path := shared_data / "bank" / "bai2" / name)
    }

    assert holds == {
        "moov__sample1.txt": True,
        "moov__sample2.txt": True,
        "moov__sample3.txt": True,
        "moov__sample4-continuations-newline-delimited.txt": False,
        "moov__sample5-issue113.txt": False,
    }


def test_the_library_bai2_reads_the_same_entries_where_it_is_right(shared_data: Path) -> None:
    agreed = 0
    for name in ("moov__sample1", "moov__sample4-continuations-newline-delimited", "moov__sample5-issue113"):
        content = (shared_data / "bank" / "bai2" / f"{name}.txt").read_bytes()
        theirs = oracle.parse_from_string(content.decode(), check_integrity=False)
        amounts = [
            abs(line.amount) for group in theirs.children for account in group.children for line in account.children
        ]
        ours = [abs(line["amount"]) for line in read(content)[1]]
        assert ours == amounts, name
        agreed += len(ours)

    assert agreed == 17 + 17 + 20


def test_the_content_says_what_the_file_is() -> None:
    assert reader_of(bai2())[1] == "BAI2"


def test_an_entry_has_amount_day_references_and_text() -> None:
    line = only_line(bai2())

    assert (line["family"], line["amount"], line["currency"], line["kind"]) == ("bai2", 10000, "USD", "payment")
    assert (line["booked_on"], line["value_on"]) == (date(2026, 10, 15), None)
    assert (line["bank_ref"], line["text"]) == ("REF1", "Thanks CUST1")


@pytest.mark.parametrize(
    "funds", ["", "Z", "0", "1", "2", "S,1,2,3", "V,261016,", "V,261016,1200", "D,2,0,1,1,2", "D,0"]
)
def test_a_funds_type_says_how_many_fields_it_has(funds: str) -> None:
    line = only_line(bai2(f"16,195,10000,{funds},REF1,CUST1,Thanks, all/"))

    assert (line["bank_ref"], line["text"]) == ("REF1", "Thanks, all CUST1")
    assert line["value_on"] == (date(2026, 10, 16) if funds.startswith("V") else None)


@pytest.mark.parametrize(
    ("code", "sign", "kind"),
    [
        ("100", 1, "payment"), ("399", 1, "payment"), ("400", -1, "other"), ("699", -1, "other"),
        ("920", 1, "payment"), ("959", 1, "payment"), ("960", -1, "other"), ("999", -1, "other"),
        ("555", -1, "return"), ("557", -1, "return"), ("266", 1, "other"),
    ],
)  # fmt: skip
def test_the_type_code_gives_the_direction_custom_ones_too(code: str, sign: int, kind: str) -> None:
    line = only_line(bai2(ENTRY.replace("195", code), closing=10000 * sign))

    assert (line["amount"], line["kind"]) == (10000 * sign, kind)


@pytest.mark.parametrize("code", ["099", "700", "919", "ABC", "", "１９５", "1950"])
def test_a_type_code_without_direction_is_a_finding_and_no_money(code: str) -> None:
    statements, lines, findings = read(bai2(ENTRY.replace("195", code)))

    assert lines == []
    assert "bank.entry_no_direction" in [finding.code for finding in findings]
    assert statements[0].state is State.HELD  # its amount is missing from the proof


def test_information_that_is_no_money_is_passed_over() -> None:
    statements, lines, findings = read(bai2("16,890,0,,,,Note/", closing=0, total=0))

    assert (statements[0].entries, lines, findings) == (0, [], [])


def test_continuations_are_joined_and_slashes_and_commas_in_texts_kept() -> None:
    content = bai2("16,195,10000,V,261016,,REF1,CUST1,Paid 08/16, 5/6\n88,and more/\n88,REMI: a/b, c\n88:EREF: E1")

    line = only_line(content)

    assert (line["text"], line["end_to_end"]) == ("Paid 08/16, 5/6 and more a/b, c CUST1", "E1")


def test_a_line_that_begins_with_no_record_code_goes_on_with_the_text() -> None:
    content = bai2("16,195,10000,,REF1,,Thanks\nfor all        /", physical=3)

    statements, lines, _ = read(content)

    assert lines[0]["text"] == "Thanks for all"
    assert statements[0].state is State.ACCEPTED


def test_records_on_one_line_are_parted_and_a_missing_slash_is_no_matter() -> None:
    plain = bai2("16,195,10000,,A,,x/", "16,195,10000,,B,,y/", closing=20000)
    glued = plain.replace(b"/\n", b"/   ")
    bare = plain.replace(b"/\n", b"\n")

    variants = [read(content) for content in (plain, glued, bare, plain.replace(b"\n", b"\r\n"))]

    assert len({tuple(line["payment_id"] for line in lines) for _, lines, _ in variants}) == 1
    assert all(statements[0].state is State.ACCEPTED for statements, _, _ in variants)


def test_balances_may_be_continued_and_group_or_specification_give_the_currency() -> None:
    continued = bai2(account="03,123456,,010,0,,/\n88,015,{closing},,/")
    canadian = bai2(group="02,R,O,1,261015,2400,CAD,2/")
    without = bai2(group="02,R,O,1,261015,,,/")
    yen = bai2(account="03,123456,JPY,010,0,,,015,{closing},,/")

    assert [(s.currency, s.closing, s.reconciles) for content in (continued, canadian, without, yen)
            for s in read(content)[0]] == [
        ("USD", Decimal(100), True), ("CAD", Decimal(100), True), ("USD", Decimal(100), True),
        ("JPY", Decimal(10000), True),
    ]  # fmt: skip


def test_the_distribution_of_a_summary_is_no_balance() -> None:
    account = "03,1,,010,0,,,190,7000,4,D,3,0,2000,1,3000,3,2000,015,{closing},,/"

    assert read(bai2(account=account, total=27000))[0][0].reconciles


@pytest.mark.parametrize(
    ("record", "figure", "wrong"),
    [(b"49,20000", b"20000", b"20001"), (b"49,20000,3", b"3", b"4"), (b"98,20000", b"20000", b"1"),
     (b"98,20000,1", b",1", b",2"), (b"99,20000", b"20000", b"5"), (b"99,20000,1,7", b"7", b"9")],
)  # fmt: skip
def test_a_control_record_that_differs_holds_the_statement_with_both_figures(
    record: bytes, figure: bytes, wrong: bytes
) -> None:
    head, _, tail = record.rpartition(figure)
    statements, _, findings = read(bai2().replace(record, head + wrong + tail))

    assert statements[0].state is State.HELD
    assert findings[0].code == "bank.control_totals_differ"
    assert findings[0].found.count(figure.decode().strip(",")) >= 1
    assert findings[0].found.count(wrong.decode().strip(",")) >= 1


def test_a_statement_whose_balances_do_not_prove_is_held_with_both_figures() -> None:
    statements, _, findings = read(bai2(closing=10001))

    assert (statements[0].reconciles, statements[0].state) == (False, State.HELD)
    assert "100.00" in findings[0].found
    assert "100.01" in findings[0].found


@pytest.mark.parametrize("missing", ["49", "98"])
def test_a_missing_control_record_holds_the_statement(missing: str) -> None:
    lines = [line for line in bai2().decode().split("\n") if not line.startswith(missing)]

    assert read("\n".join(lines).encode())[0][0].state is State.HELD


def test_a_file_without_its_trailer_is_refused() -> None:
    content = bai2()

    assert refusal(content[: content.index(b"99,")]).code == "bank.cut_off"


@pytest.mark.parametrize(
    ("what", "content", "code"),
    [
        ("amount", bai2(ENTRY.replace("10000", "100.00")), "bank.garbled"),
        ("negative", bai2(ENTRY.replace("10000", "-10000")), "bank.garbled"),
        ("balance", bai2(account="03,1,,010,x,,,015,{closing},,/"), "bank.garbled"),
        ("day", bai2(group="02,R,O,1,261315,2400,USD,2/"), "bank.garbled"),
        ("deletion", bai2(group="02,R,O,2,261015,2400,USD,2/"), "bank.not_a_statement"),
        ("test", bai2(group="02,R,O,4,261015,2400,USD,2/"), "bank.not_a_statement"),
        ("order", b"01,S,R,261016,0600,1,80,,2/\n16,195,1,,,,x/\n", "bank.garbled"),
        ("nothing", b"01,S,R,261016,0600,1,80,,2/\n99,0,0,2/\n", "bank.no_statement"),
        ("long line", b"01,S,R,261016,0600,1,80,,2/\n" + b"x" * 70_000, "bank.beyond_limits"),
    ],
)
def test_what_money_hangs_on_is_refused_when_it_cannot_be_read(what: str, content: bytes, code: str) -> None:
    error = refusal(content)

    assert error.code == code, what
    assert error.remedy


def test_what_is_reported_during_the_day_is_pending_and_proves_nothing() -> None:
    statements, lines, findings = read(bai2(group="02,R,O,1,261015,1200,USD,3/", account="03,1,,/", total=10000))

    assert [line["status"] for line in lines] == ["pending"]
    assert (statements[0].until_on, statements[0].reconciles, findings) == (None, None, [])


def test_equal_entries_without_an_id_on_one_day_all_survive_across_statements_of_a_file() -> None:
    one = bai2("16,195,10000,,,,x/", "16,195,10000,,,,x/", closing=20000).decode()
    account = one[one.index("03,") : one.index("98,")]
    twice = one.replace("98,", f"{account}98,", 1)

    _, lines, _ = read(twice.encode())

    assert len({line["payment_id"] for line in lines}) == 4


class _Long(io.RawIOBase):
    """A file of many lines, made as it is read: it never lies in memory."""

    def __init__(self, head: list[bytes], middle: bytes, copies: int, tail: list[bytes]) -> None:
        self._lines = iter([*head, *[middle] * copies, *tail])

    def readline(self, _size: int | None = -1) -> bytes:
        return next(self._lines, b"")


def test_a_file_of_any_size_is_streamed_in_little_memory() -> None:
    whole = bai2(f"16,195,10000,,REF,,{'t' * 1000}/").splitlines(keepends=True)

    def file(lines: int) -> _Long:
        return _Long(whole[:3], whole[3], lines, whole[4:])

    lines, peak = lines_and_peak(bai2_module, Bai2Reader(), file(1), file(BATCH * COPIES))

    assert lines == BATCH * COPIES
    assert peak < len(whole[3]) * lines / 2


FRAGMENTS = st.one_of(
    st.sampled_from(
        ["01,", "02,", "03,", "16,", "49,", "88,", "98,", "99,", "195", "010", "015", "USD", "261015", "1,"]
    ),
    st.sampled_from(["/", ",", "\n", " ", "Z", "V,", "S,", "D,", "2,", "-5", "+100", "x", "\x00", "é"]),
    st.sampled_from(
        ["01,S,R,261016,0600,1,80,,2/\n", "02,R,O,1,261015,2400,USD,2/\n", "03,1,,010,0,,/\n", "99,0,1,9/\n"]
    ),
)
ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=40).map(lambda parts: "".join(parts).encode()),
)


@given(content=ANYTHING)
def test_whatever_the_bytes_are_the_answer_is_findings_or_a_refusal(content: bytes) -> None:
    try:
        Bai2Reader().recognise(content)
        parts = list(Bai2Reader().read(io.BytesIO(content), source="f", digest="d"))
    except BankFileRefused as error:
        assert error.remedy
        return
    assert all(isinstance(part, Statement | pa.RecordBatch | Finding) for part in parts)
