"""Partner Center's line items of version 1: by offset for legacy commerce, by continuation token for new commerce."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, collection, link, lowered, rest
from emulator.blob_lines import rest_value
from emulator.callers import PartnerCenterCaller
from emulator.charges import Line
from emulator.invoices import find
from emulator.paging import seek, size_asked, whole
from emulator.state import Json, World

UNBILLED = "unbilled"
_EXPORTS = {"billinglineitems": "reconciliation", "usagelineitems": "usage"}
_PERIODS = {"current": "current", "previous": "last"}
_NAMES = {
    "PCToBCExchangeRate": "pcToBCExchangeRate",
    "PCToBCExchangeRateDate": "pcToBCExchangeRateDate",
    "Tier2MpnId": "resellerMpnId",
    "Total": "totalForCustomer",
    "Unit": "unitOfMeasure",
    "ResourceURI": "resourceUri",
    "PartnerEarnedCreditPercentage": "rateOfPartnerEarnedCredit",
    "CreditPercentage": "rateOfCredit",
}
router = APIRouter(prefix="/v1/invoices")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What lines of which invoice; words in lower case and without `_`."""

    invoice: str
    provider: str  # onetime | office | azure | all
    kind: str  # billinglineitems | usagelineitems
    currency: str
    period: str
    said_provider: str
    said_kind: str

    @property
    def is_new_commerce(self) -> bool:
        return self.provider in ("onetime", "all")

    def uri(self, size: int) -> str:
        """As Microsoft writes it, with its typo."""
        typo = self.kind == "billinglineitems" and self.invoice != UNBILLED and self.provider != "azure"
        name = "nvoicelineitemtype" if typo else "invoicelineitemtype"
        dated = f"&currencycode={self.currency}&period={self.period}" if self.currency else ""
        return (
            f"/invoices/{self.invoice}/lineitems?provider={self.said_provider}&{name}={self.said_kind}{dated}"
            f"&size={size}"
        )


@router.get("/{invoice_id}/lineitems")
async def by_query(request: Request, world: TheWorld, _: PartnerCenterCaller, invoice_id: str) -> Response:
    """Lines of an invoice, or unbilled ones."""
    query = lowered(request)
    return _page(request, world, _asked(query, invoice_id, query.get("provider", ""), query.get("invoicelineitemtype")))


@router.get("/{invoice_id}/lineitems/{provider}/{kind}")
async def by_path(
    request: Request, world: TheWorld, _: PartnerCenterCaller, invoice_id: str, provider: str, kind: str
) -> Response:
    """The older form, which the links in an invoice's details have."""
    return _page(request, world, _asked(lowered(request), invoice_id, provider, kind))


def _asked(query: dict[str, str], invoice_id: str, provider: str, kind: str | None) -> _Asked:
    plain = provider.lower().replace("_", "")
    plain = "onetime" if plain == "marketplace" else plain
    lines = (kind or "").lower().replace("_", "")
    if plain not in ("onetime", "office", "azure", "all"):
        raise Refusal(400, 3000, f"The provider {provider} is not valid.")
    if lines not in _EXPORTS:
        raise Refusal(400, 3000, "Invoice Line Item type is not valid")
    asked = _Asked(
        invoice=invoice_id, provider=plain, kind=lines, currency=query.get("currencycode", ""),
        period=query.get("period", "current").lower(), said_provider=provider, said_kind=kind or "",
    )  # fmt: skip
    if invoice_id == UNBILLED and not asked.currency:
        raise Refusal(400, 3000, "currencycode is required.")
    if asked.period not in _PERIODS:
        raise Refusal(400, 3000, f"The period {asked.period} is not valid.")
    return asked


def _page(request: Request, world: World, asked: _Asked) -> Response:
    size, uri = size_asked(request), asked.uri(size_asked(request))
    items = _items(world, asked)
    if not asked.is_new_commerce:
        return rest(request, _by_offset(request, items, size, uri))
    page, token = seek(request, items, size, uri)
    if not token:
        return rest(request, collection(page, uri))
    sign = "?" if "nvoicelineitemtype" in uri and "invoicelineitemtype" not in uri else "&"
    following = link(f"{uri}{sign}seekOperation=Next", MS_ContinuationToken=token)
    return rest(request, collection(page, uri, continuationToken=token, links={"next": following}))


def _by_offset(request: Request, items: Iterable[Json], size: int, uri: str) -> Json:
    first = whole(lowered(request), "offset")
    page = list(islice(items, first, first + size + 1))
    links = {"next": link(f"{uri}&offset={first + size}")} if len(page) > size else {}
    return collection(page[:size], f"{uri}&offset={first}", links=links)


def _items(world: World, asked: _Asked) -> Iterable[Json]:
    """As they were given for the invoice, or as its charges tell."""
    invoice = asked.invoice if asked.invoice == UNBILLED else str(_found(world, asked.invoice))
    given = world.line_items.get((invoice, asked.provider, asked.kind))
    if given is not None or not asked.is_new_commerce:
        return given or []
    export = _EXPORTS[asked.kind]
    subject = f"{asked.currency.upper()}:{_PERIODS[asked.period]}" if invoice == UNBILLED else invoice
    charges = world.charges.get((export, subject))
    return map(_item_of(export), charges.lines()) if charges else []


def _found(world: World, invoice_id: str) -> Any:
    known = {each for each, *_ in world.line_items}
    return invoice_id if invoice_id in known else find(world, invoice_id)["id"]


def _item_of(export: str) -> Any:
    kinds = ("billing_line_items", "one_time", "OneTimeInvoiceLineItem")
    if export == "usage":
        kinds = ("usage_line_items", "marketplace", "DailyRatedUsageLineItem")

    def item(line: Line) -> Json:
        shown = {_NAMES.get(name, name[0].lower() + name[1:]): _shown(name, value) for name, value in line.items()}
        return {**shown, "invoiceLineItemType": kinds[0], "billingProvider": kinds[1],
                "attributes": {"objectType": kinds[2]}}  # fmt: skip

    return item


def _shown(name: str, value: Any) -> Any:
    if name in ("PartnerEarnedCreditPercentage", "CreditPercentage"):
        return float(_number(value) / 100)
    if name == "ProductQualifiers":
        return _qualifiers(value)
    return rest_value(name, value)


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def _qualifiers(value: Any) -> Any:
    if isinstance(value, list) or not value:
        return value or []
    try:
        return json.loads(value)
    except ValueError:
        return [value]
