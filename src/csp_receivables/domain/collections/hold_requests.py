"""A person places a hold, ends one, or tags a customer: what they must say, checked before anything is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.collections.cases import Hold, HoldKind, Instalment
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.money import NotMoney, to_minor

HOLD_ID_DIGITS = 12
PROMISES = (HoldKind.PROMISE, HoldKind.PLAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """What a person says. `receivable`: an id, "" for the whole customer. `parts`: (day, amount as decimal text)."""

    customer_id: str
    kind: HoldKind = HoldKind.MANUAL
    receivable_id: str = ""
    until: date | None = None
    currency: str = ""
    parts: tuple[tuple[date, str], ...] = ()


def hold_of(request: HoldRequest, who: Person, today: date) -> Hold:
    """The hold that the request places today. Raises ByHandRefused."""
    if request.until and request.until < today:
        raise ByHandRefused(f"--until {request.until} has passed (today is {today}); name a day to come")
    instalments = _instalments(request, today)
    text = "\x1f".join(
        (
            *(request.customer_id, request.kind, request.receivable_id, str(request.until), str(today), who.why),
            *(f"{i.due_on}={i.amount}" for i in instalments),
        )
    )
    return Hold(
        hold_id=hashlib.sha256(text.encode()).hexdigest()[:HOLD_ID_DIGITS],
        kind=request.kind,
        customer_id=request.customer_id,
        receivable_id=request.receivable_id,
        reason=who.why,
        placed_by=who.name,
        placed_on=today,
        until=None if instalments else request.until,  # what is promised holds until it is judged
        currency=request.currency if instalments else "",
        instalments=instalments,
    )


def _instalments(request: HoldRequest, today: date) -> tuple[Instalment, ...]:
    if request.kind not in PROMISES:
        if request.parts:
            raise ByHandRefused(
                f"a {request.kind} hold promises no money; leave the amounts out, or use promise or plan"
            )
        return ()
    if not request.parts:
        raise ByHandRefused(f"a {request.kind} names what comes and when: --promise 2026-03-31=500.00")
    if request.kind is HoldKind.PROMISE and len(request.parts) > 1:
        raise ByHandRefused("a promise has one day; several are a plan: --kind plan")
    if not request.currency:
        raise ByHandRefused("a promise needs its currency: --currency EUR")
    return tuple(_instalment(day, amount, request.currency, today) for day, amount in sorted(request.parts))


def _instalment(day: date, amount: str, currency: str, today: date) -> Instalment:
    if day < today:
        raise ByHandRefused(f"{day} has passed (today is {today}); name a day to come")
    try:
        minor = to_minor(amount, currency)
    except (NotMoney, UnknownCurrency) as error:
        raise ByHandRefused(f"{error}; write the amount as 500.00") from None
    if minor <= 0:
        raise ByHandRefused(f"{amount} is no amount to be paid; write one above 0")
    return Instalment(due_on=day, amount=minor)


def parts_of(texts: Sequence[str]) -> tuple[tuple[date, str], ...]:
    """`2026-03-31=500.00`, one for each instalment. Raises ByHandRefused."""
    parts = []
    for text in texts:
        day, sign, amount = text.partition("=")
        try:
            parts.append((date.fromisoformat(day.strip()), amount.strip()))
        except ValueError:
            sign = ""
        if not sign or not amount:
            raise ByHandRefused(f"{text!r} is no DAY=AMOUNT; write 2026-03-31=500.00")
    return tuple(parts)
