"""What Microsoft charged: three new-commerce invoices with their reconciliation lines and their sidecars."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from random import Random

from bench.sample_month.people import PARTNER_ID, PARTNER_MPN_ID, Customer, guid
from csp_receivables.made_up.microsoft import COLUMNS

CENT = Decimal("0.01")
# name, product, sku, monthly list price in SEK
_LICENCES = (
    ("Microsoft 365 Business Basic", "CFQ7TTC0LH18", "0001", "64.90"),
    ("Microsoft 365 Business Standard", "CFQ7TTC0LDPB", "0001", "135.20"),
    ("Microsoft 365 Business Premium", "CFQ7TTC0LCHC", "0002", "237.60"),
    ("Exchange Online (Plan 1)", "CFQ7TTC0LH16", "0001", "43.20"),
    ("Microsoft 365 E3 EEA (no Teams)", "CFQ7TTC0LFLX", "0015", "374.40"),
    ("Microsoft Teams EEA", "CFQ7TTC0NH0Z", "0001", "56.70"),
    ("Power BI Pro", "CFQ7TTC0H9MP", "0001", "151.20"),
    ("Visio Plan 2", "CFQ7TTC0HD32", "0001", "162.00"),
    ("Microsoft 365 Copilot for business", "CFQ7TTC0MM8R", "0002", "324.00"),
    ("Microsoft Defender for Business", "CFQ7TTC0JXZ9", "0001", "32.40"),
)
# meter, unit, price in USD, usual quantity a month
_METERS = (
    ("Virtual Machines - D2s v5 - SE Central", "1 Hour", "0.107", 744),
    ("Virtual Machines - B2ms - SE Central", "1 Hour", "0.0912", 744),
    ("Storage - Hot LRS Data Stored", "1 GB/Month", "0.0196", 900),
    ("Bandwidth - Standard Data Transfer Out", "1 GB", "0.087", 120),
    ("SQL Database - vCore General Purpose", "1 Hour", "0.2431", 744),
    ("Backup - Standard Protected Instances", "1/Month", "10.00", 6),
    ("Azure Monitor - Log Analytics Data Ingestion", "1 GB", "2.99", 22),
    ("Key Vault - Standard Operations", "10K", "0.03", 3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One vendor invoice to be made: number, currency, billing month and what a dollar cost."""

    invoice_id: str
    currency: str
    starts_on: date
    ends_on: date
    invoiced_on: date
    dollar: Decimal  # pricing currency of Azure to the billing currency
    licence_factor: Decimal  # the SEK list price in this currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line: the customer and tenant it belongs to and its cells by column name."""

    customer_id: str
    tenant_id: str
    group: str  # "licence", "azure": what the partner bills as one line
    subscription_id: str
    name: str
    subtotal: Decimal
    cells: dict[str, str] = field(repr=False)


def charges(random: Random, period: Period, owners: list[tuple[Customer, str]]) -> list[Charge]:
    """All lines of one vendor invoice, mixed as Microsoft mixes them (no order to rely on)."""
    lines: list[Charge] = []
    for customer, tenant in owners:
        seed = Random(f"{tenant}")  # a customer keeps its subscriptions from month to month
        for product in seed.sample(_LICENCES, seed.randint(2, 5)):
            lines += _licence(random, seed, period, customer, tenant, product)
        if seed.random() < 0.75:
            lines += _azure(random, seed, period, customer, tenant)
    random.shuffle(lines)
    return lines


def _licence(
    random: Random, seed: Random, period: Period, customer: Customer, tenant: str, product: tuple[str, str, str, str]
) -> list[Charge]:
    """The month's charge of one subscription, at times with a seat change (refund and new charge) or a refund."""
    subscription, seats, order = guid(seed), seed.choice((3, 5, 8, 12, 15, 20, 25, 40)), f"{seed.getrandbits(48):012x}"
    price = (Decimal(product[3]) * period.licence_factor).quantize(CENT, ROUND_DOWN)
    line = _LineMaker(period, customer, tenant, product, subscription, order, price)
    happens = random.random()
    if happens < 0.08:
        return [line(random, "new", seats, price, from_day=random.randint(3, 20))]
    made = [line(random, "renew" if happens < 0.14 else "cycleCharge", seats, price)]
    if happens > 0.80:
        day, reference = random.randint(5, 25), guid(random)
        kind, after = ("addQuantity", seats + 4) if happens < 0.92 else ("removeQuantity", max(1, seats - 2))
        made.append(line(random, kind, seats, -price, from_day=day, reference=reference))
        made.append(line(random, kind, after, price, from_day=day, reference=reference))
    elif happens > 0.77:
        made.append(line(random, "cancelImmediate", seats, -price, from_day=4))
    return made


@dataclass(frozen=True, slots=True)
class _LineMaker:
    """Makes the lines of one licence subscription."""

    period: Period
    customer: Customer
    tenant: str
    product: tuple[str, str, str, str]
    subscription: str
    order: str
    price: Decimal

    def __call__(
        self, random: Random, kind: str, seats: int, unit: Decimal, from_day: int = 1, reference: str = ""
    ) -> Charge:
        days = self.period.ends_on.day
        effective = (unit * (days - from_day + 1) / days).quantize(Decimal("0.0001"), ROUND_DOWN)
        subtotal = (effective.quantize(CENT, ROUND_DOWN) * seats).quantize(CENT)
        name, product_id, sku_id, _ = self.product
        start = self.period.starts_on.replace(day=from_day)
        cells = _common(self.period, self.customer, self.tenant) | {
            "OrderId": self.order,
            "OrderDate": _day(start),
            "ProductId": product_id,
            "SkuId": sku_id,
            "AvailabilityId": f"CFQ7TTC0{self.order[:4].upper()}",
            "SkuName": name,
            "ProductName": name,
            "ChargeType": kind,
            "UnitPrice": f"{self.price}",
            "Quantity": str(seats),
            "Subtotal": f"{subtotal}",
            "TaxTotal": "0",
            "Total": f"{subtotal}",
            "PublisherName": "Microsoft Corporation",
            "SubscriptionDescription": name,
            "SubscriptionId": self.subscription,
            "ChargeStartDate": _day(start),
            "ChargeEndDate": _day(self.period.ends_on),
            "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing",
            "EffectiveUnitPrice": f"{effective}",
            "AlternateId": self.order,
            "BillableQuantity": str(seats),
            "BillingFrequency": "Monthly",
            "PricingCurrency": self.period.currency,
            "PCToBCExchangeRate": "1",
            "PCToBCExchangeRateDate": _day(self.period.starts_on),
            "SubscriptionStartDate": _day(date(2026, 3, 1)),
            "SubscriptionEndDate": _day(date(2027, 2, 28)),
            "ReferenceId": reference or guid(random),
            "ProductCategory": "Software",
        }
        return _charge(self.customer, self.tenant, "licence", self.subscription, name, subtotal, cells)


def _azure(random: Random, seed: Random, period: Period, customer: Customer, tenant: str) -> list[Charge]:
    """A month of Azure usage on one plan; one customer in five has a credit that offsets a usage line."""
    plan, order = guid(seed), base64.b32encode(seed.randbytes(15)).decode()
    made = []
    for meter in seed.sample(_METERS, seed.randint(3, 7)):
        quantity = (Decimal(meter[3]) * random.randint(500, 1500) / 1000).quantize(Decimal("0.000001"))
        made.append(_usage(period, customer, tenant, plan, order, meter, quantity, credit=False))
        if random.random() < 0.06:
            made.append(_usage(period, customer, tenant, plan, order, meter, quantity, credit=True))
    return made


def _usage(
    period: Period,
    customer: Customer,
    tenant: str,
    plan: str,
    order: str,
    meter: tuple[str, str, str, int],
    quantity: Decimal,
    *,
    credit: bool,
) -> Charge:
    name, unit, dollars, _ = meter
    effective = Decimal(dollars) * Decimal("0.85") * (-1 if credit else 1)
    in_dollars = (effective * quantity).quantize(CENT, ROUND_DOWN)
    subtotal = (in_dollars * period.dollar).quantize(CENT, ROUND_DOWN)
    cells = _common(period, customer, tenant) | {
        "OrderId": order,
        "OrderDate": _day(period.starts_on),
        "ProductId": "DZH318Z0BPS6",
        "SkuId": "0001",
        "AvailabilityId": "DZH318Z0BQ4B",
        "SkuName": name.split(" - ", maxsplit=1)[0],
        "ProductName": "Azure plan",
        "ChargeType": "customerCredit" if credit else "New",
        "UnitPrice": dollars,
        "Quantity": "1",
        "Subtotal": f"{subtotal}",
        "TaxTotal": "0",
        "Total": f"{subtotal}",
        "PriceAdjustmentDescription": '["15.0% Partner earned credit for services managed"]',
        "PublisherName": "Microsoft",
        "SubscriptionDescription": "Azure plan",
        "SubscriptionId": plan,
        "ChargeStartDate": _day(period.starts_on),
        "ChargeEndDate": _day(period.ends_on),
        "TermAndBillingCycle": name,
        "EffectiveUnitPrice": f"{effective}",
        "UnitType": unit,
        "BillableQuantity": _scientific(quantity),
        "BillingFrequency": "Monthly",
        "PricingCurrency": "USD",
        "PCToBCExchangeRate": f"{period.dollar}",
        "PCToBCExchangeRateDate": _day(period.ends_on),
        "MeterDescription": name,
        "CreditReasonCode": "Azure Credit Offer" if credit else "",
        "ProductCategory": "Azure",
    }
    return _charge(customer, tenant, "azure", plan, "Azure plan", subtotal, cells)


def _scientific(quantity: Decimal) -> str:
    """Small quantities with an exponent, as Microsoft writes them."""
    return f"{quantity:.6E}" if quantity < 5 else f"{quantity:f}"


def _common(period: Period, customer: Customer, tenant: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {
        "PartnerId": PARTNER_ID,
        "CustomerId": tenant,
        "CustomerName": customer.name,
        "CustomerDomainName": customer.domain,
        "CustomerCountry": customer.country,
        "InvoiceNumber": period.invoice_id,
        "MpnId": PARTNER_MPN_ID,
        "Tier2MpnId": "0",
        "Currency": period.currency,
    }


def _charge(
    customer: Customer, tenant: str, group: str, plan: str, name: str, subtotal: Decimal, cells: dict[str, str]
) -> Charge:
    return Charge(
        customer_id=customer.customer_id,
        tenant_id=tenant,
        group=group,
        subscription_id=plan,
        name=name,
        subtotal=subtotal,
        cells=cells,
    )


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def sidecar(period: Period, total: Decimal) -> dict[str, object]:
    """The invoice as Partner Center's API describes it; `totalCharges` is a JSON number there too."""
    address = f"/invoices/OneTime-{period.invoice_id}"
    return {
        "id": period.invoice_id,
        "invoiceDate": f"{period.invoiced_on}T04:12:09.1830000Z",
        "billingPeriodStartDate": f"{period.starts_on}T00:00:00Z",
        "billingPeriodEndDate": f"{period.ends_on}T00:00:00Z",
        "totalCharges": float(total),  # as in the API: a JSON number of two decimals
        "paidAmount": 0,
        "currencyCode": period.currency,
        "currencySymbol": "kr" if period.currency == "SEK" else "€",
        "pdfDownloadLink": f"/invoices/{period.invoice_id}/documents/statement",
        "invoiceDetails": [
            {
                "invoiceLineItemType": "billing_line_items",
                "billingProvider": "one_time",
                "links": {
                    "self": {"uri": f"{address}/lineitems/OneTime/BillingLineItems", "method": "GET", "headers": []}
                },
                "attributes": {"objectType": "InvoiceDetail"},
            }
        ],
        "documentType": "invoice",
        "invoiceType": "OneTime",
        "links": {"self": {"uri": address, "method": "GET", "headers": []}},
        "attributes": {"objectType": "Invoice"},
    }
