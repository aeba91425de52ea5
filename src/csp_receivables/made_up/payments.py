"""How receivables become payments: who pays what when, by the habits, and what is true of each payment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from csp_receivables.made_up.customers import Customer, payer_account
from csp_receivables.made_up.habits import (
    DAYS_AFTER_DUE,
    FEE_DEDUCTED,
    HOLDS_BACK,
    KNOWS_REFERENCE,
    NEW_ACCOUNT,
    PAYS_AGAIN,
    PAYS_THE_REST,
    SAYS,
    SISTER_PAYS,
    WHAT,
    WHEN,
    happens,
)
from csp_receivables.made_up.receivables import Receivable
from csp_receivables.made_up.remittance import idle, noisy_name, references, sentence

ABROAD = frozenset({"EUR", "USD", "GBP"})
_FEES = (500, 1_000, 1_500, 2_500)  # what banks on the way take, in minor units of euro, dollar and pound
_SATURDAY = 5


@dataclass(slots=True, kw_only=True)
class Payment:
    """One line of a bank account, with its truth: `pays` are (receivable_id, amount); a return pays back."""

    pays_to: str  # key of `accounts.ACCOUNTS`
    booked_on: date
    amount: int  # minor units, signed
    kind: str = "payment"  # "payment", "return", "fee", "payout" or "transfer"
    payer: str = ""
    payer_account: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    end_to_end: str = ""
    bank_ref: str = ""  # given by the bank when it books
    customer_id: str = ""
    habit: str = ""
    says: str = ""  # of `habits.SAYS`, or "wrong_digit"; "" where no customer pays
    pays: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Payers:
    """Plans the payments of each customer's month; remembers who else may pay for it."""

    random: Random
    sisters: Mapping[int, Sequence[Customer]] = field(default_factory=dict)

    def plan(self, customer: Customer, billed: Sequence[Receivable]) -> Iterator[Payment]:
        """Payments of what was billed now and held back before."""
        ready: list[Receivable] = customer.held  # type: ignore[assignment]
        customer.held = []
        if customer.pays_all_at_once and len(ready) + len(billed) > 1:
            yield self._several(customer, [*ready, *billed])
            return
        for receivable in billed:
            if ready:
                yield self._several(customer, [*ready, receivable])
                ready = []
            elif not customer.held and happens(self.random, HOLDS_BACK):
                customer.held = [receivable]
            else:
                yield from self._single(customer, receivable)

    def _several(self, customer: Customer, ready: Sequence[Receivable]) -> Payment:
        last = max(ready, key=lambda each: each.due_on)
        pays = tuple((each.receivable_id, each.left) for each in ready)
        made = self._told(customer, ready, self._day(customer, last), pays)
        if made.habit == "one":
            made.habit = "several"
        return made

    def _single(self, customer: Customer, receivable: Receivable) -> Iterator[Payment]:
        what = WHAT.draw(self.random)
        if what == "never":
            return
        day = self._early(customer, receivable) if what == "early" else None
        if day is None:
            what, day = "one" if what == "early" else what, self._day(customer, receivable)
        pays = ((receivable.receivable_id, receivable.left),)
        first = self._told(customer, [receivable], day, pays)
        if what != "one":
            first.habit = what
        elif receivable.left != receivable.amount:
            first.habit = "net_of_credit"
        if what == "early" and not happens(self.random, KNOWS_REFERENCE):
            first = replace(first, references=(), text=idle(self.random), says="payer")
        follow = {
            "partial": self._partial,
            "over": self._over,
            "duplicate": self._duplicate,
            "returned": self._returned,
        }.get(what)
        if follow is not None:
            yield from follow(customer, receivable, first)
            return
        if what == "one" and customer.currency in ABROAD and happens(self.random, FEE_DEDUCTED):
            self._deduct_fee(first, receivable)
        yield first

    def _early(self, customer: Customer, receivable: Receivable) -> date | None:
        """A day before the receivable exists; None for who still owes something, for he does not prepay."""
        before = _banking_day(receivable.issued_on - timedelta(days=self.random.randint(2, 7)), -1)
        if before.month != receivable.issued_on.month or before <= customer.paid_until:
            return None
        customer.paid_until = before
        return before

    def _partial(self, customer: Customer, receivable: Receivable, first: Payment) -> Iterator[Payment]:
        whole = first.amount
        part = max(1, whole * self.random.choice((25, 40, 50, 60, 75)) // 100)
        part = part // 10_000 * 10_000 or part
        first.amount, first.pays = part, ((receivable.receivable_id, part),)
        yield first
        if whole > part and happens(self.random, PAYS_THE_REST):
            day = self._later(customer, first.booked_on, 7, 30)
            rest = self._told(customer, [receivable], day, ((receivable.receivable_id, whole - part),))
            rest.habit = "rest"
            yield rest

    def _over(self, _customer: Customer, _receivable: Receivable, first: Payment) -> Iterator[Payment]:
        """Rounded up to whole hundreds, or simply too much."""
        rounded = -(-first.amount // 10_000) * 10_000
        first.amount = rounded if rounded > first.amount else first.amount + 5_000
        yield first

    def _duplicate(self, customer: Customer, _receivable: Receivable, first: Payment) -> Iterator[Payment]:
        """The same order carried out twice: everything is the same but the day and the order's id."""
        yield first
        day = self._later(customer, first.booked_on, 1, 8)
        yield replace(first, booked_on=day, end_to_end=self._end_to_end(), pays=())

    def _returned(self, customer: Customer, receivable: Receivable, first: Payment) -> Iterator[Payment]:
        yield first
        day = self._later(customer, first.booked_on, 2, 4)
        back = tuple((receivable_id, -amount) for receivable_id, amount in first.pays)
        yield replace(first, booked_on=day, amount=-first.amount, kind="return", pays=back)
        if happens(self.random, PAYS_AGAIN):
            again = self._told(customer, [receivable], self._later(customer, day, 5, 12), first.pays)
            again.habit = "again"
            yield again

    def _deduct_fee(self, payment: Payment, receivable: Receivable) -> None:
        """Sent with the charges shared: a bank on the way kept some of it."""
        fee = self.random.choice(_FEES)
        if payment.amount > 2 * fee:
            payment.amount -= fee
            payment.pays, payment.habit = ((receivable.receivable_id, payment.amount),), "fee"

    def _told(
        self, customer: Customer, paid: Sequence[Receivable], day: date, pays: tuple[tuple[str, int], ...]
    ) -> Payment:
        """A payment of `pays`, with what its payer says of it."""
        if happens(self.random, NEW_ACCOUNT) and customer.payer == customer.name:
            customer.payer_account = payer_account(self.random, customer.country.code, customer.pays_to)
        made = Payment(
            pays_to=customer.pays_to,
            booked_on=day,
            amount=sum(amount for _, amount in pays),
            payer=customer.payer,
            payer_account=customer.payer_account,
            end_to_end=self._end_to_end(),
            customer_id=customer.customer_id,
            says=SAYS.draw(self.random),
            habit="one",
            pays=pays,
        )
        self._by_a_sister(customer, made)
        self._say(made, paid)
        return made

    def _say(self, made: Payment, paid: Sequence[Receivable]) -> None:
        match made.says:
            case "reference":
                made.references, wrong = references(self.random, [each.reference for each in paid])
                made.says = "wrong_digit" if wrong else made.says
            case "text":
                made.text = sentence(self.random, [each.number for each in paid])
            case "payer":
                made.text = idle(self.random)
            case "name_only":
                made.text, made.payer_account = idle(self.random), ""
                made.payer = noisy_name(self.random, made.payer)
            case _:
                made.text, made.payer, made.payer_account = idle(self.random), "", ""

    def _by_a_sister(self, customer: Customer, made: Payment) -> None:
        if customer.group < 0 or customer.payer != customer.name or not happens(self.random, SISTER_PAYS):
            return
        others = [each for each in self.sisters.get(customer.group, ()) if each is not customer]
        if others:
            sister = self.random.choice(others)
            made.payer, made.payer_account = sister.payer, sister.payer_account
            made.habit = "sister"

    def _day(self, customer: Customer, receivable: Receivable) -> date:
        first, last = DAYS_AFTER_DUE[WHEN.draw(self.random)]
        day = receivable.due_on + timedelta(days=self.random.randint(first, last))
        day = _banking_day(max(day, receivable.issued_on + timedelta(days=1)), 1)
        customer.paid_until = max(customer.paid_until, day)
        return day

    def _later(self, customer: Customer, day: date, first: int, last: int) -> date:
        later = _banking_day(day + timedelta(days=self.random.randint(first, last)), 1)
        customer.paid_until = max(customer.paid_until, later)
        return later

    def _end_to_end(self) -> str:
        return f"E{self.random.getrandbits(48):012X}"


def _banking_day(day: date, step: int) -> date:
    """The day, or the nearest Monday to Friday in the direction of `step`."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=step)
    return day
