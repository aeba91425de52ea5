"""A world from a folder of files as Microsoft's portal and API deliver them, or from a made-up partner.

DIR/<invoice>.invoice.json                  the invoice; without one it is summed up from its charges
DIR/<invoice>_….csv, .csv.gz                its reconciliation, or its daily usage when the name says `Usage`
DIR/<invoice>.blobs/*.json.gz               the reconciliation as ready blobs, served as they are
DIR/<invoice>.office.json, .azure.json      a legacy invoice's line items, as a collection of Partner Center's
DIR/partner.json                            optional: {"partner", "customers", "subscriptions", "entitlements",
                                            "serviceRequests", "audit"}; otherwise told from the charges
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from emulator.charges import Charges
from emulator.clock import Clock, moment
from emulator.portfolio import derive, take_partner_file
from emulator.sign_in import remember_consent
from emulator.state import EXPORTS, Invoice, Json, World

_NAME = re.compile(r"(?P<id>[A-Za-z]\w*?)(?:_(?P<rest>[^/]*))?\.csv(?:\.gz)?$")
_EPOCH = datetime(2026, 11, 1)  # noqa: DTZ001 - `Clock` takes it as UTC


class NothingToShow(ValueError):
    """The folder holds no invoice, or one of its files is not what its name says."""


def load_folder(folder: Path, now: datetime | None = None) -> World:
    """The world of a folder. Its clock stands a day after the newest invoice, unless told. Raises NothingToShow."""
    world = World(clock=Clock(now or _EPOCH))
    for path in sorted(folder.glob("*.invoice.json")):
        document = _read(path)
        world.invoices[document["id"]] = Invoice(document=document)
    for path in sorted((*folder.glob("*.office.json"), *folder.glob("*.azure.json"))):
        invoice_id, provider, _ = path.name.rsplit(".", 2)
        items = _read(path).get("items")
        if not isinstance(items, list):
            raise NothingToShow(f"{path} holds no collection: it has no items")
        world.line_items[invoice_id, provider, "billinglineitems"] = items
    for invoice_id, export, charges in _charges(folder):
        world.charges[export, invoice_id] = charges
        if invoice_id not in world.invoices:
            world.invoices[invoice_id] = Invoice(document=_summed_up(invoice_id, charges))
    _estimate(world)
    if not world.invoices:
        raise NothingToShow(f"{folder} holds no *.invoice.json and no *.csv; name the folder that does")
    if now is None:
        world.clock.set(max(moment(each.document["invoiceDate"]) for each in world.invoices.values()) + timedelta(1))
    remember_consent(world)
    partner = folder / "partner.json"
    if partner.exists():
        take_partner_file(world, _read(partner))
    else:
        derive(world)
    return world


def made_up(seed: int, customers: int, months: int = 2, now: datetime | None = None) -> World:
    """The world of a made-up partner; the same seed, the same world."""
    from csp_receivables.made_up.world import generate

    kept = tempfile.TemporaryDirectory(prefix="emulator-world-")
    folder = Path(kept.name) / "world"
    generate(folder, customers_wanted=customers, months=months, seed=seed)
    world = load_folder(folder / "inbox" / "microsoft", now)
    world.files = kept
    return world


def _estimate(world: World) -> None:
    """What isn't billed yet looks like the newest invoice of its currency, without a number."""
    for document in sorted((each.document for each in world.invoices.values()), key=lambda each: each["invoiceDate"]):
        for export in EXPORTS:
            if charges := world.charges.get((export, document["id"])):
                estimate = replace(charges, blank=("InvoiceNumber",))
                world.charges[export, f"{document['currencyCode']}:current"] = estimate


def _charges(folder: Path) -> Iterator[tuple[str, str, Charges]]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.suffix == ".blobs":
            yield path.stem, "reconciliation", Charges(ready_blobs=tuple(sorted(path.glob("*.gz"))))
        elif named := _NAME.fullmatch(path.name):
            export = "usage" if "usage" in (named["rest"] or "").lower() else "reconciliation"
            yield named["id"], export, Charges(csv_file=path)


def _read(path: Path) -> Json:
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise NothingToShow(f"{path} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise NothingToShow(f"{path} holds no JSON object")
    return document


def _summed_up(invoice_id: str, charges: Charges) -> Json:
    """An invoice told from its lines: total, currency and month."""
    total, currency, first, last = Decimal(0), "", "", ""
    for line in charges.lines():
        total += Decimal(str(line.get("Total") or line.get("BillingPreTaxTotal") or 0))
        currency = currency or line.get("Currency") or line.get("BillingCurrency") or ""
        first, last = min(first or line["ChargeStartDate"], line["ChargeStartDate"]), max(last, line["ChargeEndDate"])
    return {
        "id": invoice_id, "invoiceDate": _invoiced_on(last), "billingPeriodStartDate": first,
        "billingPeriodEndDate": last, "totalCharges": float(total), "paidAmount": 0, "currencyCode": currency,
        "documentType": "invoice", "invoiceType": "OneTime", "attributes": {"objectType": "Invoice"},
    }  # fmt: skip


def _invoiced_on(last_charge: str) -> str:
    """The 7th of the next month."""
    month = (moment(last_charge).replace(day=1) + timedelta(days=32)).replace(day=7)
    return f"{month:%Y-%m-%dT04:00:00Z}"
