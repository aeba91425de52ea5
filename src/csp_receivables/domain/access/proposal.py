"""A proposal: which of a customer's subscriptions would be suspended, what that does, and what it rests on.

It is computed, never stepped: the same facts make the same proposal, and its digest covers every fact that a person
relies on. Days that only pass (overdue, to renewal) are shown and not digested.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from csp_receivables.domain.access.levers import Lever, levers_of
from csp_receivables.domain.access.order import going_down
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.access.scope import Covered, LeftOut, in_scope
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.open_items import Situation
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import Billing, suspending


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What Microsoft charged for a subscription in its newest billing month: minor units, for so many days."""

    currency: str
    pre_tax: int
    days: int

    @property
    def a_week(self) -> int:
        """The seven-day share, rounded down."""
        return self.pre_tax * 7 // self.days if self.days else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a proposal is computed from, besides the decision."""

    tenants: tuple[str, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()  # of these tenants, as last read
    covered: Covered = field(default_factory=Covered)
    costs: tuple[tuple[str, Cost], ...] = ()  # by subscription id
    tags: frozenset[str] = frozenset()
    read_at: str = ""  # when the oldest of the subscriptions was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A subscription that would be suspended. Times are UTC."""

    tenant_id: str
    subscription_id: str
    parent_id: str
    name: str
    product_type: str
    quantity: int
    status: str
    auto_renew: bool | None
    scheduled_changes: str
    term_ends: datetime | None
    billing: Billing
    users: str  # what its users lose, in words
    loses_auto_renew: bool
    loses_scheduled_changes: bool
    a_week: int  # what Microsoft charges for it in a week, minor units
    currency: str
    levers: tuple[Lever, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a person is asked about one customer. `owed`: (currency, overdue of what is named, open), minor units."""

    action_id: str
    customer_id: str
    round_id: str
    receivable_ids: tuple[str, ...]
    owed: tuple[tuple[str, int, int], ...]
    targets: tuple[Target, ...]  # in the order in which they would be suspended
    left_out: tuple[LeftOut, ...]
    policy_version: str
    access_version: str

    @property
    def digest(self) -> str:
        """Changes when anything changes that a person relied on."""
        return hashlib.sha256(document_of(self).encode()).hexdigest()

    @property
    def waiting_costs(self) -> tuple[tuple[str, int], ...]:
        """What one week's wait costs the partner at Microsoft, by currency: what suspending would stop."""
        return _by_currency(each for each in self.targets if each.billing is not Billing.GOES_ON)

    @property
    def charged_all_the_same(self) -> tuple[tuple[str, int], ...]:
        """What Microsoft charges in a week for what is suspended, by currency."""
        return _by_currency(each for each in self.targets if each.billing is Billing.GOES_ON)

    @property
    def at_stake_in_a_week(self) -> tuple[tuple[str, int], ...]:
        """What may be lost when one waits a week: what is open, and what Microsoft charges meanwhile; by currency."""
        sums = dict(_by_currency(self.targets))
        for currency, _, open_ in self.owed:
            sums[currency] = sums.get(currency, 0) + open_
        return tuple(sorted(sums.items()))


Owed = tuple[tuple[str, int, int], ...]


def owed_in(situation: Situation, decision: Decision) -> Owed:
    """What is owed in each currency of what the decision names: a decision tells one, and may rest on several."""
    named = {item.debt.currency for item in situation.items if item.debt.receivable_id in decision.receivable_ids}
    currencies = sorted(named | ({decision.currency} if decision.currency else set()))
    return tuple((each, situation.overdue(each), situation.open(each)) for each in currencies)


def propose(
    decision: Decision, evidence: Evidence, policy: AccessPolicy, now: datetime, *, owed: Owed | None = None
) -> Proposal:
    """The proposal that a decision to propose a suspension asks for. `owed`: else as the decision tells it."""
    targets, left_out = in_scope(evidence.subscriptions, evidence.covered, evidence.tags, policy, now)
    costs = dict(evidence.costs)
    return Proposal(
        action_id=decision.action_id,
        customer_id=decision.customer_id,
        round_id=decision.round_id,
        receivable_ids=decision.receivable_ids,
        owed=_told(decision) if owed is None else owed,
        targets=tuple(_target(each, costs.get(each.subscription_id.casefold()), now) for each in going_down(targets)),
        left_out=left_out,
        policy_version=decision.policy_version,
        access_version=policy.version,
    )


def _told(decision: Decision) -> Owed:
    return ((decision.currency, decision.overdue, decision.open),) if decision.currency else ()


def document_of(proposal: Proposal) -> str:
    """The proposal as JSON that is the same text for the same content."""
    return json.dumps(asdict(proposal), default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def differences(target: Target, now: Subscription) -> tuple[str, ...]:
    """What a person relied on and is no longer so, in words; () when the subscription is as it was shown."""
    pairs = (
        ("status", target.status, now.status),
        ("seats", target.quantity, now.quantity),
        ("auto-renew", target.auto_renew, now.auto_renew),
        ("scheduled changes", target.scheduled_changes, now.scheduled_changes),
        ("end of term", target.term_ends, now.commitment_ends_at),
    )
    return tuple(f"{name} was {before}, is {after}" for name, before, after in pairs if before != after)


def _target(each: Subscription, cost: Cost | None, now: datetime) -> Target:
    would = suspending(each, now)
    return Target(
        tenant_id=each.tenant_id,
        subscription_id=each.subscription_id,
        parent_id=each.parent_id,
        name=each.offer_name,
        product_type=each.product_type,
        quantity=each.quantity,
        status=each.status,
        auto_renew=each.auto_renew,
        scheduled_changes=each.scheduled_changes,
        term_ends=each.commitment_ends_at,
        billing=would.billing,
        users=would.because,
        loses_auto_renew=would.loses_auto_renew,
        loses_scheduled_changes=would.loses_scheduled_changes,
        a_week=cost.a_week if cost else 0,
        currency=cost.currency if cost else "",
        levers=levers_of(each, now),
    )


def days_to_renewal(target: Target, now: datetime) -> int | None:
    """Whole days until its term ends; None: it has no end."""
    return (target.term_ends - now) // timedelta(days=1) if target.term_ends else None


def _by_currency(targets: Iterable[Target]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for each in targets:
        if each.a_week:
            sums[each.currency] = sums.get(each.currency, 0) + each.a_week
    return tuple(sorted(sums.items()))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} can't be written down")
