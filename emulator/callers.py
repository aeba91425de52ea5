"""Who calls: the bearer token behind a request, and what each door demands of it.

All of it is async only so that it stays on the loop: FastAPI hands to a thread what is not.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from emulator.answers import Refusal, fault_of, world_of
from emulator.state import Grant


async def partner_center_caller(request: Request) -> Grant:
    """Anybody whose token is for Partner Center. A user without MFA is refused."""
    grant = _grant(request)
    if grant is not None:
        request.scope["emulator.mfa"] = grant.mfa or not grant.with_user
    if grant is None:
        raise Refusal(401, 900401, "The access token is missing, unknown or expired.")
    if grant.audience != "partner_center":
        raise Refusal(401, 900420, "The access token's audience is not Partner Center.")
    if fault_of(request) == "mfa_missing" or (grant.with_user and not grant.mfa):
        raise Refusal(401, 900421, "Multi-factor authentication is required: the token has no MFA claim.")
    return grant


async def partner_center_user(request: Request) -> Grant:
    """Only an app that acts for a user."""
    grant = await partner_center_caller(request)
    if not grant.with_user:
        raise Refusal(403, 900329, "App-only access is not supported by this resource.")
    return grant


async def graph_caller(request: Request) -> Grant:
    """Anybody whose token is for Graph."""
    grant = _grant(request)
    if grant is None:
        raise Refusal(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
    if grant.audience != "graph":
        raise Refusal(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
    return grant


PartnerCenterCaller = Annotated[Grant, Depends(partner_center_caller)]
PartnerCenterUser = Annotated[Grant, Depends(partner_center_user)]
GraphCaller = Annotated[Grant, Depends(graph_caller)]


def _grant(request: Request) -> Grant | None:
    world = world_of(request)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = world.sign_in.grants.get(token) if scheme.lower() == "bearer" else None
    is_over = grant is None or grant.until <= world.clock.now or fault_of(request) == "token_expired"
    return None if is_over else grant
