"""What the partner bills a month: licence prices that repeat, references of each country, credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from stdnum import luhn
from stdnum.be import ogm_vcs

from csp_receivables.domain.references import (
    Agreement,
    Kind,
    OcrLevel,
    issue_ocr,
    issue_rf,
    validate,
    viite_check_digit,
)
from csp_receivables.made_up.customers import Customer, Subscription
from csp_receivables.made_up.habits import CREDIT_IS_NAMED, CREDITED, SEATS_CHANGE, happens

SELLER = "fjardholm"
FIRST_NUMBER = 26_000_001
_AGREEMENT = Agreement(ocr=OcrLevel.LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A licence: what Microsoft calls it, and its list price a seat and month in SEK."""

    name: str
    product_id: str
    sku_id: str
    sek: Decimal


def _product(name: str, product_id: str, sku_id: str, sek: str) -> Product:
    return Product(name=name, product_id=product_id, sku_id=sku_id, sek=Decimal(sek))


PRICE_LIST = (
    _product("Microsoft 365 Business Basic", "CFQ7TTC0LH18", "0001", "64.90"),
    _product("Microsoft 365 Business Standard", "CFQ7TTC0LDPB", "0001", "135.20"),
    _product("Microsoft 365 Business Premium", "CFQ7TTC0LCHC", "0002", "237.60"),
    _product("Exchange Online (Plan 1)", "CFQ7TTC0LH16", "0001", "43.20"),
    _product("Microsoft 365 E3 EEA (no Teams)", "CFQ7TTC0LFLX", "0015", "374.40"),
    _product("Microsoft Teams EEA", "CFQ7TTC0NH0Z", "0001", "56.70"),
    _product("Power BI Pro", "CFQ7TTC0H9MP", "0001", "151.20"),
    _product("Visio Plan 2", "CFQ7TTC0HD32", "0001", "162.00"),
    _product("Microsoft 365 Copilot for business", "CFQ7TTC0MM8R", "0002", "324.00"),
    _product("Microsoft Defender for Business", "CFQ7TTC0JXZ9", "0001", "32.40"),
)
# What a krona of the price list is in each currency; list prices are round in each.
_FACTORS = {
    "SEK": Decimal(1),
    "NOK": Decimal("1.02"),
    "DKK": Decimal("0.66"),
    "EUR": Decimal("0.089"),
    "USD": Decimal("0.096"),
    "GBP": Decimal("0.076"),
}
AZURE = -1
_SATURDAY = 5
_MARGIN = Decimal("1.18")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: net and tax in minor units. `product` is the place in the price list, AZURE for usage."""

    product: int
    seats: int
    subscription_id: str
    net: int
    tax: int


@dataclass(slots=True, kw_only=True)
class Receivable:
    """An invoice or credit note. `left` is what its payments have not been planned for yet."""

    number: str
    kind: str
    customer: Customer
    issued_on: date
    due_on: date
    reference: str
    lines: tuple[Line, ...]
    service_from: date
    credits_number: str = ""
    left: int = 0

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def amount(self) -> int:
        return self.net + self.tax

    @property
    def service_until(self) -> date:
        return next_month(self.service_from) - timedelta(days=1)

    @property
    def receivable_id(self) -> str:
        return f"{SELLER}/{self.number}"


@dataclass(slots=True)
class Numbering:
    """Receivable numbers in one unbroken series."""

    last: int = FIRST_NUMBER - 1

    def __call__(self) -> str:
        self.last += 1
        return str(self.last)


def unit_price(product: int, currency: str) -> Decimal:
    """The partner's list price of a seat a month."""
    price = PRICE_LIST[product].sek * _FACTORS[currency] * _MARGIN
    return price.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def reference_of(number: str, country: str, currency: str) -> str:
    """The payment reference that invoices of that country bear."""
    if currency == "SEK":
        return issue_ocr(number, _AGREEMENT).text
    if currency == "NOK":
        return validate(number + luhn.calc_check_digit(number), Kind.KID).text
    if country == "FI":
        return validate(number + viite_check_digit(number), Kind.VIITE).text
    if country == "BE":
        body = number.zfill(10)
        return validate(body + str(ogm_vcs.calc_check_digits(body + "00")), Kind.OGM).text
    return issue_rf(number).text


def bill(random: Random, numbering: Numbering, customer: Customer, month: date) -> Iterator[Receivable]:
    """What the customer is billed for the service of `month` (its first day), in the middle of the next."""
    issued_on = next_month(month) + timedelta(days=random.randint(7, 12))
    issued_on += timedelta(days=max(0, 7 - issued_on.weekday()) if issued_on.weekday() >= _SATURDAY else 0)
    for contract in customer.contracts:
        lines = tuple(_line(random, customer, subscription) for subscription in contract)
        if customer.uses_azure and contract is customer.contracts[0]:
            lines += (_azure(random, customer),)
        number = numbering()
        made = Receivable(
            number=number,
            kind="invoice",
            customer=customer,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=customer.term_days),
            reference=reference_of(number, customer.country.code, customer.currency),
            lines=lines,
            service_from=month,
        )
        made.left = made.amount
        yield made


def credit(random: Random, numbering: Numbering, invoice: Receivable) -> Receivable | None:
    """A credit note for one line of `invoice`, rarely; its customer pays the rest. Never for all of it."""
    if len(invoice.lines) == 1 or not happens(random, CREDITED):
        return None
    made = Receivable(
        number=numbering(),
        kind="credit_note",
        customer=invoice.customer,
        issued_on=invoice.issued_on + timedelta(days=random.randint(1, 6)),
        due_on=invoice.issued_on + timedelta(days=6),
        reference="",
        lines=invoice.lines[:1],
        service_from=invoice.service_from,
        credits_number=invoice.number if happens(random, CREDIT_IS_NAMED) else "",
    )
    invoice.left -= made.amount
    return made


def _line(random: Random, customer: Customer, subscription: Subscription) -> Line:
    if happens(random, SEATS_CHANGE):
        subscription.seats = max(1, subscription.seats + random.choice((-2, -1, 1, 2, 3, 5)))
    net = int(unit_price(subscription.product, customer.currency) * subscription.seats * 100)
    return _with_tax(customer, subscription.product, subscription.seats, subscription.subscription_id, net)


def _azure(random: Random, customer: Customer) -> Line:
    net = int(random.randint(20_000, 900_000) * _FACTORS[customer.currency])
    return _with_tax(customer, AZURE, 1, customer.contracts[0][0].subscription_id[::-1], net)


def _with_tax(customer: Customer, product: int, seats: int, subscription_id: str, net: int) -> Line:
    tax = (net * customer.country.tax_rate + 50) // 100
    return Line(product=product, seats=seats, subscription_id=subscription_id, net=net, tax=tax)


def next_month(month: date) -> date:
    """The first day of the month after that of `month`."""
    return (month + timedelta(days=31)).replace(day=1)
