"""Microsoft's sign-in: the token endpoints of version 1 and 2, and the discovery that msal asks for first.

A new world knows no applications, and lets anybody sign in; naming one (`SignIn.applications`, or `/_emulator/sign-in`)
makes its secret count. Tokens are unsigned; the doors know them by heart.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl

import jwt
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from jwt.types import Options

from emulator.answers import TheWorld
from emulator.authorize import id_token, redeemed, unsigned
from emulator.clock import stamp
from emulator.state import Code, Grant, Json, World

REFRESH_TOKEN = "emulator-refresh-token-0"  # noqa: S105 - the consent that a person gave to a made-up partner
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
router = APIRouter()


class NoToken(Exception):
    """Refused as Entra refuses: an OAuth error with its AADSTS number."""

    def __init__(self, error: str, number: int, why: str) -> None:
        super().__init__(why)
        self.error, self.number, self.why = error, number, why


@router.get("/{tenant}/v2.0/.well-known/openid-configuration")
async def discovery(request: Request, tenant: str) -> Json:
    """Addresses as https, as msal insists; its transport brings them to this loopback address."""
    base = f"https://{request.url.netloc}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "issuer": f"{base}/v2.0",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
    }


@router.get("/common/discovery/instance")
async def instance(request: Request) -> Json:
    """For msal, when it is told to ask whether this host is Microsoft's."""
    return {
        "tenant_discovery_endpoint": f"https://{request.url.netloc}/common/v2.0/.well-known/openid-configuration",
        "metadata": [],
    }


@router.post("/{tenant}/oauth2/v2.0/token")
@router.post("/{tenant}/oauth2/token")
async def token(request: Request, world: TheWorld, tenant: str) -> Response:
    """Client credentials with a secret or an assertion, a refresh token, or a person's code."""
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    try:
        return JSONResponse(_answer(world, tenant, fields))
    except NoToken as refusal:
        return JSONResponse(_refused(world, refusal), 401 if refusal.error == "invalid_client" else 400)


def _answer(world: World, tenant: str, fields: Json) -> Json:
    client = fields.get("client_id", "")
    if not client:
        raise NoToken("invalid_request", 900144, "The request body must contain the parameter 'client_id'.")
    kind = fields.get("grant_type", "")
    if kind not in ("client_credentials", "refresh_token", "authorization_code"):
        raise NoToken("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{kind}'.")
    _check_client(world, client, fields)
    code = _redeem(world, client, fields) if kind == "authorization_code" else None
    if kind == "refresh_token":
        _check_refresh_token(world, fields.get("refresh_token", ""))
    resource = fields.get("resource", "") or (code.scope if code else fields.get("scope", ""))
    if not resource:
        raise NoToken("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
    with_user = kind != "client_credentials"
    access = _give(world, tenant, client, resource, with_user=with_user)
    seconds = world.behaviour.token_seconds
    answer = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": access}
    if with_user and (code is None or "offline_access" in code.scope.split()):
        answer |= {"refresh_token": _new_refresh_token(world), "scope": fields.get("scope", resource)}
    if code and "openid" in code.scope.split():
        answer["id_token"] = id_token(world, tenant, code)
    return answer


def _redeem(world: World, client: str, fields: Json) -> Code:
    code = redeemed(world, client, fields)
    if code is None:
        raise NoToken("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, or is not valid.")
    return code


def _check_client(world: World, client: str, fields: Json) -> None:
    secret, assertion = fields.get("client_secret", ""), fields.get("client_assertion", "")
    if not secret and not assertion:
        raise NoToken("invalid_client", 7000218, "The request body must contain 'client_assertion' or 'client_secret'.")
    if assertion:
        _check_assertion(world, client, assertion)
    elif world.sign_in.applications.get(client, secret) != secret:
        raise NoToken("invalid_client", 7000215, "Invalid client secret provided.")


def _check_assertion(world: World, client: str, assertion: str) -> None:
    """Signed by the certificate's key where the certificate is known; by any key otherwise."""
    public = world.sign_in.certificates.get(client)
    checks: Options = {
        "verify_signature": bool(public),
        "verify_aud": False,
        "verify_exp": False,  # the client's clock is not the emulator's
        "verify_nbf": False,
        "verify_iat": False,
    }
    try:
        said = jwt.decode(assertion, _public_key(public), ["RS256", "PS256"], checks)
    except jwt.PyJWTError as error:
        raise NoToken("invalid_client", 700027, f"Client assertion failed signature validation: {error}.") from None
    if said.get("iss") != client or said.get("sub") != client:
        raise NoToken("invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id'.")


def _public_key(pem: str | None) -> str:
    if not pem or "CERTIFICATE" not in pem:
        return pem or ""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_pem_x509_certificate

    key = load_pem_x509_certificate(pem.encode()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _check_refresh_token(world: World, token: str) -> None:
    until = world.sign_in.refresh_tokens.get(token)
    if until is None:
        raise NoToken("invalid_grant", 50173, "The provided grant has expired due to it being revoked.")
    if until <= world.clock.now:
        raise NoToken("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
    if world.behaviour.refresh_tokens_work_once:
        del world.sign_in.refresh_tokens[token]


def _new_refresh_token(world: World) -> str:
    token = f"emulator-refresh-token-{world.next_number('refresh token')}"
    remember_consent(world, token)
    return token


def remember_consent(world: World, token: str = REFRESH_TOKEN) -> None:
    """A refresh token that works from now on, for as long as it is used."""
    world.sign_in.refresh_tokens[token] = world.clock.now + timedelta(days=world.behaviour.refresh_token_days)


def _give(world: World, tenant: str, client: str, resource: str, *, with_user: bool) -> str:
    """An access token; its payload reads like Entra's."""
    until = world.clock.now + timedelta(seconds=world.behaviour.token_seconds)
    mfa = with_user and world.behaviour.users_pass_mfa
    payload: Json = {
        "aud": resource, "iss": f"https://sts.windows.net/{tenant}/", "tid": tenant, "appid": client,
        "iat": int(world.clock.now.timestamp()), "exp": int(until.timestamp()), "n": world.next_number("token"),
    }  # fmt: skip
    if with_user:
        payload |= {"amr": ["pwd", "mfa"] if mfa else ["pwd"], "upn": "actor@partner.example"}
    access = unsigned(payload)
    world.sign_in.grants[access] = Grant(
        audience=_audience(resource), client_id=client, with_user=with_user, mfa=mfa, until=until
    )
    return access


def _audience(resource: str) -> str:
    if "graph.windows.net" in resource:
        return "other"  # refused since August 2025
    if "graph" in resource:
        return "graph"
    return "partner_center" if "partner" in resource or "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd" in resource else "other"


def _refused(world: World, refusal: NoToken) -> Json:
    ids = f"00000000-0000-4000-8000-{world.next_number('answer'):012d}"
    at = stamp(world.clock.now)
    traced = f"Trace ID: {ids} Correlation ID: {ids} Timestamp: {at}"
    return {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {refusal.why} {traced}",
        "error_codes": [refusal.number], "timestamp": at, "trace_id": ids, "correlation_id": ids,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
    }  # fmt: skip
