"""Customers, their subscriptions and what runs under an Azure plan (microsoft.md 4.2, 4.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time

from csp_receivables.adapters.partner_center.answers import Record, exact_json
from csp_receivables.adapters.partner_center.paging import items
from csp_receivables.adapters.partner_center.session import Session, segment
from csp_receivables.domain.microsoft.families import family_of
from csp_receivables.domain.microsoft.subscriptions import AzureEntitlement, Subscription

CUSTOMERS = 500  # the most of a page
_SCHEDULED = ("scheduledNextTermInstructions", "nextChargeInstructions", "scheduledActions")


class Subscriptions:
    """`SubscriptionList` over the wire."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tenants(self) -> Iterator[str]:
        """See `SubscriptionList`."""
        seen: set[str] = set()
        for customer in items(self._session, "/v1/customers", {"size": str(CUSTOMERS)}):
            tenant = customer.record("companyProfile").text("tenantId") or customer.needed("id")
            if tenant not in seen:
                seen.add(tenant)
                yield tenant

    def subscriptions(self, tenant_id: str) -> Sequence[Subscription]:
        """See `SubscriptionList`."""
        path = f"/v1/customers/{segment(tenant_id)}/subscriptions"
        found = {each.subscription_id: each for each in (read(node, tenant_id) for node in items(self._session, path))}
        return [found[key] for key in sorted(found)]

    def entitlements(self, tenant_id: str, plan_id: str) -> Sequence[AzureEntitlement]:
        """The Azure subscriptions under an Azure plan, in the order of their ids. Raises MicrosoftRefused."""
        path = f"/v1/customers/{segment(tenant_id)}/subscriptions/{segment(plan_id)}/azureEntitlements"
        found = {each.entitlement_id: each for each in map(_entitlement, items(self._session, path))}
        return [found[key] for key in sorted(found)]


def read(node: Record, tenant_id: str) -> Subscription:
    """One subscription as Microsoft tells it. Raises MicrosoftRefused where it has no id or its shape is odd."""
    product_type = node.record("productType").text("id")
    offer_id, offer_name = node.text("offerId"), node.text("offerName")
    return Subscription(
        tenant_id=tenant_id,
        subscription_id=node.needed("id"),
        offer_id=offer_id,
        offer_name=offer_name,
        product_type=product_type,
        family=family_of(product_type, offer_id, offer_name),
        parent_id=node.text("parentSubscriptionId"),
        order_id=node.text("orderId"),
        status=node.text("status").casefold(),
        suspension_reasons=node.texts("suspensionReasons"),
        quantity=node.whole("quantity"),
        unit_type=node.text("unitType"),
        billing_type=node.text("billingType"),
        billing_cycle=node.text("billingCycle"),
        term_duration=node.text("termDuration"),
        is_trial=node.flag("isTrial") or False,
        auto_renew=node.flag("autoRenewEnabled"),
        created_at=node.moment("creationDate"),
        starts_at=node.moment("effectiveStartDate"),
        commitment_ends_at=_last_moment(node),
        cancellable_until=_cancellable_until(node),
        scheduled_changes=_scheduled(node),
        etag=node.record("attributes").text("etag"),
        document=exact_json(node.raw),
    )


def _last_moment(node: Record) -> datetime | None:
    """The end is inclusive: a bare date means the whole of its day."""
    if "commitmentEndDateTime" in node:
        return node.moment("commitmentEndDateTime")
    day = node.moment("commitmentEndDate")
    return day.replace(hour=23, minute=59, second=59) if day and day.time() == time() else day


def _cancellable_until(node: Record) -> datetime | None:
    if "cancellationAllowedUntilDate" in node:
        return node.moment("cancellationAllowedUntilDate")
    refunds = [each.moment("expiresAt", "expiresAfter") for each in node.records("refundOptions")]
    return max((each for each in refunds if each), default=None)


def _scheduled(node: Record) -> str:
    planned = {name: node.value(name) for name in _SCHEDULED if node.value(name)}
    return exact_json(planned) if planned else ""


def _entitlement(node: Record) -> AzureEntitlement:
    return AzureEntitlement(
        entitlement_id=node.needed("id"),
        plan_id=node.text("subscriptionId"),
        name=node.text("friendlyName"),
        status=node.text("status").casefold(),
    )
