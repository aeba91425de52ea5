"""What accounting exports: customers, and receivables with the lines that name the vendor invoices they pass on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from stdnum import luhn

from bench.sample_month.charges import Charge, Period
from bench.sample_month.people import Customer

SELLER = "fjardholm"
MARGIN = {"licence": Decimal("1.18"), "azure": Decimal("1.25")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; net and tax in minor units, tax rate in per cent."""

    description: str
    net: int
    tax_rate: int
    vendor_invoice: str = ""
    subscription_id: str = ""
    service_from: date | None = None
    service_until: date | None = None

    @property
    def tax(self) -> int:
        return int((Decimal(self.net) * self.tax_rate / 100).to_integral_value(rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """One invoice or credit note of the partner."""

    number: str
    kind: str
    customer_id: str
    issued_on: date
    due_on: date
    currency: str
    reference: str
    lines: tuple[Line, ...]
    credits_number: str = ""

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def amount(self) -> int:
        return self.net + self.tax


def ocr(number: str) -> str:
    """A Swedish OCR reference of a receivable number: digits, length digit, Luhn check digit (agreement level 3)."""
    body = "".join(character for character in number if character.isdigit())
    with_length = body + str((len(body) + 2) % 10)
    return with_length + str(luhn.calc_check_digit(with_length))


@dataclass(slots=True)
class Numbering:
    """Receivable numbers in one unbroken series: F104001, F104002, …"""

    last: int = 104000

    def __call__(self) -> str:
        self.last += 1
        return f"F{self.last}"


def bill(
    numbering: Numbering, period: Period, charges: list[Charge], customers: dict[str, Customer], issued_on: date
) -> list[Receivable]:
    """One invoice for each customer that was charged: a line for each subscription, at cost plus margin."""
    made = []
    for customer_id in sorted({charge.customer_id for charge in charges}):
        customer = customers[customer_id]
        lines = _lines(period, [charge for charge in charges if charge.customer_id == customer_id], customer)
        if not lines:
            continue
        number = numbering()
        made.append(
            Receivable(
                number=number,
                kind="invoice",
                customer_id=customer_id,
                issued_on=issued_on,
                due_on=issued_on + timedelta(days=customer.term_days),
                currency=period.currency,
                reference=ocr(number),
                lines=lines,
            )
        )
    return made


def _lines(period: Period, charges: list[Charge], customer: Customer) -> tuple[Line, ...]:
    costs: dict[tuple[str, str, str], Decimal] = {}
    for charge in charges:
        key = (charge.group, charge.name, charge.subscription_id)
        costs[key] = costs.get(key, Decimal(0)) + charge.subtotal
    return tuple(
        Line(
            description=f"{name}, {period.starts_on:%Y-%m}",
            net=int((cost * MARGIN[group] * 100).to_integral_value(rounding=ROUND_HALF_UP)),
            tax_rate=25 if customer.country == "SE" else 0,  # elsewhere in the EU the buyer accounts for the tax
            vendor_invoice=period.invoice_id,
            subscription_id=subscription_id,
            service_from=period.starts_on,
            service_until=period.ends_on,
        )
        for (group, name, subscription_id), cost in sorted(costs.items())
        if cost > 0
    )


def older(
    random: Random, numbering: Numbering, customers: dict[str, Customer], owed: list[tuple[str, date]]
) -> list[Receivable]:
    """Invoices of earlier months that nobody has paid yet; their vendor invoices are settled and not in the sample."""
    made = []
    for customer_id, issued_on in owed:
        customer, number = customers[customer_id], numbering()
        service_until = issued_on.replace(day=1) - timedelta(days=1)
        line = Line(
            description=f"Microsoft 365 and Azure, {service_until:%Y-%m}",
            net=random.randint(2_500, 38_000) * (100 if customer.currency == "SEK" else 10),
            tax_rate=25 if customer.country == "SE" else 0,
            service_from=service_until.replace(day=1),
            service_until=service_until,
        )
        made.append(
            Receivable(
                number=number,
                kind="invoice",
                customer_id=customer_id,
                issued_on=issued_on,
                due_on=issued_on + timedelta(days=customer.term_days),
                currency=customer.currency,
                reference=ocr(number),
                lines=(line,),
            )
        )
    return made


def with_own_work(receivable: Receivable) -> Receivable:
    """The same invoice with a day of the partner's own work on it: a line that no vendor invoice stands behind."""
    work = Line(description="Workshop: getting started with Teams, 1 day", net=1_450_000, tax_rate=25)
    return replace(receivable, lines=(*receivable.lines, work))


def credit_note(numbering: Numbering, receivable: Receivable, issued_on: date) -> Receivable:
    """A credit note for the first line of `receivable`."""
    number, line = numbering(), receivable.lines[0]
    return Receivable(
        number=number,
        kind="credit_note",
        customer_id=receivable.customer_id,
        issued_on=issued_on,
        due_on=issued_on,
        currency=receivable.currency,
        reference="",
        lines=(replace(line, description=f"Credit: {line.description}"),),
        credits_number=receivable.number,
    )
