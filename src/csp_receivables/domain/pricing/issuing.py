"""Drafts become documents: numbered without gaps, with reference and due day, as the ledger's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from csp_receivables.domain.money_records import RAISED_LINE, RAISED_RECEIVABLE
from csp_receivables.domain.pricing.documents import Draft
from csp_receivables.domain.pricing.price_book import PriceBook
from csp_receivables.domain.records import RECEIVABLE, RECEIVABLE_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is issued: for which data, by whom, on which day."""

    seller: str
    vendor_invoice: str
    version: str
    issued_on: date
    raised_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The documents as tables: RECEIVABLE, RECEIVABLE_LINE, RAISED_RECEIVABLE and RAISED_LINE."""

    receivables: pa.Table
    lines: pa.Table
    raised: pa.Table
    raised_lines: pa.Table


def number_documents(drafts: Sequence[Draft], book: PriceBook, issue: Issue, last_number: int | None) -> Issued:
    """The drafts with the numbers after `last_number` (None: the first of the series), in their order."""
    first = book.first_number if last_number is None else last_number + 1
    numbered = [(f"{book.prefix}{first + place}", first + place, draft) for place, draft in enumerate(drafts)]
    lines = [(number, at, line) for number, _, draft in numbered for at, line in enumerate(draft.lines, 1)]
    return Issued(
        receivables=_table([_receivable(number, draft, book, issue) for number, _, draft in numbered], RECEIVABLE),
        lines=_table(
            [
                {
                    "receivable_id": f"{issue.seller}/{number}",
                    "line_no": at,
                    "description": line.description,
                    "net": line.net,
                    "tax_rate": f"{draft.tax_rate.normalize():f}",
                    "tax": line.tax,
                    "vendor_invoice": issue.vendor_invoice,
                    "subscription_id": line.subscription_id,
                    "service_from": line.service_from,
                    "service_until": line.service_until,
                }
                for number, _, draft in numbered
                for at, line in enumerate(draft.lines, 1)
            ],
            RECEIVABLE_LINE,
        ),
        raised=_table(
            [_raised(number, place, draft, book, issue) for number, place, draft in numbered], RAISED_RECEIVABLE
        ),
        raised_lines=_table(
            [
                {
                    "receivable_id": f"{issue.seller}/{number}",
                    "line_no": at,
                    "line_key": line.key,
                    "rule": line.rule,
                    "cost": line.cost,
                }
                for number, at, line in lines
            ],
            RAISED_LINE,
        ),
    )


def _receivable(number: str, draft: Draft, book: PriceBook, issue: Issue) -> dict[str, Any]:
    return {
        "receivable_id": f"{issue.seller}/{number}",
        "seller": issue.seller,
        "number": number,
        "kind": draft.kind,
        "customer_id": draft.customer_id,
        "issued_on": issue.issued_on,
        "due_on": issue.issued_on + timedelta(days=book.term_days),
        "currency": draft.currency,
        "amount": draft.gross,
        "net": draft.net,
        "tax": draft.tax,
        "reference": book.reference_of(number) if draft.kind == "invoice" else "",
        "credits_number": draft.credits_number,
    }


def _raised(number: str, place: int, draft: Draft, book: PriceBook, issue: Issue) -> dict[str, Any]:
    return {
        "receivable_id": f"{issue.seller}/{number}",
        "series": f"{issue.seller}/{book.prefix}",
        "number": place,
        "vendor_invoice": issue.vendor_invoice,
        "version": issue.version,
        "customer_id": draft.customer_id,
        "currency": draft.currency,
        "price_book": book.digest,
        "raised_by": issue.raised_by,
    }


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)
