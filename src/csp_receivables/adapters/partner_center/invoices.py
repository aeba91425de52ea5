"""The list of vendor invoices: page by page, amendments however deep (microsoft.md 1.2, 1.3).

`size` and `offset` count legacy invoices only; new commerce's come whole with every page. So pages are asked for until
one brings nothing new, and an invoice that comes again is the same invoice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from csp_receivables.adapters.partner_center.answers import Record, unreadable
from csp_receivables.adapters.partner_center.session import Session
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce, ListedInvoice

log = logging.getLogger(__name__)

PAGE = 200
PAGES_MAX = 1_000
KEPT = (  # of an invoice's own words: what doesn't change by itself
    "id",
    "invoiceDate",
    "billingPeriodStartDate",
    "billingPeriodEndDate",
    "totalCharges",
    "taxTotal",
    "currencyCode",
    "documentType",
    "amendsOf",
    "invoiceType",
)


class Invoices:
    """`InvoiceList` over the wire."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def invoices(self) -> Sequence[ListedInvoice]:
        """See `InvoiceList`."""
        found: dict[str, ListedInvoice] = {}
        for page in range(PAGES_MAX):
            query = {"size": str(PAGE), "offset": str(page * PAGE)}
            answer = self._session.get("/v1/invoices", query)
            new = [each for each in listed(answer) if _is_news(found, each)]
            found |= {each.invoice_id: each for each in new}
            if not new:
                return sorted(found.values(), key=lambda each: each.invoice_id)
        raise unreadable("GET /v1/invoices", f"no end after {PAGES_MAX} pages")


def listed(page: Record) -> Iterator[ListedInvoice]:
    """Every invoice of one answer: those of the list, or the one invoice that it is; amendments follow their parent."""
    for node in page.records("items") if "items" in page else (page,):
        yield from _with_amendments(node, amends="")


def _is_news(found: dict[str, ListedInvoice], each: ListedInvoice) -> bool:
    """Unknown so far, or known only without the invoice it corrects: an amendment may stand at the top as well."""
    known = found.get(each.invoice_id)
    return known is None or (bool(each.amends) and not known.amends)


def _with_amendments(node: Record, amends: str) -> Iterator[ListedInvoice]:
    waiting = [(node, amends)]
    while waiting:
        each, parent = waiting.pop()
        invoice = _invoice(each, parent)
        yield invoice
        waiting += [(amendment, invoice.invoice_id) for amendment in each.records("amendments")]


def _invoice(node: Record, parent: str) -> ListedInvoice:
    invoice_id = node.needed("id")
    amends = node.text("amendsOf") or parent
    return ListedInvoice(
        invoice_id=invoice_id,
        commerce=_commerce(invoice_id, node.text("invoiceType")),
        invoiced_at=node.moment("invoiceDate"),
        document_type=node.text("documentType"),
        amends=amends,
        charge_lists=_charge_lists(node),
        paid=node.text("paidAmount"),
        document=_document(node, amends),
    )


def _commerce(invoice_id: str, invoice_type: str) -> Commerce:
    kind = _plain(invoice_type)
    if kind in ("recurring", "onetime"):
        return Commerce.LEGACY if kind == "recurring" else Commerce.NEW
    log.warning("invoice %s is of the unknown type %r; its id decides", invoice_id, invoice_type)
    return Commerce.LEGACY if invoice_id.upper().startswith("D") else Commerce.NEW


def _charge_lists(node: Record) -> tuple[ChargeList, ...]:
    """What the details name, each once; "marketplace" is an old word for "onetime"."""
    named = [
        ChargeList(
            provider=_plain(each.text("billingProvider")).replace("marketplace", "onetime"),
            kind=_plain(each.text("invoiceLineItemType")),
            currency=node.text("currencyCode").upper(),
        )
        for each in node.records("invoiceDetails")
    ]
    return tuple(dict.fromkeys(named))


def _plain(word: str) -> str:
    return word.replace("_", "").casefold()


def _document(node: Record, amends: str) -> str:
    """Numbers as text, so that no digit is lost on the way."""
    said: dict[str, Any] = {name: node.value(name) for name in KEPT if name in node}
    exact = {name: str(value) if isinstance(value, Decimal | int) else value for name, value in said.items()}
    if amends:
        exact["amendsOf"] = amends
    return json.dumps(exact, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
