"""What the day should say of the sample, reckoned from its plot alone: no code of the product is used."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from bench.sample_month.books import Receivable
from bench.sample_month.calendar_days import LAST, NEWEST_BOOKING
from bench.sample_month.month import Month
from bench.sample_month.payments import Booking, Detail

BUCKETS = ((0, "not due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
CURRENCIES = ("SEK", "EUR")


def expected(month: Month) -> dict[str, Any]:
    """The true headline of the two days a demonstration may stand on, and what each vendor invoice costs."""
    return {
        "partner": month.sek.owner,
        "newest_booking": NEWEST_BOOKING.isoformat(),
        "customers": len(month.customers),
        "receivables": len(month.receivables),
        "vendor_invoices": _vendor_invoices(month),
        "days": {day.isoformat(): _day(month, day) for day in (NEWEST_BOOKING, LAST)},
    }


def opens(month: Month, day: date) -> dict[str, int]:
    """What each invoice has open at the end of `day`, by number, in minor units."""
    left = {each.number: each.amount for each in month.receivables if each.kind == "invoice" and each.issued_on <= day}
    for detail in _booked(month.sek_bookings + month.eur_bookings, day):
        for number, amount in detail.pays:
            left[number] -= amount
    for credit in month.receivables:
        if credit.kind == "credit_note" and credit.issued_on <= day:
            left[credit.credits_number] -= credit.amount
    if negative := [number for number, amount in left.items() if amount < 0]:
        raise ValueError(f"the plot pays more than is open on {', '.join(negative)}")
    return left


def _booked(bookings: list[Booking], day: date) -> list[Detail]:
    return [detail for booking in bookings if booking.booked_on <= day for detail in booking.details]


def _day(month: Month, day: date) -> dict[str, Any]:
    accounts = {"SEK": month.sek_bookings, "EUR": month.eur_bookings}
    return {currency: _headline(month, accounts[currency], currency, day) for currency in CURRENCIES}


def _headline(month: Month, bookings: list[Booking], currency: str, day: date) -> dict[str, Any]:
    details = _booked(bookings, day)
    returns = _booked([booking for booking in bookings if booking.is_return], day)
    received = [detail for detail in details if detail.amount > 0]
    returned = -sum(detail.amount for detail in returns)
    ours = sum(detail.amount for detail in details if detail.amount < 0) + returned
    allocated = sum(amount for detail in details for _, amount in detail.pays)
    money_in = sum(detail.amount for detail in received)
    credited = sum(each.amount for each in month.receivables if _is_credit(each, currency, day))
    return {
        "received": _text(money_in),
        "returned": _text(returned),
        "not_customer_money": _text(ours),
        "allocated": _text(allocated),
        "unapplied": _text(money_in - returned - allocated),
        "credited": _text(credited),
        **_standing(month, currency, day),
        "payments": len(received),
        "payments_by_rule": dict(sorted(Counter(detail.rule or "none" for detail in received).items())),
    }


def _is_credit(receivable: Receivable, currency: str, day: date) -> bool:
    return receivable.kind == "credit_note" and receivable.currency == currency and receivable.issued_on <= day


def _standing(month: Month, currency: str, day: date) -> dict[str, Any]:
    left = opens(month, day)
    buckets: defaultdict[str, int] = defaultdict(int)
    late: dict[str, int] = {}
    for each in month.receivables:
        open_amount = left.get(each.number, 0)
        if each.currency != currency or not open_amount:
            continue
        buckets[bucket((day - each.due_on).days)] += open_amount
        if each.due_on < day:
            late[each.customer_id] = late.get(each.customer_id, 0) + open_amount
    names = [name for _, name in BUCKETS[1:]] + ["over 90"]
    return {
        "open": _text(sum(buckets.values())),
        "not_due": _text(buckets["not due"]),
        "overdue": _text(sum(late.values())),
        "overdue_by_bucket": {name: _text(buckets[name]) for name in names},
        "late_customers": {customer: _text(amount) for customer, amount in sorted(late.items())},
    }


def bucket(days_overdue: int) -> str:
    """The bucket of a receivable that is so many days past its due date; not due on the due date itself."""
    return next((name for days_max, name in BUCKETS if days_overdue <= days_max), "over 90")


def _vendor_invoices(month: Month) -> dict[str, Any]:
    return {
        period.invoice_id: {
            "currency": period.currency,
            "lines": len(lines),
            "cost": f"{sum((line.subtotal for line in lines), Decimal(0)):.2f}",
            "unmapped_cost": f"{sum((line.subtotal for line in lines if not line.customer_id), Decimal(0)):.2f}",
        }
        for period, lines in month.charges.items()
    }


def _text(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"
