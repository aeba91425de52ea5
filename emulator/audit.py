"""Partner Center's audit records: what was done, by whom, with the resource before and after as text."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, collection, link, lowered, rest
from emulator.callers import PartnerCenterCaller
from emulator.clock import moment, stamp
from emulator.paging import seek
from emulator.state import Grant, Json, World

KEPT_DAYS = 90
_PAGE = 500
_FIELDS = {"companyname": "customerName", "customerid": "customerId", "resourcetype": "resourceType"}
router = APIRouter(prefix="/v1/auditrecords")


@router.get("")
async def records(request: Request, world: TheWorld, _: PartnerCenterCaller) -> Response:
    """The newest first. No more than 90 days back."""
    query = lowered(request)
    now = world.clock.now
    start = _day(query.get("startdate", ""), now - timedelta(days=30))
    end = _day(query.get("enddate", ""), now)
    if start.date() < (now - timedelta(days=KEPT_DAYS)).date():
        raise Refusal(400, 3000, f"startDate must lie within the last {KEPT_DAYS} days.")
    field, value, operator = _filter(query.get("filter", ""))
    found = [each for each in world.audit
             if start.date() <= moment(each["operationDate"]).date() <= end.date()
             and _matches(str(each.get(field, "")), value, operator)]  # fmt: skip
    found.sort(key=lambda each: moment(each["operationDate"]), reverse=True)
    uri = f"/auditrecords?startDate={start:%Y-%m-%d}&endDate={end:%Y-%m-%d}&size={_PAGE}"
    page, token = seek(request, found, _PAGE, uri)
    links = {"next": link(f"{uri}&seekOperation=Next", MS_ContinuationToken=token)} if token else {}
    return rest(request, collection(page, uri, links=links))


def record(
    world: World, caller: Grant, tenant_id: str, after: Json, *, operation: str, before: Json | None = None
) -> None:
    """Note what was done at this moment. `operation` as Microsoft names it: `update_subscription`."""
    customer = world.customers.get(tenant_id.lower())
    who = {"userPrincipalName": "actor@partner.example"} if caller.with_user else {}
    old = {"resourceOldValue": json.dumps(before)} if before else {}
    world.audit.append(
        {
            "partnerId": world.partner.tenant_id,
            "customerId": tenant_id,
            "customerName": customer.name if customer else "",
            **who,
            "applicationId": caller.client_id,
            "resourceType": operation.partition("_")[2],
            **old,
            "resourceNewValue": json.dumps(after),
            "operationType": operation,
            "operationDate": stamp(world.clock.now),
            "operationStatus": "succeeded",
            "customizedData": [{"key": "ResourceId", "value": str(after.get("id", ""))}],
            "attributes": {"objectType": "AuditRecord"},
        }
    )


def _day(text: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        return moment(text)
    except ValueError:
        pass
    try:
        month, day, year = (int(part) for part in text.partition(" ")[0].split("/"))
        return otherwise.replace(year=year, month=month, day=day)
    except ValueError:
        raise Refusal(400, 3000, f"{text} is not a date.") from None


def _filter(text: str) -> tuple[str, str, str]:
    """Field of a record, what it is compared with, and how; empty: everything."""
    if not text:
        return "", "", "substring"
    try:
        said = json.loads(text)
        field = _FIELDS[str(said["Field"]).lower()]
        return field, str(said["Value"]), str(said["Operator"]).lower()
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, 3000, "The filter is not valid.") from None


def _matches(value: str, wanted: str, operator: str) -> bool:
    return wanted.lower() in value.lower() if operator == "substring" else wanted.lower() == value.lower()
