"""Giving a debt up: proposed by one person, booked by another where it is large; an entry, and never a payment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import name_allocations
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.escalation.account import Bill, CustomerAccount
from csp_receivables.domain.matching_by_hand import books
from csp_receivables.domain.matching_by_hand.books import Situation, lay_out
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.money import to_text
from csp_receivables.domain.records import NEW_ALLOCATION

WRITE_OFF = "write_off"  # kind of source and rule of its allocations


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """One receivable of a proposal; minor units. `tax`: what of `amount` is tax, by the share of the whole invoice."""

    receivable_id: str
    number: str
    due_on: date
    currency: str
    amount: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """What somebody proposes to give up of a customer. `had_access_taken`: booking it gives access back."""

    write_off_id: str
    customer_id: str
    parts: tuple[WrittenOff, ...]
    proposed_by: str
    why: str
    had_access_taken: bool

    def totals(self) -> Mapping[str, int]:
        """By currency."""
        sums: dict[str, int] = {}
        for part in self.parts:
            sums[part.currency] = sums.get(part.currency, 0) + part.amount
        return dict(sorted(sums.items()))


def proposed_parts(account: CustomerAccount, numbers: Sequence[str] = ()) -> tuple[WrittenOff, ...]:
    """All that is open of everything overdue, or of the open receivables of these numbers. Raises ByHandRefused."""
    bills = {bill.number: bill for bill in account.open_bills()}
    if unknown := [each for each in numbers if each not in bills]:
        raise ByHandRefused(f"nothing is open of {unknown[0]!r}; open are {', '.join(sorted(bills)) or 'none'}")
    chosen = [bills[each] for each in dict.fromkeys(numbers)] if numbers else account.overdue_bills()
    if not chosen:
        raise ByHandRefused(f"nothing of {account.customer_id} is overdue; name what is open with --receivable")
    if faults := list(_in_the_way(account, chosen)):
        raise ByHandRefused(f"{account.customer_id} can't be written off: " + "; ".join(faults))
    return tuple(
        WrittenOff(
            receivable_id=bill.receivable_id,
            number=bill.number,
            due_on=bill.due_on,
            currency=bill.currency,
            amount=bill.open,
            tax=(2 * bill.open * bill.tax + bill.amount) // (2 * bill.amount),
        )
        for bill in chosen
    )


def _in_the_way(account: CustomerAccount, chosen: Sequence[Bill]) -> Iterator[str]:
    ids = {"", *(bill.receivable_id for bill in chosen)}
    for each in account.holds:
        if each.holds and each.hold.kind is HoldKind.DISPUTE and each.hold.receivable_id in ids:
            yield f"a dispute is open: {each.hold.reason} (settle it, then csp hold end {each.hold.hold_id})"
    concerned = {bill.currency for bill in chosen}
    for currency, left in account.unapplied().items():
        if currency in concerned:
            yield f"{to_text(left, currency)} {currency} of theirs is not applied (csp match)"
    for credit in account.credits_left():
        if credit.currency in concerned:
            yield f"credit note {credit.number} covers nothing yet of {to_text(credit.open, credit.currency)}"


def needs_second(write_off: WriteOff, limits: Mapping[str, int]) -> bool:
    """Is it for another person than its proposer to book? A currency without a limit always is."""
    return any(total > limits.get(currency, -1) for currency, total in write_off.totals().items())


def refuse_booking(write_off: WriteOff, who: Person, limits: Mapping[str, int], *, access_returns: bool) -> None:
    """May this person book it? Raises ByHandRefused."""
    is_same = who.name.casefold() == write_off.proposed_by.casefold()
    if is_same and needs_second(write_off, limits):
        raise ByHandRefused(
            f"{write_off.write_off_id} is above the limit (write_off in include/policies/escalation.yaml): "
            f"somebody else than {write_off.proposed_by} must book it"
        )
    if write_off.had_access_taken and not access_returns:
        raise ByHandRefused(
            f"access of {write_off.customer_id} is taken, and what is written off is overdue no more: access would be "
            "given back. End the subscriptions first, or say --access-returns"
        )


def booked(
    connection: duckdb.DuckDBPyConnection, situation: Situation, write_off: WriteOff, who: Person, on: date
) -> pa.Table:
    """The entries (ALLOCATION) that book it on the facts of the moment. Raises ByHandRefused where they changed."""
    lay_out(connection, situation)
    for part in write_off.parts:
        invoice = books.invoice(connection, part.receivable_id)
        if invoice.open != part.amount:
            raise ByHandRefused(
                f"{to_text(invoice.open, part.currency)} {part.currency} is open of {part.number} by now, and "
                f"{to_text(part.amount, part.currency)} was proposed; decline {write_off.write_off_id} and propose anew"
            )
    rows = [_row(write_off, part.receivable_id, part.amount, part.currency, who, on) for part in write_off.parts]
    return name_allocations(connection, pa.Table.from_pylist(rows, schema=NEW_ALLOCATION))


def _row(  # noqa: PLR0917 - the parts of one entry
    write_off: WriteOff, receivable_id: str, amount: int, currency: str, who: Person, on: date
) -> dict[str, object]:
    return {
        "source_kind": WRITE_OFF,
        "source_id": write_off.write_off_id,
        "receivable_id": receivable_id,
        "amount": 0,  # nothing was received
        "difference": amount,
        "currency": currency,
        "rule": WRITE_OFF,
        "outcome": "full",
        "because": f"written off by {who.name}: {who.why} (proposed by {write_off.proposed_by}: {write_off.why})",
        "effective_on": on,
        "reverses": "",
    }
