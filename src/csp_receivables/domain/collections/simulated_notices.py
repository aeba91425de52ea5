"""Notices of a simulation: an accepted one opens its round, a bounced one did not happen for the ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from csp_receivables.domain.collections.account_letters import SettledRound, settled_by
from csp_receivables.domain.collections.cases import Delivery, Notice, Round, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.open_items import OpenItem, Situation, look
from csp_receivables.domain.collections.policy import Act, CollectionsPolicy, Stage
from csp_receivables.domain.collections.rounds import DUE, next_round_id, open_rounds, overdue_views
from csp_receivables.domain.collections.simulated_customer import SimulatedCustomer
from csp_receivables.domain.collections.timeline import Event, TimelineRefused

REINSTATEMENT = "reinstatement"  # the notice that says access is back: it is no stage, and ends a suspension


def notice_accepted(customer: SimulatedCustomer, policy: CollectionsPolicy, event: Event, feed_stale: str) -> None:
    """The mail server took a notice of `event.stage`; a suspension's means that access was taken."""
    if event.stage == REINSTATEMENT:
        customer.suspension = None
        return
    stage = _stage(policy, event)
    notice = _handed_over(customer, policy, event, stage, feed_stale)
    customer.notices.append(notice)
    if stage.act is Act.PROPOSE_SUSPENSION:
        customer.suspension = Suspension(round_id=notice.round_id, on=event.on, receivable_ids=notice.receivable_ids)


def notice_bounced(customer: SimulatedCustomer, policy: CollectionsPolicy, event: Event, feed_stale: str) -> None:
    """The newest accepted notice of `event.stage` came back; where none was, one was sent and came back at once."""
    stage = _stage(policy, event)
    for place in reversed(range(len(customer.notices))):
        notice = customer.notices[place]
        if notice.stage == stage.name and notice.delivery is Delivery.ACCEPTED:
            customer.notices[place] = replace(notice, delivery=Delivery.BOUNCED)
            return
    notice = _handed_over(customer, policy, event, stage, feed_stale)
    customer.notices.append(replace(notice, delivery=Delivery.BOUNCED))


def _stage(policy: CollectionsPolicy, event: Event) -> Stage:
    try:
        return policy.stage(event.stage)
    except KeyError as error:
        raise TimelineRefused(event.line, str(error.args[0]), f"Name one of them, or {REINSTATEMENT}") from None


def _handed_over(
    customer: SimulatedCustomer, policy: CollectionsPolicy, event: Event, stage: Stage, feed_stale: str
) -> Notice:
    """The notice with its round, which opens with it: the one that is decided on this day, else the newest open one."""
    for number in event.numbers:
        customer.debt(event, number)
    case = customer.case(feed_stale)
    decision = decide(case, policy, event.on)
    names: Sequence[str]
    if decision.action_id and decision.stage == stage.name:
        round_id, names, opens = decision.round_id, decision.receivable_ids, decision.opens
    else:
        round_id, names, opens = _against_the_rules(look(case, policy, event.on), stage, event)
    named = frozenset(event.numbers or names)
    if opens is not None:
        customer.rounds.append(replace(opens, receivable_ids=named))
    return Notice(stage=stage.name, round_id=round_id, on=event.on, delivery=Delivery.ACCEPTED, receivable_ids=named)


def _against_the_rules(situation: Situation, stage: Stage, event: Event) -> tuple[str, Sequence[str], Round | None]:
    """The round of a notice that the policy would not have sent on this day: facts count, wanted or not."""
    if stage.is_before_due:
        day = min((i.debt.due_on for i in situation.items if i.debt.due_on >= situation.on), default=situation.on)
        return f"{DUE}{day}", _names([i for i in situation.items if i.debt.due_on == day]), None
    views = overdue_views(situation, situation.chased)
    alive, _ = open_rounds(situation)
    if alive:
        newest = next((v for v in reversed(views) if v.is_open), None)
        return alive[-1].round_id, _names(newest.items) if newest else sorted(alive[-1].receivable_ids), None
    names = _names([i for i in situation.items if i.is_overdue] or situation.items)
    if not names and not event.numbers:
        found = f"{situation.case.customer_id} owes nothing that a {stage.name} could name"
        raise TimelineRefused(event.line, found, "Name the numbers, or write the invoice before")
    opens = Round(
        round_id=next_round_id(situation.case, alive),
        opened_on=situation.on,
        policy_version=situation.policy.version,
        receivable_ids=frozenset(names),
    )
    return opens.round_id, names, opens


def _names(items: Sequence[OpenItem]) -> list[str]:
    return [item.debt.receivable_id for item in items]


def settled_rounds(customer: SimulatedCustomer, decision: Decision) -> list[SettledRound]:
    """The rounds that were heard of, and of which a payment that named its receivable settled the last."""
    heard = {n.round_id for n in customer.notices if n.delivery is Delivery.ACCEPTED}
    closed = [r for r in customer.rounds if r.round_id in decision.closes and r.round_id in heard]
    return [found for each in closed if (found := _settled(customer, each))]


def _settled(customer: SimulatedCustomer, closed: Round) -> SettledRound | None:
    days = {number: customer.settled_by[number] for number in closed.receivable_ids if number in customer.settled_by}
    last = max((on for on, _ in days.values()), default=None)
    by_payment = [customer.debts[number] for number, told in sorted(days.items()) if told == (last, True)]
    paid = [(debt, debt.amount) for debt in by_payment]
    return settled_by(customer.customer_id, closed.round_id, paid, last, last) if last and paid else None
