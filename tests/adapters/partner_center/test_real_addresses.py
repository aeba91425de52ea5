"""Where what goes at Microsoft itself: each cloud's addresses and scopes, and no token to any other host."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from csp_receivables.adapters.partner_center.session import Call, Service, Session
from csp_receivables.adapters.partner_center.sign_in import SignIn
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.microsoft_settings import CLOUDS
from tests.microsoft_server import SECRET, TENANT, Waiting, identity


class Consent:
    """One token for ever."""

    def load(self) -> RefreshToken:
        return RefreshToken(token="refresh-1", stored_at=datetime(2026, 11, 10, tzinfo=UTC))

    def store(self, token: RefreshToken) -> None:
        """Nothing."""


class Microsoft:
    """Microsoft's hosts, as far as addresses go. `elsewhere`: the token endpoint that discovery names."""

    def __init__(self, elsewhere: str = "") -> None:
        self.asked: list[httpx.Request] = []
        self._elsewhere = elsewhere

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        at = f"https://{request.url.host}/{TENANT}"
        if request.url.path.endswith("openid-configuration"):
            token = self._elsewhere or f"{at}/oauth2/v2.0/token"
            return httpx.Response(200, json={"token_endpoint": token, "authorization_endpoint": f"{at}/authorize"})
        if request.url.path.endswith("/token"):
            granted = {"access_token": "access-1", "expires_in": 3599, "refresh_token": "refresh-2"}
            return httpx.Response(200, json={"token_type": "Bearer", **granted})
        return httpx.Response(200, json={"items": []})


def ask(there: Microsoft, waiting: Waiting, cloud: str, service: Service, *, with_user: bool) -> None:
    who = identity("", cloud=CLOUDS[cloud], with_user=with_user)
    client = httpx.Client(transport=httpx.MockTransport(there))
    tokens = SignIn(who, client, waiting.manners, Consent())
    session = Session(cloud=who.cloud, tokens=tokens, client=client, manners=waiting.manners)
    path = "/v1/customers" if service is Service.PARTNER_CENTER else "/v1.0/reports/partners/billing/operations/o"
    session.send(Call(method="GET", service=service, path=path))


PC, GRAPH = Service.PARTNER_CENTER, Service.GRAPH
GLOBAL, CHINA = "api.partnercenter.microsoft.com", "partner.partnercenterapi.microsoftonline.cn"


@pytest.mark.parametrize(
    ("cloud", "service", "with_user", "authority", "host", "scope"),
    [
        ("global", PC, False, "login.microsoftonline.com", GLOBAL, f"https://{GLOBAL}/.default"),
        ("global", PC, True, "login.microsoftonline.com", GLOBAL, f"https://{GLOBAL}/user_impersonation"),
        (
            "global",
            GRAPH,
            False,
            "login.microsoftonline.com",
            "graph.microsoft.com",
            "https://graph.microsoft.com/.default",
        ),
        (
            "global",
            GRAPH,
            True,
            "login.microsoftonline.com",
            "graph.microsoft.com",
            "https://graph.microsoft.com/PartnerBilling.Read.All",
        ),
        ("us_gov", PC, False, "login.microsoftonline.us", GLOBAL, f"https://{GLOBAL}/.default"),
        ("china", PC, False, "login.partner.microsoftonline.cn", CHINA, f"https://{CHINA}/.default"),
    ],
)
def test_each_cloud_is_asked_at_its_own_addresses(
    waiting: Waiting, cloud: str, service: Service, authority: str, host: str, scope: str, *, with_user: bool
) -> None:
    there = Microsoft()

    ask(there, waiting, cloud, service, with_user=with_user)

    discovery, token, call = there.asked
    assert {each.url.scheme for each in there.asked} == {"https"}
    assert (discovery.url.host, token.url.host, call.url.host) == (authority, authority, host)
    form = {name: values[0] for name, values in parse_qs(token.content.decode()).items()}
    assert scope in form["scope"].split()
    assert form["client_secret"] == SECRET
    assert form["grant_type"] == ("refresh_token" if with_user else "client_credentials")
    assert form.get("refresh_token") == ("refresh-1" if with_user else None)
    assert call.headers["Authorization"] == "Bearer access-1"
    assert "Authorization" not in discovery.headers


def test_a_sign_in_that_leads_to_another_host_gets_no_secret(waiting: Waiting) -> None:
    there = Microsoft(elsewhere=f"https://evil.example/{TENANT}/oauth2/v2.0/token")

    with pytest.raises(MicrosoftRefused, match="Nothing was sent"):
        ask(there, waiting, "global", PC, with_user=False)

    assert [each.url.host for each in there.asked] == ["login.microsoftonline.com"]
    assert SECRET not in json.dumps([str(each.url) for each in there.asked])
