"""What would be decided along a made-up timeline: events change what is known, a question decides each customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from csp_receivables.domain.collections.account_letters import AccountLetter, letters_for
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.feed_age import banking_hours
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.simulated_customer import SimulatedCustomer
from csp_receivables.domain.collections.simulated_notices import notice_accepted, notice_bounced, settled_rounds
from csp_receivables.domain.collections.timeline import Event, TimelineRefused, Verb
from csp_receivables.domain.money import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answer: the decision, with the customer's currency also where nothing is owed any more."""

    decision: Decision
    currency: str
    numbers: tuple[str, ...]
    letters: tuple[AccountLetter, ...] = ()  # wanted on that day beside the answer

    def text_of(self, minor: int) -> str:
        """Minor units of the answer's currency as decimal text."""
        return to_text(minor, self.currency) if self.currency else "0"


@dataclass(slots=True)
class _World:
    policy: CollectionsPolicy
    customers: dict[str, SimulatedCustomer] = field(default_factory=dict)
    feeds: dict[str, Event] = field(default_factory=dict)  # account → its newest word

    def customer(self, event: Event) -> SimulatedCustomer:
        """The customer an event speaks of; an invoice, a tag or a payment is enough to know one."""
        return self.customers.setdefault(event.customer, SimulatedCustomer(customer_id=event.customer))


def simulate(policy: CollectionsPolicy, timeline: Iterable[Event]) -> Iterator[Asked]:
    """The answers along `timeline`, each question's by customer. Raises TimelineRefused."""
    world = _World(policy=policy)
    last: date | None = None
    for event in timeline:
        if last and event.on < last:
            raise TimelineRefused(event.line, f"{event.on} comes after {last}", "Write the events in order")
        last = event.on
        if event.do is Verb.ASK:
            yield from _ask(world, event)
        elif event.do is Verb.BANK_FEED:
            world.feeds[event.account] = event
        elif event.do is Verb.NOTICE_ACCEPTED:
            notice_accepted(world.customer(event), policy, event, _stale(world, event.on))
        elif event.do is Verb.NOTICE_BOUNCED:
            notice_bounced(world.customer(event), policy, event, _stale(world, event.on))
        else:
            world.customer(event).hear(event)


def _ask(world: _World, event: Event) -> Iterator[Asked]:
    unknown = [each for each in event.numbers if each not in world.customers]
    if unknown:
        known = ", ".join(sorted(world.customers)) or "nobody yet"
        raise TimelineRefused(event.line, f"nothing is known of {unknown[0]}", f"Name one of {known}")
    for customer_id in sorted(event.numbers or world.customers):
        customer = world.customers[customer_id]
        case = customer.case(_stale(world, event.on))
        decision = decide(case, world.policy, event.on)
        yield Asked(
            decision=decision,
            currency=decision.currency or customer.last_currency,
            numbers=decision.receivable_ids,
            letters=letters_for(case, decision, world.policy, settled_rounds(customer, decision)),
        )


def _stale(world: _World, on: date) -> str:
    """Why the bank feed can't be trusted; "" when it can, or when the timeline says nothing of any feed."""
    stale = [why for account in sorted(world.feeds) if (why := _why_stale(world.feeds[account], world.policy, on))]
    return "; ".join(stale)


def _why_stale(feed: Event, policy: CollectionsPolicy, on: date) -> str:
    until = feed.until or feed.on
    if feed.stale:
        return f"{feed.account}: reported stale on {feed.on}"
    hours = banking_hours(until, on, feed.account[:2])
    return f"{feed.account}: covers {until}, {hours} banking hours ago" if hours > policy.feed_hours_max else ""


def answer_json(asked: Asked) -> dict[str, object]:
    """One answer as data; amounts are decimal text of the answer's currency, "0" where it has none."""
    decision = asked.decision
    return {
        "on": decision.on.isoformat(),
        "customer": decision.customer_id,
        "currency": asked.currency,
        "stage": decision.stage,
        "decision": decision.answer.value,
        "open": asked.text_of(decision.open),
        "overdue": asked.text_of(decision.overdue),
        "days_overdue": decision.days_overdue,
        "because": [_plain(reason) for reason in decision.because],
        "outranked": [_plain(reason) for reason in decision.outranked],
        "next_stage": decision.next_stage,
        "next_on": decision.next_on.isoformat() if decision.next_on else None,
        "round": decision.round_id,
        "numbers": list(asked.numbers),
    } | ({"letters": [_letter(each) for each in asked.letters]} if asked.letters else {})


def _letter(letter: AccountLetter) -> dict[str, object]:
    return {"letter": letter.kind, "about": letter.about, "numbers": list(letter.receivable_ids)}


def _plain(reason: object) -> dict[str, str]:
    return {name: getattr(reason, name) for name in ("rule", "threshold", "actual")}
