"""One customer with everything in hand, as one value: what the escalation pack shows and questions are answered from.

Amounts are minor units of the currency beside them; days are the partner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

import duckdb

from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.holds import HoldStanding
from csp_receivables.domain.collections.shown_interest import ShownInterest
from csp_receivables.domain.microsoft.subscriptions import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a receivable; `net` before tax."""

    description: str
    net: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One receivable with what became of it. Of a credit note `open` is what of it covers nothing yet."""

    receivable_id: str
    number: str
    kind: str
    issued_on: date
    due_on: date
    currency: str
    amount: int
    paid: int
    credited: int
    written_off: int
    open: int
    reference: str
    tax: int = 0  # of `amount`
    lines: tuple[Line, ...] = ()

    def days_late(self, on: date) -> int:
        """Days past its due date while something is open; else 0."""
        return max((on - self.due_on).days, 0) if self.open > 0 and self.kind == "invoice" else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One payment and where it went; `left` is not applied, `returned` went back to the payer by the bank."""

    payment_id: str
    booked_on: date
    currency: str
    amount: int
    left: int
    applied: tuple[tuple[str, int], ...]  # receivable's number, amount
    returned: int
    returned_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One letter with the proof of its delivery: the server's own words."""

    on: date
    what: str
    delivery: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What Microsoft charges for the customer in one vendor invoice, and what the customer was billed for it."""

    vendor_invoice: str
    currency: str
    cost: int
    billed_net: int
    margin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the customer."""

    name: str
    role: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOf:
    """How far a change of access to one subscription came: the newest word of its history. `on`: the UTC day."""

    subscription: str
    what: str  # "suspend" or "restore"
    event: str  # of `access.changes.ChangeEvent`: "verified" once a reading showed it
    on: date
    is_taken: bool  # access may be taken from it by now, and was not given back


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSays:
    """What of a customer is not in the day's facts: letters, subscriptions, contacts, access."""

    letters: tuple[Told, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    people: tuple[Person, ...] = ()
    access: tuple[AccessOf, ...] = ()  # in the order in which it was learnt


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAccount:
    """Everything about one customer at the end of one day."""

    customer_id: str
    name: str
    org_number: str
    country: str
    language: str
    party_kind: str
    on: date
    known_at: str
    is_demo: bool
    bills: tuple[Bill, ...]  # oldest issued first
    payments: tuple[Received, ...]  # the newest first
    charged: tuple[Charged, ...]
    holds: tuple[HoldStanding, ...]
    says: LedgerSays
    case: Case
    decision: Decision | None
    owner: str  # of the stage that hands over
    interest: ShownInterest = field(default_factory=ShownInterest)

    def open_bills(self) -> tuple[Bill, ...]:
        """Invoices with something open, the oldest due first."""
        opened = (bill for bill in self.bills if bill.kind == "invoice" and bill.open > 0)
        return tuple(sorted(opened, key=lambda bill: (bill.due_on, bill.number)))

    def overdue_bills(self) -> tuple[Bill, ...]:
        """Those past their due date."""
        return tuple(bill for bill in self.open_bills() if bill.due_on < self.on)

    def credits_left(self) -> tuple[Bill, ...]:
        """Credit notes that cover nothing yet, or not all."""
        return tuple(bill for bill in self.bills if bill.kind == "credit_note" and bill.open > 0)

    def open(self) -> Mapping[str, int]:
        """What is open by currency."""
        return _sums((bill.currency, bill.open) for bill in self.open_bills())

    def overdue(self) -> Mapping[str, int]:
        """What is overdue by currency."""
        return _sums((bill.currency, bill.open) for bill in self.overdue_bills())

    def unapplied(self) -> Mapping[str, int]:
        """Money of theirs that is not applied, by currency."""
        return _sums((paid.currency, paid.left) for paid in self.payments if paid.left > 0)

    def bill(self, number: str) -> Bill | None:
        """The receivable of that number."""
        return next((bill for bill in self.bills if bill.number == number), None)


_BILLS = """
SELECT receivable_id, number, kind, issued_on, due_on, currency, amount, paid, credited, written_off,
       open_amount AS open, reference, tax FROM invoice_positions WHERE customer_id = $customer
UNION ALL BY NAME
SELECT receivable_id, number, kind, issued_on, due_on, currency, amount, 0::BIGINT AS paid, 0::BIGINT AS credited,
       0::BIGINT AS written_off, left_amount AS open, reference, tax FROM credit_positions WHERE customer_id = $customer
 ORDER BY issued_on, number, receivable_id
"""
_LINES = """
SELECT l.receivable_id, l.description, l.net FROM receivable_lines l JOIN receivables r USING (receivable_id)
 WHERE r.customer_id = $customer ORDER BY l.receivable_id, l.line_no
"""
# What takes back from an allocation, a return by the bank above all, counts to the payment which that came from.
_PAYMENTS = """
WITH entries AS (
    SELECT a.*, coalesce(taken.source_id, a.source_id) AS payment_id, a.source_id <> taken.source_id AS is_of_return
      FROM allocations a LEFT JOIN allocations taken ON taken.allocation_id = a.reverses
     WHERE a.source_kind IN ('payment', 'exchange')
),
applied AS (
    SELECT payment_id, r.number, sum(e.amount)::BIGINT AS amount
      FROM entries e JOIN receivables r USING (receivable_id) WHERE r.customer_id = $customer
     GROUP BY payment_id, r.number
),
returned AS (
    SELECT payment_id, -sum(amount)::BIGINT AS amount, max(effective_on) AS returned_on
      FROM entries WHERE is_of_return AND source_kind = 'payment' GROUP BY payment_id
)
SELECT p.payment_id, p.booked_on, p.currency, p.amount, coalesce(back.amount, 0) AS returned, back.returned_on,
       CASE WHEN p.customer_id = $customer THEN p.left_amount ELSE 0 END AS left_amount, a.number, a.amount AS applied
  FROM payment_positions p LEFT JOIN applied a USING (payment_id) LEFT JOIN returned back USING (payment_id)
 WHERE p.kind = 'payment'
   AND (a.amount <> 0 OR (a.payment_id IS NOT NULL OR p.customer_id = $customer) AND back.amount <> 0
        OR (p.customer_id = $customer AND p.left_amount <> 0))
 ORDER BY p.booked_on DESC, p.payment_id, a.number
"""
_CHARGED = """
SELECT vendor_invoice, currency, cost, billed_net, margin FROM reconciliation
 WHERE customer_id = $customer ORDER BY vendor_invoice, currency
"""


def bills_of(connection: duckdb.DuckDBPyConnection, customer_id: str) -> tuple[Bill, ...]:
    """The customer's receivables with their lines; needs positions and facts."""
    lines: dict[str, list[Line]] = {}
    for receivable_id, description, net in connection.execute(_LINES, {"customer": customer_id}).fetchall():
        lines.setdefault(receivable_id, []).append(Line(description=description, net=net))
    rows = _rows(connection, _BILLS, customer_id)
    return tuple(Bill(**row, lines=tuple(lines.get(row["receivable_id"], ()))) for row in rows)


def payments_of(connection: duckdb.DuckDBPyConnection, customer_id: str) -> tuple[Received, ...]:
    """The customer's payments and where they went; needs positions and facts."""
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(connection, _PAYMENTS, customer_id):
        one = found.setdefault(row["payment_id"], row | {"parts": []})
        if row["applied"]:
            one["parts"].append((row["number"], row["applied"]))
    return tuple(
        Received(
            payment_id=one["payment_id"],
            booked_on=one["booked_on"],
            currency=one["currency"],
            amount=one["amount"],
            left=one["left_amount"],
            applied=tuple(one["parts"]),
            returned=one["returned"],
            returned_on=one["returned_on"],
        )
        for one in found.values()
    )


def charged_of(connection: duckdb.DuckDBPyConnection, customer_id: str) -> tuple[Charged, ...]:
    """What Microsoft charges for the customer; needs the relation `reconciliation`."""
    return tuple(Charged(**row) for row in _rows(connection, _CHARGED, customer_id))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, customer_id: str) -> list[dict[str, Any]]:
    found = connection.execute(sql, {"customer": customer_id})
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _sums(amounts: Any) -> Mapping[str, int]:
    sums: dict[str, int] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, 0) + amount
    return MappingProxyType(dict(sorted(sums.items())))
