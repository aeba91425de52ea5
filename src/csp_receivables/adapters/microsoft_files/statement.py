"""What a vendor invoice says of itself: its JSON beside the charges, in the shape of Partner Center's API.

Looked for as `<invoice id>.invoice.json` and `<name of the charge file>.invoice.json`, in the same folder. A BOM,
numbers as text, unknown keys and nested amendments are tolerated (microsoft.md 1.3). Microsoft's JSON tells no tax;
who has the PDF may add `taxTotal`, so that an invoice whose lines carry no tax can be tied before tax.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, parse_decimal, to_minor
from csp_receivables.domain.payables.words import VOIDED, words_in
from csp_receivables.domain.real_days import is_real
from csp_receivables.domain.vendor_tie_out import InvoiceStatement, StatedInvoice


def find_statement(charges: Path, invoice_id: str) -> InvoiceStatement | None:
    """The statement of `invoice_id` beside the file of charges, or None where there is none."""
    for path in (charges.parent / f"{safe_name(invoice_id)}.invoice.json", _beside(charges)):
        if path.is_file():
            statement = _read(path, invoice_id)
            if statement:
                return statement
    return None


def safe_name(invoice_id: str) -> str:
    """The id as a file name: nothing in it can lead out of the folder."""
    return "".join(c if c.isalnum() or c in "-_" else f"%{ord(c):02X}" for c in invoice_id)


def _beside(charges: Path) -> Path:
    name = charges.name.removesuffix(".gz").removesuffix(".csv")
    return charges.with_name(f"{name}.invoice.json")


def _read(path: Path, invoice_id: str) -> InvoiceStatement | None:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as broken:  # the last: an exponent beyond all bounds
        return InvoiceStatement(
            digest=digest, stated=None, findings=(_unusable(path, invoice_id, f"no JSON ({broken})"),)
        )
    found = next((node for node in _invoices(document) if _text(node, "id") == invoice_id), None)
    if found is None:
        return None
    try:
        return InvoiceStatement(digest=digest, stated=_stated(found, invoice_id), words=tuple(words_in(document)))
    except (NotMoney, UnknownCurrency, ValueError) as unclear:
        return InvoiceStatement(digest=digest, stated=None, findings=(_unusable(path, invoice_id, str(unclear)),))


def _invoices(document: Any) -> Iterator[dict[str, Any]]:
    """Every invoice in the document: itself, those of a collection, and amendments however deep."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            if "totalCharges" in node:
                yield node
            waiting += [node[key] for key in ("amendments", "items") if isinstance(node.get(key), list)]


def _stated(node: dict[str, Any], invoice_id: str) -> StatedInvoice:
    currency = _text(node, "currencyCode").upper()
    tax = _text(node, "taxTotal")
    return StatedInvoice(
        invoice_id=invoice_id,
        currency=currency,
        total=to_minor(parse_decimal(_text(node, "totalCharges")), currency),
        invoiced_on=_day(node, "invoiceDate"),
        period_from=_day(node, "billingPeriodStartDate"),
        period_until=_day(node, "billingPeriodEndDate"),
        tax=to_minor(parse_decimal(tax), currency) if tax else None,
        voided=_text(node, "documentType").casefold() == VOIDED,
    )


def _text(node: dict[str, Any], key: str) -> str:
    value = node.get(key)
    return "" if value is None else str(value).strip()


def _day(node: dict[str, Any], key: str) -> date | None:
    """The day as written, in UTC. None where it is absent or a sign for no date, such as Microsoft's 0001-01-01."""
    text = _text(node, key)[:10]
    told = date.fromisoformat(text) if text else None
    return told if told and is_real(told) else None


def _unusable(path: Path, invoice_id: str, why: str) -> Finding:
    return Finding(
        code="microsoft.statement_unreadable",
        severity=Severity.WARNING,
        found=f"the statement of vendor invoice {invoice_id} can't be used: {why}",
        remedy="Put the invoice's JSON from Partner Center there and import again",
        source=path.name,
        subject=invoice_id,
    )
