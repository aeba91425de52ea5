"""Microsoft's side of a made-up month: the reconciliation file of the header of 2025, and the invoice beside it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import TracebackType

from csp_receivables.made_up.customers import Customer
from csp_receivables.made_up.receivables import AZURE, PRICE_LIST, Line, Receivable, next_month

# fmt: off
COLUMNS = (  # the header of 2025, 47 columns
    "PartnerId", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry", "InvoiceNumber", "MpnId",
    "Tier2MpnId", "OrderId", "OrderDate", "ProductId", "SkuId", "AvailabilityId", "SkuName", "ProductName",
    "ChargeType", "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "Currency",
    "PriceAdjustmentDescription", "PublisherName", "PublisherId", "SubscriptionDescription", "SubscriptionId",
    "ChargeStartDate", "ChargeEndDate", "TermAndBillingCycle", "EffectiveUnitPrice", "UnitType", "AlternateId",
    "BillableQuantity", "BillingFrequency", "PricingCurrency", "PCToBCExchangeRate", "PCToBCExchangeRateDate",
    "MeterDescription", "ReservationOrderId", "CreditReasonCode", "SubscriptionStartDate", "SubscriptionEndDate",
    "ReferenceId", "ProductQualifiers", "PromotionId", "ProductCategory",
)
# fmt: on
PARTNER_ID = "5d0c1f6e-7a43-4a0e-9b7c-2f1d3c9a8e10"  # the partner's own tenant
PARTNER_MPN_ID = "9990001"
CURRENCY = "SEK"  # Microsoft bills the partner in one currency, wherever its customers are
_CENT = Decimal("0.01")
# What Microsoft asks for a krona of a usage line of the partner, by the currency the partner bills it in.
_USAGE_COST = {
    "SEK": Decimal("0.85"),
    "NOK": Decimal("0.83"),
    "DKK": Decimal("1.29"),
    "EUR": Decimal("9.55"),
    "USD": Decimal("8.85"),
    "GBP": Decimal("11.18"),
}


class MonthOfCharges(AbstractContextManager["MonthOfCharges"]):
    """Writes `G…_InvoiceReconciliation.csv.gz` line by line, and the invoice's own total beside it at the end."""

    def __init__(self, folder: Path, invoice_id: str, month: date) -> None:
        self._folder, self._invoice_id, self._month = folder, invoice_id, month
        self._until = next_month(month) - timedelta(days=1)
        self._total = Decimal(0)
        self._raw = (folder / f"{invoice_id}_InvoiceReconciliation.csv.gz").open("wb")
        self._packed = gzip.GzipFile(filename="", mode="wb", mtime=0, compresslevel=3, fileobj=self._raw)
        self._text = io.TextIOWrapper(self._packed, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()
        self._raw.close()
        text = json.dumps(sidecar(self._invoice_id, self._month, self._total), indent=1)
        (self._folder / f"{self._invoice_id}.invoice.json").write_text(f"{text}\n", encoding="utf-8")

    def charge(self, receivables: Iterable[Receivable]) -> Iterator[Receivable]:
        """Write what Microsoft charged for each invoice as it passes by."""
        for receivable in receivables:
            if receivable.kind == "invoice":
                self._writer.writerows(self._row(receivable.customer, line) for line in receivable.lines)
            yield receivable

    def _row(self, customer: Customer, line: Line) -> list[str]:
        is_usage = line.product == AZURE
        unit, subtotal = _cost(customer, line)
        self._total += subtotal
        product = None if is_usage else PRICE_LIST[line.product]
        name = product.name if product else "Azure plan"
        tenant = next(
            (tenant for tenant, contract in zip(customer.tenants, customer.contracts, strict=True)
             if any(each.subscription_id == line.subscription_id for each in contract)),
            customer.tenants[0],
        )  # fmt: skip
        first, last = f"{self._month}T00:00:00Z", f"{self._until}T00:00:00Z"
        order = line.subscription_id[:8]
        return [
            PARTNER_ID, tenant, customer.name, customer.domain, customer.country.code, self._invoice_id, PARTNER_MPN_ID,
            "0", order, first, product.product_id if product else "DZH318Z0BPS6", product.sku_id if product else "0001",
            "CFQ7TTC0B4KD", name, name, "New" if is_usage else "cycleCharge", f"{unit}", f"{line.seats}", f"{subtotal}",
            "0", f"{subtotal}", CURRENCY, "", "Microsoft" if is_usage else "Microsoft Corporation", "", name,
            line.subscription_id, first, last,
            "Pay-as-you-go" if is_usage else "One-Year commitment for monthly/yearly billing", f"{unit}",
            "1 Hour" if is_usage else "", order, f"{line.seats}", "Monthly", CURRENCY, "1", first,
            "Virtual Machines - D2s v5" if is_usage else "", "", "", "", "", "", "", "",
            "Azure" if is_usage else "Software",
        ]  # fmt: skip


def _cost(customer: Customer, line: Line) -> tuple[Decimal, Decimal]:
    """Unit price and subtotal in kronor."""
    if line.product == AZURE:
        factor = _USAGE_COST[customer.currency]
        cost = (Decimal(line.net) / 100 * factor).quantize(_CENT, rounding=ROUND_HALF_UP)
        return cost, cost
    unit = PRICE_LIST[line.product].sek
    return unit, (unit * line.seats).quantize(_CENT)


def sidecar(invoice_id: str, month: date, total: Decimal) -> dict[str, object]:
    """The invoice as Partner Center's API describes it; `totalCharges` is a JSON number there too."""
    invoiced_on = next_month(month) + timedelta(days=5)
    return {
        "id": invoice_id,
        "invoiceDate": f"{invoiced_on}T04:12:09.1830000Z",
        "billingPeriodStartDate": f"{month}T00:00:00Z",
        "billingPeriodEndDate": f"{next_month(month) - timedelta(days=1)}T00:00:00Z",
        "totalCharges": float(total),
        "paidAmount": 0,
        "currencyCode": CURRENCY,
        "documentType": "invoice",
        "invoiceType": "OneTime",
    }
