"""A customer of a simulation: what has happened to them so far, and the case that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from csp_receivables.domain.collections.cases import Case, Debt, Hold, HoldKind, Instalment, Notice, Round, Suspension
from csp_receivables.domain.collections.timeline import Event, TimelineRefused, Verb
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.money import NotMoney, to_minor, to_text


@dataclass(slots=True, kw_only=True)
class SimulatedCustomer:
    """Everything by number; amounts in minor units."""

    customer_id: str
    name: str = ""
    country: str = ""
    party_kind: str = "company"
    tags: set[str] = field(default_factory=set)
    debts: dict[str, Debt] = field(default_factory=dict)  # settled ones too
    unapplied: dict[str, int] = field(default_factory=dict)
    credit_left: dict[str, int] = field(default_factory=dict)
    received: list[tuple[date, str, int]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    suspension: Suspension | None = None
    last_currency: str = ""
    settled_by: dict[str, tuple[date, bool]] = field(default_factory=dict)  # number → the day, and was it a payment?

    def case(self, feed_stale: str) -> Case:
        """What is known of the customer now."""
        open_ones = [debt for debt in self.debts.values() if debt.open_amount > 0]
        return Case(
            customer_id=self.customer_id,
            name=self.name or self.customer_id,
            country=self.country,
            party_kind=self.party_kind,
            tags=frozenset(self.tags),
            debts=tuple(sorted(open_ones, key=lambda d: (d.due_on, d.receivable_id))),
            unapplied=dict(self.unapplied),
            credit_left=dict(self.credit_left),
            received=tuple(self.received),
            holds=tuple(self.holds),
            notices=tuple(self.notices),
            rounds=tuple(self.rounds),
            suspension=self.suspension,
            feed_stale=feed_stale,
        )

    def hear(self, event: Event) -> None:
        """Take one event in. Raises TimelineRefused where it can't have happened."""
        self.name, self.country = event.name or self.name, event.country or self.country
        self.party_kind = event.party_kind or self.party_kind
        heard: dict[Verb, Callable[[Event], None]] = {
            Verb.INVOICE: self._invoice,
            Verb.PAYMENT: self._payment,
            Verb.CREDIT: self._credit,
            Verb.WRITE_OFF: self._write_off,
            Verb.CHARGEBACK: self._chargeback,
            Verb.HOLD: self._hold,
            Verb.RELEASE: self._release,
            Verb.TAG: lambda e: self.tags.add(e.tag),
            Verb.UNTAG: lambda e: self.tags.discard(e.tag),
        }
        heard[event.do](event)

    def debt(self, event: Event, number: str) -> Debt:
        """The receivable that an event names."""
        if number not in self.debts:
            known = ", ".join(sorted(self.debts)) or "none yet"
            found = f"{self.customer_id} has no receivable {number}"
            raise TimelineRefused(event.line, found, f"Write its invoice before, or one of: {known}")
        return self.debts[number]

    def _invoice(self, event: Event) -> None:
        if event.number in self.debts:
            found = f"{self.customer_id} has a receivable {event.number} already"
            raise TimelineRefused(event.line, found, "Give each its own number")
        amount = _minor(event, event.currency)
        issued_on = event.issued_on or event.on
        self.last_currency = event.currency
        self.debts[event.number] = Debt(
            receivable_id=event.number,
            number=event.number,
            issued_on=issued_on,
            due_on=event.due_on or issued_on,
            currency=event.currency,
            amount=amount,
            open_amount=amount,
        )

    def _payment(self, event: Event) -> None:
        currency = self._currency(event)
        amount = _minor(event, currency)
        self.received.append((event.on, currency, amount))
        left = amount - self._apply(event, amount, is_payment=True)
        if left:
            self.unapplied[currency] = self.unapplied.get(currency, 0) + left

    def _credit(self, event: Event) -> None:
        currency = self._currency(event)
        amount = _minor(event, currency)
        left = amount - self._apply(event, amount)
        if left:
            self.credit_left[currency] = self.credit_left.get(currency, 0) + left

    def _apply(self, event: Event, amount: int, *, is_payment: bool = False) -> int:
        """How much of it the receivable took that the event names; 0 when it names none."""
        if not event.number:
            return 0
        debt = self.debt(event, event.number)
        part = min(amount, debt.open_amount)
        rest = debt.open_amount - part
        if part:
            paid_on = event.on if rest else debt.part_paid_on
            self.debts[event.number] = replace(debt, open_amount=rest, part_paid_on=paid_on)
        if part and not rest:
            self.settled_by[event.number] = event.on, is_payment
        return part

    def _write_off(self, event: Event) -> None:
        debt = self.debt(event, event.number)
        amount = debt.open_amount if event.amount is None else _minor(event, self._currency(event))
        if amount > debt.open_amount:
            found = f"only {to_text(debt.open_amount, debt.currency)} {debt.currency} of {debt.number} is open"
            raise TimelineRefused(event.line, found, "Write off no more than that")
        self.debts[event.number] = replace(debt, open_amount=debt.open_amount - amount)

    def _chargeback(self, event: Event) -> None:
        currency = self._currency(event)
        if not event.number:
            self._take_back_unapplied(event, currency)
            return
        debt = self.debt(event, event.number)
        settled = debt.amount - debt.open_amount
        amount = settled if event.amount is None else _minor(event, currency)
        if not 0 < amount <= settled:
            found = f"{to_text(settled, currency)} {currency} of {debt.number} is paid"
            raise TimelineRefused(event.line, found, "Take back more than nothing and no more than that")
        self.received.append((event.on, currency, -amount))
        self.debts[event.number] = replace(debt, open_amount=debt.open_amount + amount, reopened_on=event.on)

    def _take_back_unapplied(self, event: Event, currency: str) -> None:
        amount, waiting = _minor(event, currency), self.unapplied.get(currency, 0)
        if amount > waiting:
            found = f"{to_text(waiting, currency)} {currency} is unapplied"
            raise TimelineRefused(event.line, found, "Name the receivable that the money had paid")
        self.unapplied[currency] = waiting - amount
        self.received.append((event.on, currency, -amount))

    def _hold(self, event: Event) -> None:
        if event.number:
            self.debt(event, event.number)
        kind = HoldKind(event.kind or HoldKind.MANUAL)
        promised = self._instalments(event)
        self.holds.append(
            Hold(
                hold_id=f"{self.customer_id}/{len(self.holds) + 1}",
                kind=kind,
                customer_id=self.customer_id,
                receivable_id=event.number,
                reason=event.reason or "not said",
                placed_by=event.by or "not said",
                placed_on=event.on,
                until=None if promised else event.until,  # a promise holds until it is judged
                currency=self._currency(event) if promised else "",
                instalments=promised,
            )
        )

    def _instalments(self, event: Event) -> tuple[Instalment, ...]:
        if event.kind not in (HoldKind.PROMISE, HoldKind.PLAN):
            return ()
        currency = self._currency(event)
        if event.instalments:
            parts = [(part.due_on, _minor(event, currency, part.amount)) for part in event.instalments]
        elif event.amount is not None and event.until:
            parts = [(event.until, _minor(event, currency))]
        else:
            remedy = "Write amount and until, or instalments: [{due_on, amount}]"
            raise TimelineRefused(event.line, f"a {event.kind} without amount or day", remedy)
        return tuple(Instalment(due_on=due_on, amount=amount) for due_on, amount in parts)

    def _release(self, event: Event) -> None:
        fitting = [
            place
            for place, hold in enumerate(self.holds)
            if hold.ended_on is None
            and (not event.number or hold.receivable_id == event.number)
            and (not event.kind or hold.kind == event.kind)
        ]
        if not fitting:
            remedy = "Place the hold before, or leave number and kind out to release them all"
            raise TimelineRefused(event.line, f"no such hold of {self.customer_id} is on", remedy)
        for place in fitting:
            self.holds[place] = replace(self.holds[place], ended_on=event.on)

    def _currency(self, event: Event) -> str:
        """The event's own currency, else that of the receivable it names, else the customer's last one."""
        own = self.debt(event, event.number).currency if event.number else ""
        if own and event.currency and event.currency != own:
            found = f"{event.number} is in {own}, not in {event.currency}"
            raise TimelineRefused(event.line, found, "Leave the number out: money in another currency stays unapplied")
        currency = event.currency or own or self.last_currency
        if not currency:
            raise TimelineRefused(event.line, "no currency", "Add currency, such as EUR")
        self.last_currency = self.last_currency or currency
        return currency


def _minor(event: Event, currency: str, amount: Decimal | None = None) -> int:
    """The event's amount in minor units."""
    given = event.amount if amount is None else amount
    if given is None:
        raise TimelineRefused(event.line, f"{event.do} without amount", 'Add amount, such as "119.00"')
    try:
        minor = to_minor(given, currency)
    except (NotMoney, UnknownCurrency) as error:
        raise TimelineRefused(event.line, str(error), "Correct amount or currency") from None
    if minor <= 0:
        raise TimelineRefused(
            event.line, f"the amount {given} is not positive", "Use credit or chargeback to take back"
        )
    return minor
