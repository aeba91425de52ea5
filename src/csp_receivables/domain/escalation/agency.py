"""What a collection agency is told of a customer's debts, and why a debt can't be handed over. Nothing is estimated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.collections.cases import Case, Hold, HoldKind
from csp_receivables.domain.collections.holds import HoldStanding, standing_of
from csp_receivables.domain.escalation.account import Bill, CustomerAccount, Line
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.money import to_text

_REGISTERED = ("company", "public_body")  # who has a number in a register


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute that is over. `until`: the day from which it held nothing back."""

    since: date
    until: date | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyDebt:
    """One receivable that is handed over; minor units of `currency`. `principal` is what is open of it."""

    receivable_id: str
    number: str
    issued_on: date
    due_on: date
    days_late: int
    currency: str
    amount: int
    paid: int
    credited: int
    written_off: int
    principal: int
    interest: int
    fixed_sum: int
    reference: str
    lines: tuple[Line, ...]
    payments: tuple[tuple[date, int], ...]  # what was applied, and what was taken back below zero
    disputes: tuple[Dispute, ...]

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fixed_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyClaim:
    """Everything that is handed over of one customer at the end of a day."""

    account: CustomerAccount
    debts: tuple[AgencyDebt, ...]  # the oldest due first

    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Principal, interest and fixed sums by currency."""
        found: dict[str, tuple[int, int, int]] = {}
        for debt in self.debts:
            principal, interest, fixed = found.get(debt.currency, (0, 0, 0))
            found[debt.currency] = (principal + debt.principal, interest + debt.interest, fixed + debt.fixed_sum)
        return dict(sorted(found.items()))


def agency_claim(account: CustomerAccount, numbers: Sequence[str] = ()) -> AgencyClaim:
    """What is handed over: everything overdue, or the overdue receivables of these numbers.

    Raises ByHandRefused with everything that stands in the way, each with what to do.
    """
    bills = _chosen(account, numbers)
    debts = tuple(_debt(account, bill) for bill in bills)
    faults = [*_about_debtor(account), *_held(account.holds, debts), *_about_money(account, debts)]
    if faults:
        raise ByHandRefused(f"{account.customer_id} can't be handed over: " + "; ".join(faults))
    return AgencyClaim(account=account, debts=debts)


def refuse_held(claim: AgencyClaim, holds: Iterable[Hold], case: Case, on: date) -> None:
    """The same question about holds once more, at the moment of handing over. Raises ByHandRefused."""
    if faults := list(_held([standing_of(hold, case, on) for hold in holds], claim.debts)):
        raise ByHandRefused(f"{claim.account.customer_id} can't be handed over: " + "; ".join(faults))


def _chosen(account: CustomerAccount, numbers: Sequence[str]) -> Sequence[Bill]:
    overdue = account.overdue_bills()
    if not overdue:
        raise ByHandRefused(f"{account.customer_id} can't be handed over: nothing is overdue")
    named = {bill.number for bill in overdue}
    if unknown := [each for each in numbers if each not in named]:
        raise ByHandRefused(
            f"{account.customer_id} can't be handed over: nothing is overdue of {unknown[0]!r}; "
            f"overdue are {', '.join(sorted(named))}"
        )
    return [bill for bill in overdue if not numbers or bill.number in numbers]


def _debt(account: CustomerAccount, bill: Bill) -> AgencyDebt:
    own = account.interest
    applied = [(each.booked_on, minor) for each in account.payments for number, minor in each.applied
               if number == bill.number]  # fmt: skip
    return AgencyDebt(
        receivable_id=bill.receivable_id,
        number=bill.number,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        days_late=bill.days_late(account.on),
        currency=bill.currency,
        amount=bill.amount,
        paid=bill.paid,
        credited=bill.credited,
        written_off=bill.written_off,
        principal=bill.open,
        interest=own.interest.get(bill.receivable_id, 0),
        fixed_sum=own.fixed_sums.get(bill.receivable_id, 0),
        reference=bill.reference,
        lines=bill.lines,
        payments=tuple(sorted(applied)),
        disputes=tuple(_past_disputes(account, bill)),
    )


def _past_disputes(account: CustomerAccount, bill: Bill) -> Iterator[Dispute]:
    for standing in account.holds:
        hold = standing.hold
        if hold.kind is HoldKind.DISPUTE and not standing.holds and hold.receivable_id in ("", bill.receivable_id):
            yield Dispute(since=hold.placed_on, until=hold.ended_on or hold.until, reason=hold.reason)


def _about_debtor(account: CustomerAccount) -> Iterator[str]:
    needed = {"name": account.name, "country": account.country}
    if account.party_kind in _REGISTERED:
        needed["org_number"] = account.org_number
    for field, value in needed.items():
        if not value:
            yield f"its {field} is not known (import a customers file that gives it)"


def _held(holds: Iterable[HoldStanding], debts: Sequence[AgencyDebt]) -> Iterator[str]:
    numbers = {"": "the customer"} | {debt.receivable_id: debt.number for debt in debts}
    for each in holds:
        hold = each.hold
        if each.holds and hold.receivable_id in numbers:
            on = numbers[hold.receivable_id]
            yield f"a {hold.kind} hold is on {on}: {hold.reason} ({hold.placed_by}, csp hold end {hold.hold_id})"


def _about_money(account: CustomerAccount, debts: Sequence[AgencyDebt]) -> Iterator[str]:
    """What could make the claim too high."""
    concerned = {debt.currency for debt in debts}
    for currency, left in account.unapplied().items():
        if currency in concerned:
            yield f"{to_text(left, currency)} {currency} of theirs is not applied (csp match)"
    for credit in account.credits_left():
        if credit.currency in concerned:
            yield f"credit note {credit.number} covers nothing yet of {to_text(credit.open, credit.currency)}"
    yield from (f"{doubt} (settle it first)" for doubt in account.case.doubts)
    if account.case.feed_stale:
        yield f"{account.case.feed_stale} (a payment may have come)"
    for debt in debts:
        if debt.amount - debt.paid - debt.credited - debt.written_off != debt.principal:
            yield f"{debt.number} does not add up; send this to engineering"
