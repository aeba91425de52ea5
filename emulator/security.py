"""Partner Center's report of who came without MFA."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from emulator.answers import TheWorld, rest
from emulator.callers import PartnerCenterCaller

router = APIRouter(prefix="/v1")


@router.get("/nonMfaCompliantPartnerPrincipals")
async def principals(request: Request, world: TheWorld, _: PartnerCenterCaller) -> Response:
    """People of the portal whose last sign-in had no MFA."""
    items = world.without_mfa
    return rest(request, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})
