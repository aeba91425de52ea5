"""Partner Center's invoices: the list, one invoice with a link to its PDF, summaries, links to estimates."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, collection, link, lowered, rest, rest_headers
from emulator.callers import PartnerCenterCaller, PartnerCenterUser
from emulator.clock import moment, stamp
from emulator.paging import whole
from emulator.state import NO_DATE, Invoice, Json, World

_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
router = APIRouter(prefix="/v1/invoices")


@router.get("")
async def listed(request: Request, world: TheWorld, _: PartnerCenterCaller) -> Response:
    """`size` and `offset` cut the legacy invoices only; those of new commerce always come, all of them on each page."""
    query = lowered(request)
    first, size = whole(query, "offset"), whole(query, "size")
    documents = [each.document for each in world.invoices.values() if _is_out(world, each)]
    legacy = [each for each in documents if _is_legacy(each)]
    new_commerce = [each for each in documents if not _is_legacy(each)]
    page = legacy[first : first + size if size else None]
    is_last = not size or first + size >= len(legacy)
    links = {} if is_last else {"next": link(f"/invoices?size={size}&offset={first + size}")}
    return rest(request, collection(page + new_commerce, f"/invoices?size={size}&offset={first}", links=links))


@router.get("/summaries")
async def summaries(request: Request, world: TheWorld, _: PartnerCenterUser) -> Response:
    """One a currency."""
    return rest(request, collection(_summaries(world), "/invoices/summaries"))


@router.get("/summary")
async def balance(request: Request, world: TheWorld, _: PartnerCenterCaller) -> Response:
    """The account's balance, of one currency."""
    found = _summaries(world)
    if not found:
        raise Refusal(404, 2000, "There is no invoice yet.")
    return rest(request, found[0])


@router.get("/estimates/links")
async def estimates(request: Request, _: PartnerCenterCaller) -> Response:
    """Where the unbilled lines of this and the previous period are."""
    currency = lowered(request).get("currencycode", "").upper()
    if not currency:
        raise Refusal(400, 3000, "currencycode is required.")
    kinds = (
        ("daily_rated_usage", "Daily rated usage unbilled", "unbilled consumption based data", "Marketplace",
         "UsageLineItems"),
        ("non_consumption", "Unbilled reconciliation line items", "reconciliation line items for unbilled data", "all",
         "billinglineitems"),
    )  # fmt: skip
    items = [
        {
            "type": kind,
            "title": title,
            "description": f"This includes {what} only.",
            "period": period,
            "link": link(
                f"/invoices/unbilled/lineitems?provider={provider}&invoicelineitemtype={lines}"
                f"&currencycode={currency}&period={period.lower()}&size=2000"
            ),
        }
        for kind, title, what, provider, lines in kinds
        for period in ("Current", "Previous")
    ]
    return rest(request, {"totalCount": 4, "items": items, "attributes": {"objectType": "Collection"}})


@router.get("/{invoice_id}")
async def one(request: Request, world: TheWorld, _: PartnerCenterUser, invoice_id: str) -> Response:
    """With a link to the PDF that works for half an hour."""
    found = find(world, invoice_id)
    until = world.clock.now + timedelta(seconds=world.behaviour.pdf_link_seconds)
    return rest(request, found | {"pdfDownloadLink": f"{_statement(found['id'])}?until={stamp(until)}"})


@router.get("/{invoice_id}/documents/statement")
async def statement(request: Request, world: TheWorld, _: PartnerCenterUser, invoice_id: str) -> Response:
    """The PDF."""
    find(world, invoice_id)
    until = lowered(request).get("until", "")
    if until and moment(until) <= world.clock.now:
        raise Refusal(404, 2000, "The link to this document has expired.")
    return Response(_PDF, 200, rest_headers(request), "application/pdf")


@router.get("/{invoice_id}/receipts/{receipt_id}/documents/statement")
async def receipt(
    request: Request, world: TheWorld, _: PartnerCenterUser, invoice_id: str, receipt_id: str
) -> Response:
    """A tax receipt's PDF."""
    receipts = find(world, invoice_id).get("taxReceipts", [])
    if receipt_id not in [each.get("id") for each in receipts]:
        raise Refusal(404, 2000, f"Invoice {invoice_id} has no receipt {receipt_id}.")
    return Response(_PDF, 200, rest_headers(request), "application/pdf")


def find(world: World, invoice_id: str) -> Json:
    """The invoice or amendment of this id. Raises Refusal."""
    wanted = invoice_id.rpartition("-")[2]  # links say `Recurring-D…`
    documents = [each.document for each in world.invoices.values() if _is_out(world, each)]
    for document in _with_amendments(documents):
        if document["id"] in (invoice_id, wanted):
            return copy.deepcopy(document)
    raise Refusal(404, 2000, f"Invoice {invoice_id} was not found.")


def _with_amendments(documents: Iterable[Json]) -> Iterator[Json]:
    for document in documents:
        yield document
        yield from _with_amendments(document.get("amendments", []))


def _is_legacy(document: Json) -> bool:
    return str(document["id"]).upper().startswith("D")


def _is_out(world: World, invoice: Invoice) -> bool:
    """An invoice is there from its date on."""
    text = str(invoice.document.get("invoiceDate", NO_DATE))
    return text.startswith("0001") or moment(text) <= world.clock.now


def _statement(invoice_id: str) -> str:
    return f"/invoices/{invoice_id}/documents/statement"


def _summaries(world: World) -> list[Json]:
    if world.summaries is not None:
        return world.summaries
    by_currency: dict[str, list[Json]] = defaultdict(list)
    for invoice in world.invoices.values():
        if _is_out(world, invoice):
            by_currency[str(invoice.document["currencyCode"])].append(invoice.document)
    return [_summary(documents, split=True) for documents in by_currency.values()]


def _summary(documents: list[Json], *, split: bool) -> Json:
    dates = sorted(str(each.get("invoiceDate", NO_DATE)) for each in documents)
    paid = [each for each in documents if each.get("paidAmount")]
    body: Json = {
        "balanceAmount": round(sum(each["totalCharges"] - abs(each.get("paidAmount", 0)) for each in documents), 2),
        "currencyCode": documents[0]["currencyCode"],
        "currencySymbol": documents[0].get("currencySymbol", documents[0]["currencyCode"]),
        "accountingDate": dates[-1],
        "firstInvoiceCreationDate": dates[0],
        "lastPaymentDate": paid[-1]["invoiceDate"] if paid else NO_DATE,
        "lastPaymentAmount": paid[-1]["paidAmount"] if paid else 0,
        "latestInvoiceDate": dates[-1],
    }
    if split:
        kinds = sorted({str(each["invoiceType"]) for each in documents})
        body["details"] = [
            {"invoiceType": kind,
             "summary": _summary([each for each in documents if each["invoiceType"] == kind], split=False)}
            for kind in kinds
        ]  # fmt: skip
        body["links"] = {"self": link("/invoices/summary")}
    return body | {"attributes": {"objectType": "InvoiceSummary"}}
