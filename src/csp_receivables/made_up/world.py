"""A made-up partner month by month, streamed into a folder: `inbox/` for the product, `truth/` to judge it by.

    DIR/inbox/accounting, DIR/inbox/bank, DIR/inbox/microsoft     files as others would deliver them
    DIR/include/bank, DIR/include/banks                           what a partner would tell the product of its banks
    DIR/truth/payments.csv                                        what every line on the accounts really was

Memory holds the customers and what is planned but not booked yet, never the world. The same seed, the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from csp_receivables.made_up.accounting import write_customers, write_receivables
from csp_receivables.made_up.accounts import ACCOUNTS, PARTNER
from csp_receivables.made_up.banks import FORMATS, Book
from csp_receivables.made_up.banks.bank_csv import profile
from csp_receivables.made_up.customers import Customer, customers
from csp_receivables.made_up.microsoft import MonthOfCharges
from csp_receivables.made_up.payments import Payers, Payment
from csp_receivables.made_up.receivables import PRICE_LIST, Numbering, Receivable, bill, credit, next_month
from csp_receivables.made_up.truth import TruthFile

FIRST_MONTH = date(2025, 1, 1)  # of service; it is billed in the next month
# The partner moves money between its own accounts at the end of each month: (minor units, text).
_TRANSFERS = {"eur": (-500_000, "Own transfer to SEK account"), "sek": (5_500_000, "Own transfer from EUR account")}
FIRST_VENDOR_INVOICE = 113_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was written."""

    customers: int
    receivables: int
    lines: int  # on the partner's accounts
    months: int  # of bank files: payments go on after the last receivable


@dataclass(slots=True)
class World:
    """The state that goes from month to month."""

    random: Random
    people: Sequence[Customer]
    truth: TruthFile
    inbox: Path
    numbering: Numbering = field(default_factory=Numbering)
    books: dict[str, Book] = field(default_factory=lambda: {key: Book(each) for key, each in ACCOUNTS.items()})
    planned: dict[date, list[Payment]] = field(default_factory=lambda: defaultdict(list))  # by month
    receivables: int = 0

    def bill(self, service_month: date, vendor_invoice: str) -> None:
        """Write the month's receivables, and plan how they are paid."""
        payers = Payers(self.random, _sisters(self.people))
        path = self.inbox / "accounting" / f"receivables-{next_month(service_month):%Y-%m}.csv"
        with MonthOfCharges(self.inbox / "microsoft", vendor_invoice, service_month) as charges:
            write_receivables(path, charges.charge(self._billed(payers, service_month)), vendor_invoice)

    def _billed(self, payers: Payers, month: date) -> Iterator[Receivable]:
        for customer in self.people:
            invoices = list(bill(self.random, self.numbering, customer, month))
            notes = [note for invoice in invoices if (note := credit(self.random, self.numbering, invoice))]
            for payment in payers.plan(customer, invoices):
                self.planned[payment.booked_on.replace(day=1)].append(payment)
            self.receivables += len(invoices) + len(notes)
            yield from invoices
            yield from notes

    def bank(self, month: date) -> None:
        """Write what the banks booked in the month, and the truth of it."""
        by_account: dict[str, list[Payment]] = {key: [] for key in self.books}
        for payment in self.planned.pop(month, []):
            by_account[payment.pays_to].append(payment)
        for key, book in self.books.items():  # providers come before the banks that they pay out to
            payments = sorted([*by_account[key], *_own(book, month)], key=lambda each: each.booked_on)
            if not payments:
                continue
            besides, elsewhere = FORMATS[book.receiving.format](self.inbox / "bank", book, month, payments)
            self.truth.write([*payments, *besides])
            for payment in elsewhere:
                is_now = payment.booked_on.replace(day=1) == month
                (by_account[payment.pays_to] if is_now else self.planned[payment.booked_on.replace(day=1)]).append(
                    payment
                )


def generate(folder: Path, *, customers_wanted: int, months: int, seed: int) -> Made:
    """Write the world of `seed` into `folder`, which must be new or empty."""
    inbox = folder / "inbox"
    for purpose in ("accounting", "bank", "microsoft"):
        (inbox / purpose).mkdir(parents=True)
    _describe_banks(folder / "include")
    random = Random(seed)  # noqa: S311 - a made-up world is to be the same again, not to be a secret
    people = list(customers(random, customers_wanted, len(PRICE_LIST)))
    write_customers(inbox / "accounting" / f"customers-{next_month(FIRST_MONTH):%Y-%m}.csv", people)
    with TruthFile(folder / "truth") as truth:
        world = World(random, people, truth, inbox)
        month, written = FIRST_MONTH, 0
        while written < months or world.planned:
            if written < months:
                world.bill(month, f"G{FIRST_VENDOR_INVOICE + written}")
            month, written = next_month(month), written + 1
            world.bank(month)
        return Made(customers=len(people), receivables=world.receivables, lines=truth.lines, months=written)


def _describe_banks(include: Path) -> None:
    """What a partner tells the product of its banks: the other names of accounts, and how the CSV is written."""
    (include / "bank").mkdir(parents=True)
    (include / "banks").mkdir()
    named = [each for each in ACCOUNTS.values() if each.other_name]
    lines = [f'{each.account.number}: ["{each.other_name}"]\n' for each in named]
    (include / "bank" / "accounts.yaml").write_text("".join(lines), encoding="utf-8")
    for each in ACCOUNTS.values():
        if each.format == "bank_csv":
            text = profile(each.account.number, each.account.currency)
            (include / "banks" / "made_up_bank.yaml").write_text(text, encoding="utf-8")


def _own(book: Book, month: date) -> Iterator[Payment]:
    """What happens on the last banking day without any customer."""
    last = next_month(month) - timedelta(days=1)
    last -= timedelta(days=max(0, last.weekday() - 4))
    if book.receiving.key in _TRANSFERS:
        amount, text = _TRANSFERS[book.receiving.key]
        yield Payment(
            pays_to=book.receiving.key,
            booked_on=last,
            amount=amount,
            kind="transfer",
            payer=PARTNER,
            text=text,
            habit="own_transfer",
        )
    if fee := book.receiving.monthly_fee:
        yield Payment(
            pays_to=book.receiving.key, booked_on=last, amount=-fee, kind="fee", text="Account fee", habit="bank_fee"
        )


def _sisters(people: Sequence[Customer]) -> dict[int, list[Customer]]:
    groups: dict[int, list[Customer]] = defaultdict(list)
    for each in people:
        if each.group >= 0:
            groups[each.group].append(each)
    return groups
