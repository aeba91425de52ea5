"""Why a customer's bill changed: the difference to the month before as causes, which add up to it to the last unit.

Every product of every subscription is told once: new, removed, or changed. What changed is taken apart in whole minor
units, each part from what is left, so nothing can be lost: credits, usage by meter, the exchange rate in it, changes
within a cycle (proration), seats, and what remains is the price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from csp_receivables.domain.charges.bill_lines import BillLine, rounded

WHOLE_CYCLE_APART_DAYS = 3  # months have 28 to 31 days; cycles that differ by more are parts of one
_CREDITS = {"customercredit", "offsetalineitem", "activationdiscount", "cyclediscount", "renewdiscount"}
_WHOLE = {"new", "renew", "cyclecharge", "cyclefee", "extendterm", "purchase", "newpurchasecyclefee"}


class Kind(StrEnum):
    """What made a part of the difference."""

    NEW = "new"
    REMOVED = "removed"
    SEATS = "seats"
    PRICE = "price"
    PRORATION = "proration"
    USAGE = "usage"
    CREDIT = "credit"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One part of the difference; `amount` in minor units, positive where the bill grew. Seats where they changed."""

    kind: Kind
    product: str
    subscription_id: str
    amount: int
    meter: str = ""
    seats_before: Decimal | None = None
    seats_after: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The bill of one currency in two months, net of tax, and the causes of the difference."""

    currency: str
    before: int
    after: int
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedBill:
    """A customer's bill explained. `at_cost`: no price book says what the customer pays, amounts are Microsoft's.

    `unsure`: vendor invoices in it that are not released, so that it may change yet.
    """

    customer_id: str
    name: str
    language: str
    country: str
    month: date
    month_before: date
    explanations: tuple[Explanation, ...]
    at_cost: bool
    unsure: tuple[str, ...]


Item = tuple[str, str]  # subscription and product


def explain(before: Sequence[BillLine], after: Sequence[BillLine]) -> tuple[Explanation, ...]:
    """An explanation for each currency that either month has, in their order."""
    currencies = sorted({one.line.currency for one in (*before, *after)})
    return tuple(_of_currency(currency, before, after) for currency in currencies)


def _of_currency(currency: str, before: Sequence[BillLine], after: Sequence[BillLine]) -> Explanation:
    old, new = _items(before, currency), _items(after, currency)
    elsewhere = {_item(one) for one in (*before, *after) if one.line.currency != currency}
    causes: list[Cause] = []
    for item in sorted({*old, *new}):
        if item in old and item in new:
            causes += _changed(item, old[item], new[item])
        else:
            kind = Kind.CURRENCY if item in elsewhere else Kind.NEW if item in new else Kind.REMOVED
            causes.append(_cause(kind, item, _net(new.get(item, [])) - _net(old.get(item, []))))
    told = sorted((one for one in causes if one.amount), key=lambda one: -abs(one.amount))
    return Explanation(
        currency=currency,
        before=sum(map(_net, old.values())),
        after=sum(map(_net, new.values())),
        causes=tuple(told),
    )


def _changed(item: Item, old: Sequence[BillLine], new: Sequence[BillLine]) -> list[Cause]:
    """The parts of one product's difference. Each is taken out of what is left; the rest is seats and price."""
    causes = [_cause(Kind.CREDIT, item, _net(_credits(new)) - _net(_credits(old)))]
    used = (_by_meter(old), _by_meter(new))
    for meter in sorted({*used[0], *used[1]}):
        causes += _meter(item, meter, used[0].get(meter, []), used[1].get(meter, []))
    causes.append(_cause(Kind.PRORATION, item, _net(_parts(new)) - _net(_parts(old))))
    return causes + _whole_cycles(item, _whole(old), _whole(new))


def _meter(item: Item, meter: str, old: Sequence[BillLine], new: Sequence[BillLine]) -> list[Cause]:
    """What a meter's use changed, apart from what the exchange rate did to the use of now."""
    difference, rates = _net(new) - _net(old), (_rate(old), _rate(new))
    by_rate = 0
    if rates[0] and rates[1] and rates[0] != rates[1]:
        by_rate = rounded(Decimal(_net(new)) * (rates[1] - rates[0]) / rates[1])
    return [
        _cause(Kind.USAGE, item, difference - by_rate, meter=meter),
        _cause(Kind.CURRENCY, item, by_rate, meter=meter),
    ]


def _whole_cycles(item: Item, old: Sequence[BillLine], new: Sequence[BillLine]) -> list[Cause]:
    """Seats at the price of before; then a cycle that was longer or shorter; what remains is the price."""
    difference, seats = _net(new) - _net(old), (_seats(old), _seats(new))
    by_seats = 0
    if seats[0] and seats[1]:
        by_seats = rounded(Decimal(_net(old)) * (seats[1] - seats[0]) / seats[0])
    elif seats[0] != seats[1]:
        by_seats = difference
    days = (_days(old), _days(new))
    is_partial = bool(days[0] and days[1]) and abs(days[0] - days[1]) > WHOLE_CYCLE_APART_DAYS
    rest = Kind.PRORATION if is_partial else Kind.PRICE
    return [
        _cause(Kind.SEATS, item, by_seats, seats=seats),
        _cause(rest, item, difference - by_seats),
    ]


def _cause(
    kind: Kind, item: Item, amount: int, *, meter: str = "", seats: tuple[Decimal, Decimal] | None = None
) -> Cause:
    return Cause(
        kind=kind,
        product=item[1],
        subscription_id=item[0],
        amount=amount,
        meter=meter,
        seats_before=seats[0] if seats else None,
        seats_after=seats[1] if seats else None,
    )


def _items(lines: Iterable[BillLine], currency: str) -> dict[Item, list[BillLine]]:
    found: dict[Item, list[BillLine]] = defaultdict(list)
    for one in lines:
        if one.line.currency == currency:
            found[_item(one)].append(one)
    return found


def _item(one: BillLine) -> Item:
    return (one.line.subscription_id, one.line.product)


def _plain(one: BillLine) -> str:
    return _simplified(one.line.charge_type)


@lru_cache(maxsize=1_000)  # a month has a dozen
def _simplified(charge_type: str) -> str:
    return "".join(character for character in charge_type.casefold() if character.isalnum())


def _credits(lines: Iterable[BillLine]) -> list[BillLine]:
    return [one for one in lines if _plain(one) in _CREDITS]


def _by_meter(lines: Iterable[BillLine]) -> dict[str, list[BillLine]]:
    """Charges for usage, by meter."""
    found: dict[str, list[BillLine]] = defaultdict(list)
    for one in lines:
        if one.is_usage and _plain(one) not in _CREDITS:
            found[one.meter].append(one)
    return found


def _whole(lines: Iterable[BillLine]) -> list[BillLine]:
    """Charges for whole cycles."""
    return [one for one in lines if not one.is_usage and _plain(one) in _WHOLE]


def _parts(lines: Iterable[BillLine]) -> list[BillLine]:
    """Charges and refunds within a cycle: seats added or given back, plans changed, cancellations."""
    return [one for one in lines if not one.is_usage and _plain(one) not in _WHOLE | _CREDITS]


def _net(lines: Iterable[BillLine]) -> int:
    return sum(one.net for one in lines)


def _seats(lines: Iterable[BillLine]) -> Decimal:
    return sum((one.line.quantity for one in lines), Decimal(0))


def _days(lines: Sequence[BillLine]) -> int:
    """Days of the longest cycle; 0 where none is told."""
    return max(
        (
            (one.line.charge_until - one.line.charge_from).days + 1
            for one in lines
            if one.line.charge_from and one.line.charge_until
        ),
        default=0,
    )


def _rate(lines: Sequence[BillLine]) -> Decimal | None:
    """The exchange rate in the lines, where they have one."""
    rates = {one.rate for one in lines if one.rate}
    return sum(rates, Decimal(0)) / len(rates) if rates else None
