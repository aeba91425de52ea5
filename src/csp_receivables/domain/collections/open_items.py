"""What may be chased of one customer on one day: open, not held, not exempt, not covered by their money or credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from csp_receivables.domain.collections.anchors import anchor_of
from csp_receivables.domain.collections.cases import Case, Debt, Hold
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.holds import HoldStanding, standing_of
from csp_receivables.domain.collections.overrides import CustomerRules, DebtRules, rules_for
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.made_by_the_million import maker_of

_due_then_id = attrgetter("due_on", "receivable_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One open receivable as the ladder sees it. `owed`: minor units of its currency that nothing covers."""

    debt: Debt
    rules: DebtRules
    owed: int
    days: int  # since its anchor, from 1 on overdue; before that negative days to the due date, without grace
    ladder_days: int  # the days its stages are counted by: fewer for a debt that is older than the policy

    @property
    def is_overdue(self) -> bool:
        """Is its anchor past?"""
        return self.days > 0


_open_item = maker_of(OpenItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One customer on one day, sorted out. Items are in the order of `case.debts`: oldest due first."""

    case: Case
    policy: CollectionsPolicy
    on: date
    rules: CustomerRules
    items: tuple[OpenItem, ...]  # all that is open
    chased: tuple[OpenItem, ...]  # what is left of it to chase
    holds: tuple[HoldStanding, ...]
    set_aside: tuple[Reason, ...]  # why receivables are not chased
    covered: Mapping[str, int]  # by currency: what money and credits cover of what could be chased
    worked_out: dict[str, Any] = field(default_factory=dict)  # by rules that are asked several times

    def overdue(self, currency: str) -> int:
        """All that is overdue in `currency`, chased or not."""
        return sum([i.debt.open_amount for i in self.items if i.days > 0 and i.debt.currency == currency])

    def open(self, currency: str) -> int:
        """All that is open in `currency`."""
        return sum([i.debt.open_amount for i in self.items if i.debt.currency == currency])


_situation = maker_of(Situation)


def look(case: Case, policy: CollectionsPolicy, on: date, *, despite_holds: bool = False) -> Situation:
    """Sort one customer's receivables out. `despite_holds`: as if there were none, to say what they keep back."""
    rules = rules_for(case, policy)
    items = tuple(_item(debt, rules.of(debt), case, policy, on) for debt in _in_order(case))
    holds = () if despite_holds else tuple(standing_of(hold, case, on) for hold in _by_age(case))
    held = {h.hold.receivable_id: h for h in holds if h.holds and h.hold.receivable_id}
    free, set_aside = [], []
    for item in items:
        if hold := held.get(item.debt.receivable_id):
            reason = hold.reason()
            set_aside.append(Reason(rule=f"hold {item.debt.number}", threshold=reason.threshold, actual=reason.actual))
        elif item.rules.exempt_because:
            set_aside.append(Reason(rule=f"exempt {item.debt.number}", threshold="", actual=item.rules.exempt_because))
        else:
            free.append(item)
    chased, covered = _less_what_is_covered(free, case)
    return _situation(
        case=case,
        policy=policy,
        on=on,
        rules=rules,
        items=items,
        chased=chased,
        holds=holds,
        set_aside=tuple(set_aside),
        covered=covered,
    )


def _by_age(case: Case) -> list[Hold]:
    """Holds in the order they were placed: of two on one receivable the later one speaks."""
    return sorted(case.holds, key=lambda h: (h.placed_on, h.hold_id))


def _in_order(case: Case) -> list[Debt]:
    """Oldest due first, then id, however they came: the order of input decides nothing."""
    return sorted([d for d in case.debts if d.open_amount > 0], key=_due_then_id)


def _item(debt: Debt, rules: DebtRules, case: Case, policy: CollectionsPolicy, on: date) -> OpenItem:
    anchor = anchor_of(debt, policy.anchor, rules.grace_days, case.country)
    days = (on - anchor).days
    if days <= 0:  # grace is for what is late: until then days are counted to the due date itself
        days = min(days + rules.grace_days, 0)
    return _open_item(
        debt=debt,
        rules=rules,
        owed=debt.open_amount,
        days=days,
        ladder_days=min(days, _days_since_start(debt, rules, policy, on, days)) if policy.live_from else days,
    )


def _days_since_start(debt: Debt, rules: DebtRules, policy: CollectionsPolicy, on: date, days: int) -> int:
    """Days of a debt that was due before the policy went live: on that day it stands at the first stage, not beyond."""
    start = policy.live_from
    if start is None or on < start or debt.due_on >= start:
        return days
    first = next((s for s in policy.stages if not s.is_before_due), None)
    if first is None:
        return days
    first_days = rules.stage_days.get(first.name, first.when.days_min or 1)
    return (on - (start - timedelta(days=first_days))).days


def _less_what_is_covered(free: list[OpenItem], case: Case) -> tuple[tuple[OpenItem, ...], Mapping[str, int]]:
    """Money and credit notes that cover nothing yet cover the oldest first: what they cover is not chased."""
    if not case.unapplied and not case.credit_left:
        return tuple(free), {}
    currencies = {*case.unapplied, *case.credit_left}
    left = {c: max(case.unapplied.get(c, 0), 0) + max(case.credit_left.get(c, 0), 0) for c in currencies}
    covered = dict.fromkeys(currencies, 0)
    chased = []
    for item in free:
        currency = item.debt.currency
        part = min(left.get(currency, 0), item.owed)
        if part:
            left[currency] -= part
            covered[currency] += part
        if item.owed > part:
            rest = item.owed - part
            chased.append(
                OpenItem(debt=item.debt, rules=item.rules, owed=rest, days=item.days, ladder_days=item.ladder_days)
            )
    return tuple(chased), covered
