"""The camt reader: every published sample's figures, every dialect's oddity, every wrong file refused by its name."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from csp_receivables.adapters.bank_files import camt as camt_module
from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import State, Statement
from tests.adapters.bank_files.streaming import BATCH, COPIES, lines_and_peak
from tests.camt_files import ACCOUNT, Detail, Entry, camt


def read(content: bytes) -> tuple[list[Statement], list[dict[str, Any]], list[Finding]]:
    parts = list(CamtReader().read(io.BytesIO(content), source="file.xml", digest="d"))
    lines = [row for part in parts if isinstance(part, pa.RecordBatch) for row in part.to_pylist()]
    statements = [part for part in parts if isinstance(part, Statement)]
    return statements, lines, [part for part in parts if isinstance(part, Finding)]


def refusal(content: bytes) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        reader, _ = reader_of(content[: 1 << 16])
        list(reader.read(io.BytesIO(content), source="f", digest="d", equals_before=lambda _: {}))
    return caught.value


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _expected(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    by_file: dict[str, list[dict[str, str]]] = {}
    with (shared_data / "bank" / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["format"] == "camt" and row["statement_no"] != "0":
                by_file.setdefault(row["file"], []).append(row)
    return by_file


def test_every_published_sample_reads_to_the_figures_that_two_other_methods_agree_on(shared_data: Path) -> None:
    by_file = _expected(shared_data)
    proves = {"yes": True, "NO": False, "": None}

    for name, rows in by_file.items():
        statements, _, _ = read((shared_data / "bank" / "camt" / name).read_bytes())
        got = [
            (s.currency, s.opening, s.closing, s.entries, s.details, s.credits, s.debits, s.reconciles)
            for s in statements
        ]
        expected = [
            (
                row["currency"] or None,
                _number(row["opening"]),
                _number(row["closing"]),
                int(row["n_entries"]),
                int(row["n_tx_details"]),
                _number(row["sum_credit"]),
                _number(row["sum_debit"]),
                proves[row["balances_reconcile"]],
            )
            for row in rows
        ]
        assert got == expected, name
        for row, statement in zip(rows, statements, strict=True):
            assert row["account"] in ("", statement.account), name  # version 01 names it where the list has none
    assert len(by_file) == 27


def test_a_statement_without_statements_is_refused(shared_data: Path) -> None:
    content = (shared_data / "bank" / "camt" / "camt__camt053.v2.wrong.xml").read_bytes()

    assert refusal(content).code == "bank.no_statement"


@pytest.mark.parametrize(
    ("what", "content", "says"),
    [
        ("pain.001", b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"><CstmrCdtTrfInitn/></Document>',
         "This is a pain.001 payment order, not a statement."),
        ("pain.001 without namespace", b"<Document><CstmrCdtTrfInitn/></Document>", "a pain.001 payment order"),
        ("unlisted message", b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:acmt.001.001.08"><X/></Document>',
         "acmt.001.001.08"),
        ("other XML", b"<invoice><total>1</total></invoice>", "no ISO 20022 bank statement"),
        ("PDF", b"%PDF-1.7 ...", "a PDF document"),
        ("workbook", b"PK\x03\x04....", "a workbook"),
        ("gzip", b"\x1f\x8b\x08....", "a gzip archive"),
        ("garbage", bytes(range(200, 256)), "no bank statement in any known format"),
        ("empty", b"", "The file is empty."),
        ("blank", b" \n\n", "The file is empty."),
        ("a BOM alone", b"\xef\xbb\xbf\n", "The file is empty."),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_refused_by_the_name_of_what_it_is(what: str, content: bytes, says: str) -> None:
    error = refusal(content)

    assert says in str(error), what
    assert error.remedy


def test_a_doctype_is_refused_wherever_it_comes_from() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + camt(
        [Entry(amount="1")]
    )
    external = b'<!DOCTYPE Document SYSTEM "file:///etc/passwd">' + camt([Entry(amount="1")])

    assert [refusal(laughs).code, refusal(external).code] == ["bank.doctype", "bank.doctype"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_file_that_is_cut_off_is_refused_with_its_line(share: float) -> None:
    content = camt([Entry(amount="1.00", ref=f"R{n}") for n in range(50)])

    left = content[: int(len(content) * share)]

    error = refusal(left)

    assert (error.code, error.line) == ("bank.not_well_formed", left.count(b"\n") + 1)


@pytest.mark.parametrize("encoding", ["zUTF-8", "utf-7", "gb18030", "hex", "undefined", "idna", "UTF-32", "x" * 200])
def test_an_encoding_that_can_not_be_read_refuses_the_file(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + camt([Entry(amount="1.00")])

    assert refusal(content).code in ("bank.unknown_encoding", "bank.not_well_formed")


def test_an_encoding_of_single_bytes_is_read() -> None:
    content = camt([Entry(amount="1.00", details=[Detail(amount="1.00", text="Zażółć")])]).decode()

    _, lines, _ = read(b'<?xml version="1.0" encoding="windows-1250"?>' + content.encode("cp1250"))

    assert lines[0]["text"] == "Zażółć"


@pytest.mark.parametrize("amount", ["12,50", "1 000.00", "12..5", "", "NaN", "Infinity", "0x10", "-5.00", "１２"])
@pytest.mark.parametrize(("family", "state"), [("camt.053", State.HELD), ("camt.054", State.ACCEPTED)])
def test_a_garbled_amount_is_a_finding_with_line_and_field_and_the_other_entries_are_read(
    family: str, state: State, amount: str
) -> None:
    content = camt([Entry(amount="1.00"), Entry(amount="2.00"), Entry(amount="4.00")], family)

    [statement], lines, findings = read(content.replace(b">2.00<", f">{amount}<".encode()))

    assert [line["amount"] for line in lines] == [100, 400]
    assert (findings[0].code, findings[0].field, findings[0].line) == ("bank.entry_garbled", "Amt", 2)
    assert amount in findings[0].found
    assert (statement.state, statement.entries, statement.credits) == (state, 3, Decimal("5.00"))


def test_a_garbled_amount_holds_up_no_other_account_of_the_file() -> None:
    bad, good = camt([Entry(amount="2.00")]), camt([Entry(amount="1.00")], account="NO9386011117947")
    inner = good[good.index(b"<Stmt>") : good.index(b"</BkToCstmrStmt>")]

    entry, end = b">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"</BkToCstmrStmt>"
    statements, _, _ = read(bad.replace(entry, entry.replace(b"2.00", b"x")).replace(end, inner + end))

    assert [statement.state for statement in statements] == [State.HELD, State.ACCEPTED]


@pytest.mark.parametrize("balance", ["x", "-1.00", ""])
def test_a_garbled_balance_refuses_the_file_naming_line_and_field(balance: str) -> None:
    error = refusal(camt([Entry(amount="1.00")], opening="7.00").replace(b">7.00<", f">{balance}<".encode()))

    assert (error.code, error.field, error.line) == ("bank.garbled", "Amt", 1)


def test_more_decimals_than_the_currency_knows_are_a_finding_and_no_money() -> None:
    statements, lines, findings = read(
        camt([Entry(amount="8.85000", ref="A"), Entry(amount="8.855", ref="B"), Entry(amount="1.00", ref="C")])
    )

    assert [line["amount"] for line in lines] == [885, 100]
    assert findings[0].code == "bank.entry_not_whole_units"
    assert statements[0].credits == Decimal("18.705")


@pytest.mark.parametrize(
    ("family", "state", "codes"),
    [
        ("camt.053", State.HELD, ["bank.entry_not_whole_units", "bank.statement_does_not_prove"]),
        ("camt.054", State.ACCEPTED, ["bank.entry_not_whole_units"]),  # it has no balances to disprove
    ],
)
def test_a_statement_of_which_an_entry_can_not_be_booked_does_not_prove(
    family: str, state: State, codes: list[str]
) -> None:
    statements, _, findings = read(camt([Entry(amount="8.855"), Entry(amount="1.00")], family, opening="2.00"))

    assert statements[0].state is state
    assert [finding.code for finding in findings] == codes
    if state is State.HELD:
        assert "make 3.00, but closing is 11.855: a difference of 8.855" in findings[1].found


def test_a_pending_entry_that_is_no_money_holds_nothing() -> None:
    statements, _, findings = read(camt([Entry(amount="8.855", status="PDNG"), Entry(amount="1.00")]))

    assert statements[0].state is State.ACCEPTED
    assert [finding.code for finding in findings] == ["bank.entry_not_whole_units"]


def test_a_currency_without_minor_units_takes_no_decimals() -> None:
    _, lines, findings = read(camt([Entry(amount="8.85"), Entry(amount="8")], currency="JPY"))

    assert [line["amount"] for line in lines] == [8]
    assert "JPY" in findings[0].found


def test_details_that_add_up_are_the_payments_and_others_leave_the_entry_whole() -> None:
    good = Entry(amount="30.00", ref="A", details=[Detail(amount="10.00"), Detail(amount="20.00")])
    bad = Entry(amount="30.00", ref="B", details=[Detail(amount="10.00"), Detail(amount="25.00")])

    _, lines, findings = read(camt([good, bad]))

    assert [(line["entry_no"], line["detail_no"], line["amount"]) for line in lines] == [
        (1, 1, 1000),
        (1, 2, 2000),
        (2, 0, 3000),
    ]
    assert [finding.code for finding in findings] == ["bank.details_do_not_add_up"]


@pytest.mark.parametrize(
    ("direction", "more", "kind"),
    [
        ("CRDT", "", "payment"),
        ("CRDT", "<RvslInd>false</RvslInd>", "payment"),
        ("CRDT", "<RvslInd>true</RvslInd>", "other"),
        ("DBIT", "", "other"),
        ("DBIT", "<RvslInd>true</RvslInd>", "return"),
        ("DBIT", "<BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>", "return"),
        ("DBIT", "<NtryDtls><TxDtls><RtrInf><Rsn/></RtrInf></TxDtls></NtryDtls>", "return"),
    ],
)
def test_the_direction_gives_the_sign_and_a_reversal_the_kind(direction: str, more: str, kind: str) -> None:
    statements, lines, _ = read(camt([Entry(amount="5.00", direction=direction, more=more)]))

    assert lines[0]["kind"] == kind
    assert lines[0]["amount"] == (500 if direction == "CRDT" else -500)
    assert statements[0].reconciles


def test_equal_entries_without_an_id_on_one_day_all_survive() -> None:
    _, lines, _ = read(camt([Entry(amount="5.00")] * 3 + [Entry(amount="5.00", ref="A")] * 2))

    assert len({line["payment_id"] for line in lines}) == 5


def test_ids_do_not_depend_on_the_family_the_number_or_the_file() -> None:
    entries = [Entry(amount="5.00", details=[Detail(amount="5.00")]), Entry(amount="7.00", ref="A")]

    first, second = (read(camt(entries, family, number=n))[1] for family, n in (("camt.053", "1"), ("camt.052", "9")))

    assert [line["payment_id"] for line in first] == [line["payment_id"] for line in second]


def test_texts_and_references_are_joined_as_the_bank_cut_them() -> None:
    detail = Detail(
        amount="1.00", text="x" * 35 + "</Ustrd><Ustrd>yy</Ustrd><Ustrd>zz", reference="RF18 5390 0754 7034"
    )
    _, lines, _ = read(camt([Entry(amount="1.00", details=[detail])]))

    assert lines[0]["text"] == "x" * 35 + "yy zz"
    assert lines[0]["reference"] == "RF18539007547034"
    assert (lines[0]["end_to_end"], lines[0]["payer_name"]) == ("", "Payer")


def test_prefixes_no_namespace_and_utf_16_read_the_same() -> None:
    plain = camt([Entry(amount="5.00", ref="A", details=[Detail(amount="5.00")])]).decode()
    bare = plain.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', "")
    prefixed = bare.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:")
    prefixed = prefixed.replace("<n:Document", '<n:Document xmlns:n="urn:iso:std:iso:20022:tech:xsd:camt.053.001.13"')
    utf_16 = f'<?xml version="1.0" encoding="UTF-16"?>{plain}'.encode("utf-16")

    variants = [read(content) for content in (plain.encode(), bare.encode(), prefixed.encode(), utf_16)]

    assert len({tuple(line["payment_id"] for line in lines) for _, lines, _ in variants}) == 1
    assert [statements[0].taken_for for statements, _, _ in variants] == [
        "camt.053.001.08",
        "camt.053, version not stated",
        "camt.053.001.13",
        "camt.053.001.08",
    ]
    assert reader_of(utf_16)[1] == "camt.053.001.08"


def test_a_statement_that_does_not_prove_is_held_with_both_figures() -> None:
    statements, _, findings = read(camt([Entry(amount="5.00")], opening="10.00", off_by="0.01"))

    assert (statements[0].reconciles, statements[0].state) == (False, State.HELD)
    assert "15.00" in findings[0].found
    assert "15.01" in findings[0].found


def test_pending_entries_are_read_and_move_no_balance() -> None:
    statements, lines, _ = read(camt([Entry(amount="5.00"), Entry(amount="9.00", status="PDNG")]))

    assert [line["status"] for line in lines] == ["booked", "pending"]
    assert statements[0].reconciles
    assert statements[0].credits == Decimal("14.00")


def test_a_period_that_ends_at_midnight_ends_the_day_before() -> None:
    content = camt([Entry(amount="5.00")]).replace(b"2026-10-15T23:59:59", b"2026-10-16T00:00:00")

    assert str(read(content)[0][0].until_on) == "2026-10-15"


class _Endless(io.RawIOBase):
    """A file of `copies` times the same middle, made as it is read: it never lies in memory."""

    def __init__(self, head: bytes, middle: bytes, copies: int, tail: bytes) -> None:
        self._parts = iter([head, *[middle] * copies, tail])

    def read(self, _size: int = -1) -> bytes:
        return next(self._parts, b"")


def test_a_file_of_any_size_is_streamed_in_little_memory() -> None:
    whole = camt([Entry(amount="1.00", details=[Detail(amount="1.00", text="t" * 1000)])] * 200)
    start, end = whole.index(b"<Ntry>"), whole.rindex(b"</Ntry>") + len(b"</Ntry>")

    def file(copies: int) -> _Endless:
        return _Endless(whole[:start], whole[start:end], copies, whole[end:])

    lines, peak = lines_and_peak(camt_module, CamtReader(), file(1), file(BATCH * COPIES // 200))

    assert lines == BATCH * COPIES
    assert peak < (end - start) * lines / 200 / 2  # some batches, and a count for each of the equal entries


@pytest.mark.parametrize(
    ("what", "filler", "copies"),
    [
        ("nesting", b"<a>" * 10_000, 20),
        ("one text", b"x" * 100_000, 40),
        ("one comment", b"x" * 100_000, 40),
    ],
)
def test_what_no_statement_has_is_refused_before_it_fills_the_memory(what: str, filler: bytes, copies: int) -> None:
    opening = {"one text": b"<Ntry><AcctSvcrRef>", "one comment": b"<!--", "nesting": b""}[what]
    whole = camt([])
    head = whole[: whole.index(b"</Stmt>")] + opening

    with pytest.raises(BankFileRefused) as caught:
        list(CamtReader().read(_Endless(head, filler, copies, b""), source="f", digest="d"))  # type: ignore[arg-type]

    assert caught.value.code == "bank.beyond_limits"


def test_the_account_may_be_the_banks_own_number() -> None:
    content = camt([]).replace(f"<IBAN>{ACCOUNT}</IBAN>".encode(), b"<Othr><Id>12 34-5</Id></Othr>")

    assert read(content)[0][0].account == "1234-5"


@pytest.mark.parametrize(
    ("stated", "instructed"),
    [
        ("", ("", 0)),
        ('<AmtDtls><InstdAmt><Amt Ccy="SEK">5.00</Amt></InstdAmt></AmtDtls>', ("", 0)),
        ('<AmtDtls><InstdAmt><Amt Ccy="EUR">0.44</Amt></InstdAmt></AmtDtls>', ("EUR", 44)),
        ('<AmtDtls><TxAmt><Amt Ccy="JPY">72</Amt></TxAmt></AmtDtls>', ("JPY", 72)),
        ('<AmtDtls><InstdAmt><Amt Ccy="EUR">0.445</Amt></InstdAmt></AmtDtls>', ("", 0)),
        ('<AmtDtls><InstdAmt><Amt Ccy="XXQ">1</Amt></InstdAmt></AmtDtls>', ("", 0)),
    ],
)
def test_what_the_payer_paid_in_another_currency_is_told_where_the_file_tells_it(
    stated: str, instructed: tuple[str, int]
) -> None:
    _, (line,), _ = read(camt([Entry(amount="5.00", more=stated)]))

    assert (line["instructed_currency"], line["instructed_amount"]) == instructed
    assert (line["currency"], line["amount"]) == ("SEK", 500)
