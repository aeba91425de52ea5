"""Which of a customer's subscriptions a suspension may touch, and why each other is left out.

Only what the unpaid receivables cover, unless the policy says otherwise: who paid for one product keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import Means, suspending


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What the unpaid receivables are for: subscription ids in lower case.

    `by_line`: their lines name them. `by_invoice`: a line passes on a vendor invoice that charges them to one of the
    customer's tenants.
    """

    by_line: frozenset[str] = frozenset()
    by_invoice: frozenset[str] = frozenset()

    def has(self, subscription_id: str) -> bool:
        """Does an unpaid receivable cover it?"""
        return subscription_id.casefold() in self.by_line | self.by_invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A subscription that stays as it is. `for_a_person`: Azure that the policy names; a pack is made for it."""

    tenant_id: str
    subscription_id: str
    name: str
    because: str
    for_a_person: bool = False


def in_scope(
    subscriptions: Sequence[Subscription], covered: Covered, tags: frozenset[str], policy: AccessPolicy, now: datetime
) -> tuple[tuple[Subscription, ...], tuple[LeftOut, ...]]:
    """What may be suspended, and what is left out; each in the order of the ids."""
    ordered = sorted(subscriptions, key=lambda each: each.subscription_id.casefold())
    because = {each.subscription_id: _why_not(each, covered, tags, policy, now) for each in ordered}
    for base in ordered:
        if not because[base.subscription_id]:
            because[base.subscription_id] = _takes_along(base, ordered, because)
    return (
        tuple(each for each in ordered if not because[each.subscription_id]),
        tuple(_left_out(each, because[each.subscription_id], policy, now)
              for each in ordered if because[each.subscription_id]),
    )  # fmt: skip


def _why_not(each: Subscription, covered: Covered, tags: frozenset[str], policy: AccessPolicy, now: datetime) -> str:
    if found := sorted(tags & policy.protected.tags):
        return f"the policy protects customers tagged {found[0]}"
    if protected := policy.protected.why(each.subscription_id, each.offer_name, each.offer_id):
        return protected
    would = suspending(each, now)
    if would.means is Means.ENTITLEMENTS:
        return _of_azure(each, policy)
    if not would.can:
        return would.because
    if policy.only_unpaid and not covered.has(each.subscription_id):
        return "no unpaid receivable covers it"
    return ""


def _of_azure(each: Subscription, policy: AccessPolicy) -> str:
    if each.subscription_id.casefold() in policy.azure:
        return "Azure is never stopped by the machine: a person does it by hand, with the pack"
    return "Azure is left alone: the policy does not name it"


def _takes_along(base: Subscription, all_of_them: Iterable[Subscription], because: dict[str, str]) -> str:
    """A legacy base takes its add-ons along, so it stays when one of them must (microsoft.md 4.3)."""
    if base.product_type:
        return ""
    children = (each for each in all_of_them if each.parent_id.casefold() == base.subscription_id.casefold())
    kept = next((each for each in children if because[each.subscription_id] and each.status == "active"), None)
    return f"it would take its add-on {kept.subscription_id} along, which stays" if kept else ""


def _left_out(each: Subscription, because: str, policy: AccessPolicy, now: datetime) -> LeftOut:
    is_azure = suspending(each, now).means is Means.ENTITLEMENTS
    return LeftOut(
        tenant_id=each.tenant_id,
        subscription_id=each.subscription_id,
        name=each.offer_name,
        because=because,
        for_a_person=is_azure and each.subscription_id.casefold() in policy.azure,
    )
