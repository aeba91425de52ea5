"""What is true of a made-up partner, whatever the ledger believes: who owes what, and who paid what.

Drawn from a seed, day by day. Amounts are minor units of SEK.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from stdnum import luhn

from csp_receivables.domain.working_days import is_banking_day

BEGINS = date(2026, 2, 2)  # a Monday
WORDLESS = "Thanks"  # what a payment says whose payer says nothing
ISSUED_EVERY = 14
FIRST_LATER = 2  # days; the first invoices are a little younger than a fortnight
TERM_DAYS = 5
# How a customer pays an invoice, and how many of a hundred customers do it so.
HABITS: Mapping[str, int] = MappingProxyType(
    {"prompt": 10, "late": 18, "very_late": 26, "early": 4, "twice": 8, "in_parts": 10, "without_words": 6, "never": 18}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys. `habit` is the one that shows most often."""

    customer_id: str
    tenant_id: str
    emails: tuple[str, ...]
    habit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What a customer is asked for."""

    number: str
    customer_id: str
    issued_on: date
    due_on: date
    amount: int

    @property
    def reference(self) -> str:
        """The number with a check digit, as a customer copies it."""
        return f"{self.number}{luhn.calc_check_digit(self.number)}"

    @property
    def receivable_id(self) -> str:
        return f"partner/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came. `number`: the invoice that it is meant for; `text`: what the bank shows of that."""

    on: date
    customer_id: str
    number: str
    amount: int
    text: str
    reference: str = ""  # "": the payer names nothing


@dataclass(slots=True)
class Partner:
    """The whole truth: it only ever grows. `chance` draws what happens; the same seed draws the same."""

    chance: random.Random
    customers: tuple[Customer, ...]
    habit: str = ""  # of everybody; "": each has their own
    begins_late: bool = True  # the first invoices are overdue on the first day; else they become so from then on
    invoices: dict[str, Invoice] = field(default_factory=dict)  # by number
    coming: list[Payment] = field(default_factory=list)  # what customers are going to pay
    paid: dict[date, list[Payment]] = field(default_factory=lambda: defaultdict(list))  # by the bank's day

    def issue(self, today: date) -> list[Invoice]:
        """The invoices of today: each customer's day lies in the first week of a fortnight."""
        days = (today - BEGINS).days
        if days == 0:  # the first ones were issued before, and are due by now
            return [self._invoice(each, today - timedelta(days=self._first(day))) for each, day in self._days()]
        return [self._invoice(each, today) for each, day in self._days() if days % ISSUED_EVERY == day]

    def _first(self, day: int) -> int:
        """How many days before the first day the first invoice of a customer was issued."""
        return ISSUED_EVERY - FIRST_LATER - day if self.begins_late else day

    def _days(self) -> list[tuple[Customer, int]]:
        """Each customer with its day of the fortnight; not 0, which is the first day's own."""
        together = 2 if self.begins_late else 1  # customers of one day: days of few events are cheap
        return [(each, 1 + place // together * 2 % 7) for place, each in enumerate(self.customers)]

    def _invoice(self, customer: Customer, issued_on: date) -> Invoice:
        made = Invoice(
            number=str(10_001 + 37 * len(self.invoices)),
            customer_id=customer.customer_id,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=TERM_DAYS),
            amount=self.chance.randrange(1_500_00, 90_000_00),
        )
        self.invoices[made.number] = made
        habit = self.habit or customer.habit
        habit = habit if self.habit or self.chance.random() < 0.7 else _drawn(self.chance)
        self.coming += payments_of(made, habit, self.chance)
        return made

    def pay(self, today: date) -> None:
        """What customers meant to pay by today arrives at the bank, on its next day."""
        arrives = today
        while not is_banking_day(arrives, "SE"):
            arrives += timedelta(days=1)
        due = [each for each in self.coming if each.on <= today]
        self.coming = [each for each in self.coming if each.on > today]
        self.paid[arrives] += due

    def pay_everything(self, customer_id: str, on: date) -> None:
        """A customer who lost access pays whatever is still missing, saying what it is for."""
        if not any(each.customer_id == customer_id and each.on <= on for each in self.coming):
            for number, missing in self.missing(customer_id).items():
                paying = Payment(
                    on=on,
                    customer_id=customer_id,
                    number=number,
                    amount=missing,
                    text=f"Invoice {number}",
                    reference=self.invoices[number].reference,
                )
                self.coming.append(paying)

    def missing(self, customer_id: str, among: Iterable[Payment] | None = None) -> dict[str, int]:
        """What was not paid of each invoice, by number; by `among`, else by everything that is paid or will be soon."""
        payments = self.all_paid() if among is None else among
        left = {each.number: each.amount for each in self.invoices.values() if each.customer_id == customer_id}
        for payment in payments:
            if payment.number in left:
                left[payment.number] -= payment.amount
        return {number: amount for number, amount in left.items() if amount > 0}

    def all_paid(self) -> Iterator[Payment]:
        """Every payment that reached the bank."""
        for several in self.paid.values():
            yield from several


def partner(seed: int, customers: int, habit: str = "", *, begins_late: bool = True) -> Partner:
    """A partner with customers of all habits, or of one."""
    chance = random.Random(f"partner:{seed}")
    made = tuple(_customer(chance, place) for place in range(customers))
    return Partner(chance=chance, customers=made, habit=habit, begins_late=begins_late)


def _customer(chance: random.Random, place: int) -> Customer:
    name = f"c{place + 1}"
    emails = (f"billing@{name}.example", f"boss@{name}.example")
    return Customer(
        customer_id=name.upper(),
        tenant_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.example")),
        emails=emails[: chance.choice((1, 2, 2))],
        habit=_drawn(chance),
    )


def _drawn(chance: random.Random) -> str:
    return chance.choices(list(HABITS), weights=list(HABITS.values()))[0]


def payments_of(invoice: Invoice, habit: str, chance: random.Random) -> list[Payment]:
    """How an invoice will be paid."""

    def payment(days: int, amount: int = invoice.amount, text: str = f"Invoice {invoice.number}") -> Payment:
        return Payment(
            on=max(invoice.due_on + timedelta(days=days), invoice.issued_on + timedelta(days=1)),
            customer_id=invoice.customer_id,
            number=invoice.number,
            amount=amount,
            text=text,
            reference="" if text == WORDLESS else invoice.reference,
        )

    late = chance.randrange(2, 7)
    half = invoice.amount // 2
    return {
        "prompt": [payment(chance.randrange(-2, 1))],
        "early": [payment(-chance.randrange(2, 5))],
        "late": [payment(late)],
        "very_late": [payment(late + chance.randrange(5, 10))],
        "twice": [payment(late), payment(late + chance.randrange(0, 3))],
        "in_parts": [payment(late, half), payment(late + chance.randrange(2, 10), invoice.amount - half)],
        "without_words": [payment(late + 4, text=WORDLESS)],
        "never": [],
    }[habit]
