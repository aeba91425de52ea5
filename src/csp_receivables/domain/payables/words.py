"""What Microsoft says of a vendor invoice besides its charges: what it is, what it corrects, what was paid on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.microsoft.invoices import ListedInvoice
from csp_receivables.domain.money import NotMoney, parse_decimal, to_minor
from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.real_days import is_real
from csp_receivables.domain.records import empty

VOIDED = "void_note"  # the documentType of an invoice that another one replaces (microsoft.md 1.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorWords:
    """One invoice's own words; amounts in minor units, None where it says nothing that can be read.

    `paid` is kept with the sign it came with: Microsoft documents a negative one and shows a positive one.
    """

    invoice_id: str
    document_type: str  # "invoice", "void_note", "adjustment_note"; open
    amends: str  # the invoice that this one corrects, or ""
    currency: str
    invoiced_on: date | None
    total: int | None
    paid: int | None

    @property
    def is_void(self) -> bool:
        """Did Microsoft take the invoice back?"""
        return self.document_type.casefold() == VOIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class PayableFacts:
    """What is known of vendor invoices besides charges and bank.

    `payments`: rows of files (VENDOR_PAYMENT). `parts`: of a legacy invoice, the kinds of its files that are imported,
    or that a person says there are not; an invoice without an entry does not come in parts.
    """

    payments: pa.Table
    words: tuple[VendorWords, ...] = ()
    parts: Mapping[str, frozenset[str]] = field(default_factory=dict)


NOTHING_TOLD = PayableFacts(payments=empty(VENDOR_PAYMENT))


def words_of(node: dict[str, Any], *, amends: str = "", paid: str = "") -> VendorWords:
    """The words in one invoice's JSON, in the shape of Partner Center's API. `paid`: where the JSON lacks it."""
    currency = _text(node, "currencyCode").upper()
    return VendorWords(
        invoice_id=_text(node, "id"),
        document_type=_text(node, "documentType"),
        amends=_text(node, "amendsOf") or amends,
        currency=currency,
        invoiced_on=_day(node),
        total=_amount(_text(node, "totalCharges"), currency),
        paid=_amount(paid or _text(node, "paidAmount"), currency),
    )


def words_in(document: Any) -> Iterator[VendorWords]:
    """Of every invoice in the document: itself, those of a collection, and amendments however deep."""
    waiting: list[tuple[Any, str]] = [(document, "")]
    while waiting:
        node, parent = waiting.pop()
        if isinstance(node, list):
            waiting += [(each, parent) for each in reversed(node)]
        elif isinstance(node, dict):
            if "totalCharges" in node:
                yield words_of(node, amends=parent)
            for key, above in (("amendments", _text(node, "id")), ("items", parent)):
                if isinstance(node.get(key), list):
                    waiting.append((node[key], above))


def words_of_listed(listed: Iterable[ListedInvoice]) -> tuple[VendorWords, ...]:
    """The words of invoices as Microsoft lists them."""
    return tuple(words_of(json.loads(each.document), amends=each.amends, paid=each.paid) for each in listed)


def _text(node: dict[str, Any], key: str) -> str:
    value = node.get(key)
    return "" if value is None else str(value).strip()


def _day(node: dict[str, Any]) -> date | None:
    text = _text(node, "invoiceDate")[:10]
    try:
        told = date.fromisoformat(text)
    except ValueError:
        return None
    return told if is_real(told) else None


def _amount(text: str, currency: str) -> int | None:
    try:
        return to_minor(Decimal(parse_decimal(text)), currency) if text else None
    except (NotMoney, UnknownCurrency):
        return None
