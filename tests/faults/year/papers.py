"""The files of a simulated day: accounting exports, and bank statements that come late, twice or torn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from csp_receivables.domain.working_days import is_banking_day
from tests.accounting_exports import customers_file, receivables_file
from tests.camt_files import ACCOUNT, Detail, Entry, camt
from tests.faults.year.truth import Customer, Invoice, Partner, Payment

Subscriptions = Mapping[str, tuple[str, str]]  # by customer
OPENING = 1_000_00  # minor units, on the first morning
MORNING, NOON = "morning", "noon"  # before the day's run, and between the decisions and the letters


def write_customers(inbox: Path, customers: tuple[Customer, ...]) -> None:
    """The customers file of the first day."""
    rows = (
        {
            "customer_id": each.customer_id,
            "name": f"{each.customer_id} Trading AB",
            "country": "SE",
            "language": "en",
            "party_kind": "company",
            "tenants": each.tenant_id,
            "contacts": ";".join(each.emails),
        }
        for each in customers
    )
    customers_file(inbox, *rows, name="customers.csv")


def write_receivables(inbox: Path, invoices: list[Invoice], subscriptions: Subscriptions, today: date) -> None:
    """The invoices that were issued today, a line for each subscription of their customer."""
    rows = (
        {
            "number": each.number,
            "kind": "invoice",
            "customer_id": each.customer_id,
            "issued_on": f"{each.issued_on}",
            "due_on": f"{each.due_on}",
            "currency": "SEK",
            "net": amount(each.amount),
            "tax": "0.00",
            "gross": amount(each.amount),
            "reference": each.reference,
            "description": "subscriptions",
            "line_net": amount(net),
            "tax_rate": "0",
            "line_tax": "0.00",
            "subscription_id": subscription,
        }
        for each in invoices
        for subscription, net in _lines(each, subscriptions)
    )
    receivables_file(inbox, *rows, name=f"receivables-{today}.csv")


def _lines(invoice: Invoice, subscriptions: Subscriptions) -> tuple[tuple[str, int], ...]:
    first, second = subscriptions[invoice.customer_id]
    half = invoice.amount // 2
    return (first, half), (second, invoice.amount - half)


def amount(minor: int) -> str:
    """Minor units as a file writes them."""
    return f"{minor // 100}.{minor % 100:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One day of the bank."""

    day: date
    opening: int
    payments: tuple[Payment, ...]

    @property
    def content(self) -> bytes:
        entries = [
            Entry(
                amount=amount(payment.amount),
                ref=f"{self.day:%y%m%d}{place}",
                booked_on=self.day,
                details=[Detail(amount=amount(payment.amount), text=payment.text, reference=payment.reference)],
            )
            for place, payment in enumerate(self.payments, start=1)
        ]
        opening = amount(self.opening)
        return camt(entries, number=f"{self.day:%Y%m%d}", opening=opening, first=self.day, last=self.day)

    @property
    def closing(self) -> int:
        return self.opening + sum(payment.amount for payment in self.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file on its way. `statement` None: what comes can't be read."""

    on: date
    at: str  # MORNING | NOON
    name: str
    content: bytes
    statement: Statement | None


@dataclass(slots=True)
class Bank:
    """The partner's one bank, whose files have mishaps. `came`: the statements that were delivered whole."""

    chance: random.Random
    account: str = ACCOUNT
    balance: int = OPENING
    under_way: list[Delivery] = field(default_factory=list)
    came: dict[date, Statement] = field(default_factory=dict)
    until: date | None = None  # the last day that the bank made a statement of
    mishaps: Counter[str] = field(default_factory=Counter)
    silent_until: date = date.min  # nothing is delivered up to this day

    def close(self, partner: Partner, day: date) -> None:
        """The bank closes a day: its statement goes on its way, with whatever befalls it."""
        if not is_banking_day(day, "SE"):
            return
        made = Statement(day=day, opening=self.balance, payments=tuple(partner.paid.get(day, ())))
        self.balance, self.until = made.closing, day
        if self.chance.random() < 0.03:
            self.mishaps["bank: silent for days"] += 1
            self.silent_until = max(self.silent_until, day + timedelta(days=self.chance.randrange(2, 8)))
        self.under_way += self._befalls(made)

    def _befalls(self, made: Statement) -> Iterator[Delivery]:
        drawn, on = self.chance.random(), max(made.day + timedelta(days=1), self.silent_until)
        at = self.chance.choice((MORNING, MORNING, NOON))
        name = f"camt053-{made.day}.xml"
        whole = Delivery(on=on, at=at, name=name, content=made.content, statement=made)
        if drawn < 0.08:
            self.mishaps["bank: late"] += 1
            yield Delivery(
                on=on + timedelta(days=self.chance.randrange(1, 4)),
                at=at, name=name, content=made.content, statement=made,
            )  # fmt: skip
            return
        if drawn < 0.12:  # and whole a day later under another name
            self.mishaps["bank: torn"] += 1
            torn = made.content[: len(made.content) // 2]
            yield Delivery(on=on, at=at, name=name, content=torn, statement=None)
            yield Delivery(
                on=on + timedelta(days=1), at=MORNING, name=f"again-{name}", content=made.content, statement=made
            )
            return
        yield whole
        if drawn < 0.20:  # the same bytes, or the same statement written anew
            self.mishaps["bank: twice"] += 1
            content = made.content if drawn < 0.16 else made.content + b"\n"
            yield Delivery(
                on=on + timedelta(days=self.chance.randrange(0, 3)),
                at=NOON, name=f"copy-{name}", content=content, statement=made,
            )  # fmt: skip

    def deliver(self, inbox: Path, today: date, at: str) -> int:
        """Put what arrives at this time into the inbox. Returns how many files."""
        arriving = [each for each in self.under_way if (each.on, each.at != MORNING) <= (today, at != MORNING)]
        for each in arriving:
            self.under_way.remove(each)
            (inbox / each.name).write_bytes(each.content)
            if each.statement:
                self.came[each.statement.day] = each.statement
        return len(arriving)

    def known(self) -> Iterator[Payment]:
        """The payments in all files that came."""
        for statement in self.came.values():
            yield from statement.payments

    def has_booked(self, customer_id: str, since: date) -> bool:
        """Is money of the customer's in a file that came, booked on this day or later? No bank books on a Saturday."""
        days = (statement for day, statement in self.came.items() if day >= since)
        return any(payment.customer_id == customer_id for statement in days for payment in statement.payments)

    def whole_until(self, begins: date) -> date:
        """The last day up to which no money is missing: a day of which nothing came, and on which nothing was paid, is
        no gap once a later one came. The balances say so, and that is all that a bank says of quiet days."""
        until, balance = begins - timedelta(days=1), OPENING
        for day in sorted(self.came):
            statement = self.came[day]
            if statement.opening != balance:
                break
            until, balance = day, statement.closing
        while not is_banking_day(until + timedelta(days=1), "SE"):
            until += timedelta(days=1)
        return until
