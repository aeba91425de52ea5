"""Partner Center's customers, and their subscriptions as they are."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, collection, link, rest
from emulator.callers import PartnerCenterCaller
from emulator.paging import seek, size_asked
from emulator.state import Customer, Json, Subscription, World
from emulator.terms import bring_up_to_date

router = APIRouter(prefix="/v1/customers")


@router.get("")
async def listed(request: Request, world: TheWorld, _: PartnerCenterCaller) -> Response:
    """Those with a reseller relationship."""
    size = size_asked(request)
    uri = f"/customers?size={size}"
    related = [_shown(each) for each in world.customers.values() if each.related]
    page, token = seek(request, related, size, uri)
    links = {"next": link(f"{uri}&seekOperation=Next", MS_ContinuationToken=token)} if token else {}
    more = {"continuationToken": token} if token else {}
    return rest(request, collection(page, uri, links=links, **more))


@router.get("/{tenant_id}")
async def one(request: Request, world: TheWorld, _: PartnerCenterCaller, tenant_id: str) -> Response:
    """A customer."""
    return rest(request, _shown(find_customer(world, tenant_id)))


@router.get("/{tenant_id}/subscriptions")
async def subscriptions(request: Request, world: TheWorld, _: PartnerCenterCaller, tenant_id: str) -> Response:
    """All of a customer's, whatever their status, on one page."""
    find_customer(world, tenant_id)
    bring_up_to_date(world)
    found = [world.subscriptions[each].document for each in world.subscriptions_of.get(tenant_id.lower(), ())]
    return rest(request, collection(found, f"/customers/{tenant_id}/subscriptions"))


@router.get("/{tenant_id}/subscriptions/{subscription_id}")
async def subscription(
    request: Request, world: TheWorld, _: PartnerCenterCaller, tenant_id: str, subscription_id: str
) -> Response:
    """One, whatever its status."""
    return rest(request, find_subscription(world, tenant_id, subscription_id).document)


def find_customer(world: World, tenant_id: str) -> Customer:
    """Raises Refusal: without a relationship the partner has no customer."""
    customer = world.customers.get(tenant_id.lower())
    if customer is None or not customer.related:
        raise Refusal(403, 20002, "The partner does not have a relationship with this customer.")
    return customer


def find_subscription(world: World, tenant_id: str, subscription_id: str) -> Subscription:
    """As it stands at the emulator's moment. Raises Refusal."""
    find_customer(world, tenant_id)
    bring_up_to_date(world)
    found = world.subscriptions.get(subscription_id.lower())
    if found is None or found.tenant_id != tenant_id.lower():
        raise Refusal(404, 20003, "The subscription was not found.")
    return found


def _shown(customer: Customer) -> Json:
    own = customer.tenant_id
    return {
        "id": own,
        "companyProfile": {
            "tenantId": own,
            "domain": customer.domain,
            "companyName": customer.name,
            "links": {"self": link(f"/customers/{own}/profiles/company")},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": True,
        "links": {"self": link(f"/customers/{own}")},
        "attributes": {"objectType": "Customer"},
    }
