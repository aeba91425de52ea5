"""The sample month is reproducible, true to its formats, and proves by itself what it says."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stdnum import iban, iso11649, luhn
from stdnum.se import orgnr

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "include" / "sample"
INBOX = SAMPLE / "inbox"
NS = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
EXPECTED = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([sys.executable, "-m", "bench.make_sample", folder], cwd=ROOT, check=True, capture_output=True)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): _content(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _content(path: Path) -> bytes:
    """The bytes; of a packed file what is in it, since compressors differ from machine to machine."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _rows(name: str) -> list[dict[str, str]]:
    text = _content(INBOX / name).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def _signed(element: ET.Element) -> Decimal:
    amount = Decimal(element.findtext("c:Amt", namespaces=NS) or "")
    return -amount if element.findtext("c:CdtDbtInd", namespaces=NS) == "DBIT" else amount


def _statements(currency: str) -> list[ET.Element]:
    files = sorted(INBOX.glob(f"bank/camt.053-{currency}-*.xml"))
    return [ET.parse(path).getroot().find(".//c:Stmt", NS) for path in files]  # type: ignore[misc]


def _balance(statement: ET.Element, code: str) -> Decimal:
    balances = {each.findtext("c:Tp/c:CdOrPrtry/c:Cd", namespaces=NS): each for each in statement.findall("c:Bal", NS)}
    return _signed(balances[code])


def test_the_same_seed_gives_the_same_bytes(made_again: Path) -> None:
    assert _files(made_again) == _files(SAMPLE)


@pytest.mark.parametrize("currency", ["SEK", "EUR"])
def test_every_statement_proves_and_opens_where_the_one_before_closed(currency: str) -> None:
    before = None
    statements = _statements(currency)
    assert len(statements) == {"SEK": 22, "EUR": 5}[currency]
    for statement in statements:
        opening, closing = _balance(statement, "OPBD"), _balance(statement, "CLBD")
        assert opening + sum(map(_signed, statement.findall("c:Ntry", NS))) == closing
        assert before in (None, opening)
        before = closing


def test_the_details_of_the_batch_add_up_to_its_entry() -> None:
    batch = next(
        entry
        for statement in _statements("SEK")
        for entry in statement.findall("c:Ntry", NS)
        if entry.find("c:NtryDtls/c:Btch", NS) is not None
    )
    text = (INBOX / "bank" / "camt.054-SEK-2026-10-15.xml").read_text(encoding="utf-8").replace("camt.054", "camt.053")
    notice = ET.fromstring(text).find(".//c:Ntry", NS)
    assert notice is not None
    details = notice.findall("c:NtryDtls/c:TxDtls", NS)

    assert batch.findall("c:NtryDtls/c:TxDtls", NS) == []
    assert len(details) == 4
    assert sum(map(_signed, details)) == _signed(batch) == _signed(notice)
    assert batch.findtext("c:AcctSvcrRef", namespaces=NS) == notice.findtext("c:AcctSvcrRef", namespaces=NS)


def test_received_and_returned_are_what_the_statements_show() -> None:
    for currency in ("SEK", "EUR"):
        entries = [entry for statement in _statements(currency) for entry in statement.findall("c:Ntry", NS)]
        day: dict[str, Any] = EXPECTED["days"]["2026-10-31"][currency]
        returns = [entry for entry in entries if entry.findtext("c:RvslInd", namespaces=NS) == "true"]
        ours = [entry for entry in entries if _signed(entry) < 0 and entry not in returns]

        assert sum(amount for entry in entries if (amount := _signed(entry)) > 0) == Decimal(day["received"])
        assert -sum(map(_signed, returns)) == Decimal(day["returned"])
        assert sum(map(_signed, ours)) == Decimal(day["not_customer_money"])


@pytest.mark.parametrize("day", ["2026-10-30", "2026-10-31"])
@pytest.mark.parametrize("currency", ["SEK", "EUR"])
def test_the_expected_headline_ties_out(day: str, currency: str) -> None:
    line = {key: Decimal(value) for key, value in EXPECTED["days"][day][currency].items() if isinstance(value, str)}
    rows = {row["number"]: row for row in _rows("accounting/receivables-2026-10-30.csv") if row["currency"] == currency}
    billed = sum(Decimal(row["gross"]) for row in rows.values() if row["kind"] == "invoice")
    buckets = EXPECTED["days"][day][currency]["overdue_by_bucket"]

    assert line["received"] - line["returned"] == line["allocated"] + line["unapplied"]
    assert billed == line["allocated"] + line["credited"] + line["open"]
    assert sum(map(Decimal, buckets.values())) == line["overdue"]
    assert line["not_due"] + line["overdue"] == line["open"]


def test_every_bucket_and_every_rule_occurs_in_kronor() -> None:
    day = EXPECTED["days"]["2026-10-31"]["SEK"]
    assert all(Decimal(amount) > 0 for amount in day["overdue_by_bucket"].values())
    assert set(day["payments_by_rule"]) == {"1", "2", "3", "4", "none"}


def test_lines_sum_to_the_vendor_invoices_sidecar() -> None:
    for invoice_id, expected in EXPECTED["vendor_invoices"].items():
        name = f"microsoft/{invoice_id}_InvoiceReconciliation.csv"
        rows = _rows(name if (INBOX / name).exists() else name + ".gz")
        sidecar = json.loads((INBOX / "microsoft" / f"{invoice_id}.invoice.json").read_bytes(), parse_float=Decimal)

        assert sum(Decimal(row["Total"]) for row in rows) == sidecar["totalCharges"] == Decimal(expected["cost"])
        assert {row["InvoiceNumber"] for row in rows} == {sidecar["id"]} == {invoice_id}
        assert {row["Currency"] for row in rows} == {sidecar["currencyCode"]} == {expected["currency"]}
        assert len(rows) == expected["lines"]
        assert all(len(row) == 47 for row in rows)


def test_the_charges_show_refunds_seat_changes_usage_and_credits() -> None:
    rows = _rows("microsoft/G112804417_InvoiceReconciliation.csv")
    rows += _rows("microsoft/G113950266_InvoiceReconciliation.csv")
    kinds = {row["ChargeType"] for row in rows}
    pairs: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        if row["ChargeType"] in ("addQuantity", "removeQuantity"):
            pairs[row["ReferenceId"]].append(Decimal(row["Subtotal"]))

    assert kinds >= {"cycleCharge", "new", "renew", "addQuantity", "removeQuantity", "cancelImmediate", "New"}
    assert "customerCredit" in kinds
    assert all(sorted(amount > 0 for amount in pair) == [False, True] for pair in pairs.values())


def test_numbers_have_right_check_digits() -> None:
    customers = _rows("accounting/customers-2026-10-30.csv")
    receivables = _rows("accounting/receivables-2026-10-30.csv")
    references = {row["reference"] for row in receivables if row["kind"] == "invoice"}
    accounts = {
        element.text
        for path in INBOX.glob("bank/*.xml")
        for element in ET.parse(path).getroot().iter()
        if element.tag.endswith("}IBAN")
    }

    assert all(orgnr.is_valid(row["org_number"]) for row in customers if row["country"] == "SE")
    assert all(iban.is_valid(account) for account in accounts)
    assert all(iso11649.is_valid(each) if each.startswith("RF") else luhn.is_valid(each) for each in references)
    assert any(each.startswith("RF") for each in references)


def test_nobody_in_it_can_be_reached() -> None:
    for row in _rows("accounting/customers-2026-10-30.csv"):
        contacts = row["contacts"].split(";")
        assert all(contact.split("|")[0].endswith(".example") for contact in contacts)


def test_receivables_sum_up_and_one_line_has_no_vendor_invoice() -> None:
    lines: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _rows("accounting/receivables-2026-10-30.csv"):
        lines[row["number"]].append(row)
    for rows in lines.values():
        head = rows[0]
        assert sum(Decimal(row["line_net"]) for row in rows) == Decimal(head["net"])
        assert sum(Decimal(row["line_tax"]) for row in rows) == Decimal(head["tax"])
        assert Decimal(head["net"]) + Decimal(head["tax"]) == Decimal(head["gross"])
    mixed = [rows for rows in lines.values() if len({bool(row["vendor_invoice"]) for row in rows}) == 2]
    credits = [rows[0] for rows in lines.values() if rows[0]["kind"] == "credit_note"]

    assert len(mixed) == 1
    assert [credit["credits_number"] in lines for credit in credits] == [True]
