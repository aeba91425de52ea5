"""The page where a person consents: it gives an authorization code for the one redemption (code flow with PKCE).

Everybody who opens it is somebody who has passed a second factor (`behaviour.users_pass_mfa`) and says yes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from emulator.answers import TheWorld
from emulator.state import Code, Json, World

CODE_SECONDS = 600
_HERE = ("localhost", "127.0.0.1", "::1")
router = APIRouter()


@router.get("/{tenant}/oauth2/v2.0/authorize")
async def authorize(request: Request, world: TheWorld) -> Response:
    """Consent, and go back to who asked: by a form that sends itself, or by a redirect."""
    asked = dict(request.query_params)
    if refused := _refused(asked):
        return HTMLResponse(f"<html><body>Sign-in: sorry. {escape(refused)}</body></html>", 400)
    answer = {"code": _give_code(world, asked), "state": asked.get("state", "")}
    where = asked["redirect_uri"]
    if asked.get("response_mode") != "form_post":
        return RedirectResponse(f"{where}?{urlencode(answer)}", 302)
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in answer.items())
    form = f'<form method="post" action="{escape(where)}">{fields}<input type="submit" value="Continue"></form>'
    return HTMLResponse(f"<html><body>{form}<script>document.forms[0].submit()</script></body></html>")


def _refused(asked: dict[str, str]) -> str:
    """Why this page can't go on; "" when it can. It never sends anybody back in such a case."""
    if not asked.get("client_id"):
        return "AADSTS900144: The request must contain the parameter 'client_id'."
    if asked.get("response_type") != "code":
        return "AADSTS70007: Only the response_type 'code' is supported."
    where = urlsplit(asked.get("redirect_uri", ""))
    if where.scheme != "https" and not (where.scheme == "http" and where.hostname in _HERE):
        return "AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."
    return ""


def _give_code(world: World, asked: dict[str, str]) -> str:
    code = f"emulator-code-{world.next_number('code')}"
    world.sign_in.codes[code] = Code(
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        scope=asked.get("scope", ""),
        challenge=asked.get("code_challenge", ""),
        nonce=asked.get("nonce", ""),
        until=world.clock.now + timedelta(seconds=CODE_SECONDS),
    )
    return code


def redeemed(world: World, client: str, fields: Json) -> Code | None:
    """The code that these fields redeem, which is spent then; None where it is none, is over, or is somebody else's."""
    code = world.sign_in.codes.pop(fields.get("code", ""), None)
    if code is None or code.until <= world.clock.now:
        return None
    is_theirs = code.client_id == client and code.redirect_uri == fields.get("redirect_uri", "")
    verifier = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
    is_proved = not code.challenge or base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == code.challenge
    return code if is_theirs and is_proved else None


def id_token(world: World, tenant: str, code: Code) -> str:
    """Who consented, unsigned."""
    said = {
        "aud": code.client_id, "iss": f"https://login.microsoftonline.com/{tenant}/v2.0", "tid": tenant,
        "iat": int(world.clock.now.timestamp()), "exp": int(world.clock.now.timestamp()) + 3600,
        "sub": "actor", "preferred_username": "actor@partner.example", "nonce": code.nonce,
    }  # fmt: skip
    return unsigned(said)


def unsigned(said: Json) -> str:
    """A token with this payload, in the shape of a signed one."""
    return ".".join([_part({"typ": "JWT", "alg": "none"}), _part(said), "emulator"])


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
