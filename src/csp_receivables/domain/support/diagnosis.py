"""Answers of billing questions from the ledger, as sentences without words: a key and its figures.

`QUESTIONS` are the twenty most common ones; docs/SUPPORT.md lists them. Each is a function of one account, so every
figure can be checked against the ledger. `include/templates/support` has the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.escalation.account import Bill, CustomerAccount, Received
from csp_receivables.domain.money import Money

Value: TypeAlias = str | int | date | Money | tuple[Money, ...]
LINES_SHOWN_MAX = 10
PAYMENTS_SHOWN_MAX = 3
LETTERS_SHOWN_MAX = 5
_PROMISES = (HoldKind.PROMISE, HoldKind.PLAN)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: which, and the figures it has."""

    key: str
    values: Mapping[str, Value]


Sentences: TypeAlias = Iterator[Sentence]


def _say(key: str, **values: Value) -> Sentence:
    return Sentence(key, MappingProxyType(values))


def _of(amounts: Mapping[str, int]) -> tuple[Money, ...]:
    return tuple(Money(minor, currency) for currency, minor in amounts.items())


def _open(bill: Bill) -> Money:
    return Money(bill.open, bill.currency)


def _newest(account: CustomerAccount) -> Bill | None:
    return next((bill for bill in reversed(account.bills) if bill.kind == "invoice"), None)


def _balance(account: CustomerAccount, _: Seller) -> Sentences:
    if account.open():
        yield _say("balance", on=account.on, open=_of(account.open()))
    else:
        yield _say("balance_none", on=account.on)


def _overdue(account: CustomerAccount, _: Seller) -> Sentences:
    if not account.overdue():
        yield _say("overdue_none")
        return
    yield _say("overdue", overdue=_of(account.overdue()))
    for bill in account.overdue_bills():
        days = bill.days_late(account.on)
        yield _say("overdue_bill", number=bill.number, open=_open(bill), due_on=bill.due_on, days=days)


def _next_due(account: CustomerAccount, _: Seller) -> Sentences:
    coming = next((bill for bill in account.open_bills() if bill.due_on >= account.on), None)
    if coming:
        yield _say("next_due", number=coming.number, open=_open(coming), due_on=coming.due_on)
    else:
        yield _say("next_due_none")


def _invoice_lines(account: CustomerAccount, _: Seller) -> Sentences:
    bill = _newest(account)
    if bill is None:
        yield _say("invoice_none")
        return
    amount = Money(bill.amount, bill.currency)
    yield _say("invoice", number=bill.number, issued_on=bill.issued_on, due_on=bill.due_on, amount=amount)
    for line in bill.lines[:LINES_SHOWN_MAX]:
        yield _say("invoice_line", what=line.description, net=Money(line.net, bill.currency))
    if len(bill.lines) > LINES_SHOWN_MAX:
        yield _say("invoice_more", lines=len(bill.lines) - LINES_SHOWN_MAX)


def _invoice_status(account: CustomerAccount, _: Seller) -> Sentences:
    bill = _newest(account)
    if bill is None:
        yield _say("invoice_none")
        return
    paid, credited = Money(bill.paid, bill.currency), Money(bill.credited, bill.currency)
    amount = Money(bill.amount, bill.currency)
    yield _say("invoice_status", number=bill.number, amount=amount, paid=paid, credited=credited, open=_open(bill))


def _increase(account: CustomerAccount, _: Seller) -> Sentences:
    """The newest invoice against the one before it in its currency, line by line where they have the same words."""
    newest = _newest(account)
    same = [b for b in account.bills if newest and b.kind == "invoice" and b.currency == newest.currency]
    pair = list(pairwise(same))
    if newest is None or not pair:
        yield _say("increase_none")
        return
    before, now = pair[-1]
    code = now.currency
    difference = Money(now.amount - before.amount, code)
    whole = Money(now.amount, code), Money(before.amount, code)
    yield _say("increase", number=now.number, amount=whole[0], other=before.number, before=whole[1], more=difference)
    was, is_now = _by_description(before), _by_description(now)
    changed = {what: is_now.get(what, 0) - was.get(what, 0) for what in {**was, **is_now}}
    largest = sorted((what for what in changed if changed[what]), key=lambda what: (-abs(changed[what]), what))
    for what in largest[:LINES_SHOWN_MAX]:
        yield _say("increase_line", what=what, more=Money(changed[what], code))


def _by_description(bill: Bill) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in bill.lines:
        sums[line.description] = sums.get(line.description, 0) + line.net
    return sums


def _payments(account: CustomerAccount, _: Seller) -> Sentences:
    if not account.payments:
        yield _say("payment_none", on=account.case.feed_until or account.on)
    for paid in account.payments[:PAYMENTS_SHOWN_MAX]:
        yield _say("payment", amount=Money(paid.amount, paid.currency), booked_on=paid.booked_on)
        yield from _returned(paid)


def _applied(account: CustomerAccount, _: Seller) -> Sentences:
    """Where the newest payment went."""
    if not account.payments:
        yield _say("payment_none", on=account.case.feed_until or account.on)
        return
    newest = account.payments[0]
    for number, minor in newest.applied:
        amount = Money(minor, newest.currency)
        yield _say("applied", amount=amount, booked_on=newest.booked_on, number=number)
    yield from _returned(newest)
    if newest.left > 0:
        yield _say("applied_left", left=Money(newest.left, newest.currency), booked_on=newest.booked_on)


def _returned(paid: Received) -> Sentences:
    if paid.returned and paid.returned_on:
        back = Money(paid.returned, paid.currency)
        yield _say("payment_returned", amount=back, booked_on=paid.booked_on, returned_on=paid.returned_on)


def _unapplied(account: CustomerAccount, _: Seller) -> Sentences:
    found = account.unapplied()
    yield _say("unapplied", left=_of(found)) if found else _say("unapplied_none")


def _credits(account: CustomerAccount, _: Seller) -> Sentences:
    for bill in account.credits_left():
        yield _say("credit", number=bill.number, open=_open(bill), issued_on=bill.issued_on)
    if not account.credits_left():
        yield _say("credit_none")


def _reminder(account: CustomerAccount, _: Seller) -> Sentences:
    oldest = next(iter(account.overdue_bills()), None)
    if oldest:
        yield _say("reminder_why", number=oldest.number, due_on=oldest.due_on, open=_open(oldest))
    else:
        yield _say("reminder_settled")


def _letters(account: CustomerAccount, _: Seller) -> Sentences:
    told = [letter for letter in account.says.letters if letter.delivery == "accepted"]
    for letter in told[-LETTERS_SHOWN_MAX:]:
        yield _say("letter", what=f"stage:{letter.what}", on=letter.on)
    if not told:
        yield _say("letter_none")


def _suspended(account: CustomerAccount, _: Seller) -> Sentences:
    taken = account.case.suspension
    yield _say("suspended", on=taken.on) if taken else _say("suspended_none")


def _restore(account: CustomerAccount, _: Seller) -> Sentences:
    """What is open of what access was taken for."""
    taken = account.case.suspension
    if taken is None:
        yield _say("restore_none")
        return
    sums: dict[str, int] = {}
    for bill in account.open_bills():
        if bill.receivable_id in taken.receivable_ids:
            sums[bill.currency] = sums.get(bill.currency, 0) + bill.open
    yield _say("restore", open=_of(sums)) if sums else _say("restore_settled")


def _next_stage(account: CustomerAccount, _: Seller) -> Sentences:
    decision = account.decision
    if decision is None or not decision.next_stage or decision.next_on is None:
        yield _say("next_stage_none")
    else:
        yield _say("next_stage", what=f"stage:{decision.next_stage}", on=decision.next_on)


def _bank(account: CustomerAccount, seller: Seller) -> Sentences:
    codes = sorted(account.open()) or sorted({bill.currency for bill in account.bills})
    for code in codes:
        if to := seller.account(code):
            number = " / ".join(part for part in (to.bankgiro, to.iban) if part)
            yield _say("bank", currency=code, bank=to.bank, account=number)


def _reference(account: CustomerAccount, _: Seller) -> Sentences:
    for bill in account.open_bills():
        yield _say("reference", number=bill.number, reference=bill.reference or bill.number)
    if not account.open_bills():
        yield _say("reference_none")


def _holds(account: CustomerAccount, _: Seller) -> Sentences:
    held = [each for each in account.holds if each.holds and each.hold.kind not in _PROMISES]
    for each in held:
        if each.hold.until:
            yield _say("hold_until", on=each.hold.placed_on, until=each.hold.until)
        else:
            yield _say("hold", on=each.hold.placed_on)
    if not held:
        yield _say("hold_none")


def _promises(account: CustomerAccount, _: Seller) -> Sentences:
    made = [each for each in account.holds if each.hold.kind in _PROMISES and each.hold.instalments]
    for each in made:
        code = each.hold.currency
        whole = Money(sum(part.amount for part in each.hold.instalments), code)
        last = max(part.due_on for part in each.hold.instalments)
        yield _say("promise", whole=whole, until=last, received=Money(each.received, code))
    if not made:
        yield _say("promise_none")


def _subscriptions(account: CustomerAccount, _: Seller) -> Sentences:
    for each in account.says.subscriptions:
        if each.commitment_ends_at:
            ends = each.commitment_ends_at.date()
            yield _say("subscription", what=each.offer_name, quantity=each.quantity, until=ends)
        else:
            yield _say("subscription_open", what=each.offer_name, quantity=each.quantity)
    if not account.says.subscriptions:
        yield _say("subscription_none")


Answer: TypeAlias = Callable[[CustomerAccount, Seller], Sentences]
QUESTIONS: Mapping[str, Answer] = MappingProxyType(
    {
        "balance": _balance,
        "overdue": _overdue,
        "next_due": _next_due,
        "invoice_lines": _invoice_lines,
        "invoice_status": _invoice_status,
        "increase": _increase,
        "payments": _payments,
        "applied": _applied,
        "unapplied": _unapplied,
        "credits": _credits,
        "reminder": _reminder,
        "letters": _letters,
        "suspended": _suspended,
        "restore": _restore,
        "next_stage": _next_stage,
        "bank": _bank,
        "reference": _reference,
        "holds": _holds,
        "promises": _promises,
        "subscriptions": _subscriptions,
    }
)
# Which questions a request of a topic asks; of any other the balance is told.
ASKED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "suspended": ("suspended", "restore", "overdue", "bank", "reference"),
        "reminder": ("reminder", "letters", "overdue", "payments", "next_stage", "bank"),
        "payment": ("payments", "applied", "unapplied", "overdue"),
        "credit": ("credits", "balance"),
        "bank_account": ("bank", "reference"),
        "plan": ("promises", "overdue", "next_stage"),
        "dispute": ("holds", "invoice_lines", "overdue"),
        "increase": ("increase", "invoice_lines"),
        "statement": ("balance", "overdue", "next_due", "unapplied", "credits"),
        "invoice": ("invoice_status", "invoice_lines", "next_due"),
        "price": ("invoice_lines", "increase"),
        "subscription": ("subscriptions", "suspended"),
    }
)
OTHERWISE = ("balance", "overdue")


def diagnosis(topic: str, account: CustomerAccount, seller: Seller) -> tuple[Sentence, ...]:
    """The answers to what a request of that topic asks, in order, each sentence once."""
    told = [each for question in ASKED.get(topic, OTHERWISE) for each in QUESTIONS[question](account, seller)]
    unique: dict[tuple[str, tuple[tuple[str, str], ...]], Sentence] = {}
    for each in told:
        unique.setdefault((each.key, tuple((k, str(v)) for k, v in each.values.items())), each)
    return tuple(unique.values())
