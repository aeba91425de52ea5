"""Payables: what is due to Microsoft by day, what is collected against it, and which must worry whom.

Due is the total, less what credit notes took off, less what was paid. Terms are net 60 days; from the sixty-first day
after the due day Microsoft lets a partner sell nothing new (microsoft.md 7.4), so the alarm comes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import Money
from csp_receivables.domain.payables.settling import Owed, Settled, VendorPayment, settle, standing_for

PAYABLE = "payable"  # what the codes of all these findings begin with
WORRY_DAYS = 14  # before an invoice is due, an uncovered one is told; before selling is blocked, an overdue one again
OVERDUE_DAYS_MAX = 60  # more than these, and Microsoft suspends the partner's account


class State(StrEnum):
    """How a vendor invoice stands."""

    PAID = "paid"
    VOIDED = "voided"
    CREDIT = "credit note"
    OPEN = "open"
    NOT_COVERED = "due soon, not covered"
    OVERDUE = "overdue"
    NEARLY_BLOCKED = "selling is nearly blocked"
    BLOCKED = "selling is blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What customers paid on a vendor invoice, net of tax, and what of its pre-tax amount is missing; minor units."""

    collected_net: int
    missing: int
    per_mille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """One vendor invoice on a day; amounts in minor units, tax included except what is collected."""

    invoice_id: str
    currency: str
    invoiced_on: date
    due_on: date
    days_to_due: int  # negative: days past due
    total: int
    amended: int  # taken off by credit notes
    paid: int
    due: int
    state: State
    covered: Covered | None  # None: no charges of it were imported
    microsoft_says_paid: int | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payables:
    """Everything owed, by due day; the payments behind it, and what is left of them."""

    as_of: date
    payables: tuple[Payable, ...]
    settled: Settled
    payments: tuple[VendorPayment, ...]


def payables(
    owed: Sequence[Owed],
    payments: Sequence[VendorPayment],
    covered: Mapping[str, Covered],
    evidence: Mapping[str, int | None],
    as_of: date,
) -> Payables:
    """What is due on `as_of`, the first due first. Payments made later are not known yet."""
    made = tuple(one for one in payments if one.paid_on <= as_of)
    known = [one for one in owed if one.invoiced_on <= as_of]
    settled = settle(known, made)
    rows = [
        _payable(
            one,
            settled,
            covered.get(one.invoice_id),
            days=(one.due_on - as_of).days,
            stands=standing_for(one.invoice_id, known),
            evidence=evidence.get(one.invoice_id),
        )
        for one in known
    ]
    rows.sort(key=lambda one: (one.due_on, one.invoice_id))
    return Payables(as_of=as_of, payables=tuple(rows), settled=settled, payments=made)


def findings(found: Payables) -> tuple[Finding, ...]:
    """What a person must do before Microsoft does something."""
    told = [_finding(one) for one in found.payables if one.state in _ALARMS]
    left = [one for one in found.payments if one.payment_id in found.settled.left]
    told += [
        Finding(
            code=f"{PAYABLE}.payment_left",
            severity=Severity.WARNING,
            found=f"{Money(found.settled.left[one.payment_id], one.currency)} of what was paid to Microsoft on "
            f"{one.paid_on} pays no vendor invoice that is known",
            remedy="Import the invoice it pays, or name it in a file of vendor payments",
            subject=one.payment_id,
            amount=found.settled.left[one.payment_id],
            currency=one.currency,
        )
        for one in left
    ]
    return tuple(told)


_ALARMS = {
    State.NOT_COVERED: Severity.WARNING,
    State.OVERDUE: Severity.HELD,
    State.NEARLY_BLOCKED: Severity.HELD,
    State.BLOCKED: Severity.HELD,
}
_PAY = "Pay it; where it is paid, import the bank statement or name it in a file of vendor payments"


def _payable(
    one: Owed, settled: Settled, covered: Covered | None, *, days: int, stands: str, evidence: int | None
) -> Payable:
    amended, paid = settled.paid(one.invoice_id, credit=True), settled.paid(one.invoice_id, credit=False)
    due = 0 if one.is_void else one.total - amended - paid if one.total >= 0 else -settled.left.get(one.invoice_id, 0)
    state = _state(one, due, days, covered)
    return Payable(
        invoice_id=one.invoice_id,
        currency=one.currency,
        invoiced_on=one.invoiced_on,
        due_on=one.due_on,
        days_to_due=days,
        total=one.total,
        amended=amended,
        paid=paid,
        due=due,
        state=state,
        covered=covered,
        microsoft_says_paid=evidence,
        because=_because(one, state, days, stands),
    )


def _state(one: Owed, due: int, days: int, covered: Covered | None) -> State:
    if one.is_void or one.total < 0:
        return State.VOIDED if one.is_void else State.CREDIT
    if due <= 0:
        return State.PAID
    if days < 0:
        return _overdue(-days)
    is_covered = covered is not None and covered.missing == 0
    return State.NOT_COVERED if days <= WORRY_DAYS and not is_covered else State.OPEN


def _overdue(days: int) -> State:
    if days > OVERDUE_DAYS_MAX:
        return State.BLOCKED
    return State.NEARLY_BLOCKED if days > OVERDUE_DAYS_MAX - WORRY_DAYS else State.OVERDUE


def _because(one: Owed, state: State, days: int, stands: str) -> str:
    match state:
        case State.VOIDED:
            return f"Microsoft took it back; {stands} replaces it" if stands else "Microsoft took it back"
        case State.OVERDUE | State.NEARLY_BLOCKED:
            return f"{-days} days past due; after {_last_day(one.due_on)} Microsoft lets nothing new be sold"
        case State.BLOCKED:
            return f"{-days} days past due: more than {OVERDUE_DAYS_MAX}, so nothing new can be sold"
        case State.NOT_COVERED:
            return f"due in {days} days, and customers have not paid enough for it"
        case State.CREDIT:
            return f"takes off {one.amends or 'what is due'}"
    return "paid in full" if state is State.PAID else f"due in {days} days"


def _last_day(due_on: date) -> date:
    """The last day on which an unpaid invoice blocks nothing yet."""
    return due_on + timedelta(days=OVERDUE_DAYS_MAX)


def _finding(one: Payable) -> Finding:
    """The same words for as long as it is the same trouble: they tell days of the calendar, not how many are left."""
    last, told = _last_day(one.due_on), f"vendor invoice {one.invoice_id}: {Money(one.due, one.currency)}"
    found, remedy = {
        State.NOT_COVERED: (
            f"{told} is due on {one.due_on}, and customers have not paid enough for it",
            "Chase who is late, or have the money ready by the due day",
        ),
        State.OVERDUE: (f"{told} was due on {one.due_on}; after {last} Microsoft lets nothing new be sold", _PAY),
        State.NEARLY_BLOCKED: (
            f"{told} was due on {one.due_on}; in less than {WORRY_DAYS} days, after {last}, Microsoft lets nothing new "
            "be sold",
            _PAY,
        ),
        State.BLOCKED: (
            f"{told} was due on {one.due_on}; since {last} Microsoft lets nothing new be sold",
            "Pay it today and write to ucmwrcsp@microsoft.com; selling resumes within a day of the payment",
        ),
    }[one.state]
    return Finding(
        code=f"{PAYABLE}.{one.state.name.lower()}",
        severity=_ALARMS[one.state],
        found=found,
        remedy=remedy,
        subject=one.invoice_id,
        amount=one.due,
        currency=one.currency,
    )


def named_in(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The invoices whose ids stand in `text` as whole words, blanks and case aside."""
    words = {"".join(c for c in word if c.isalnum()) for word in text.upper().split()}
    words |= set("".join(c if c.isalnum() else " " for c in text.upper()).split())
    return tuple(sorted(name for name in known if name.upper() in words))
