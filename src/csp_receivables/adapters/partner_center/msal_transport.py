"""msal's way out: over our connections, with our time-outs, and to the emulator where that stands in.

msal knows Microsoft's https addresses only. What passes is raised at once, as msal would remember a 429 or 5xx by the
machine's clock, and answer from memory when it is asked again.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from csp_receivables.adapters.partner_center.errors import refusal
from csp_receivables.adapters.partner_center.manners import Manners, TryAgain, retry_after
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.microsoft_settings import Cloud


class MsalTransport:
    """What msal calls an `http_client`."""

    def __init__(self, client: httpx.Client, cloud: Cloud, manners: Manners) -> None:
        self._client = client
        self._cloud = cloud
        self._manners = manners

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        """A form, as OAuth sends it. msal's assertions are bytes, which httpx would print as Python does."""
        form = {name: each.decode() if isinstance(each, bytes) else each for name, each in (data or {}).items()}
        return self._send(
            self._client.build_request("POST", self._real(url), params=params, data=form, headers=headers)
        )

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        """What the authority says of itself."""
        response = self._send(self._client.build_request("GET", self._real(url), params=params, headers=headers))
        if response.status_code >= 400:
            raise refusal(response.status_code, response.content)
        return response

    def close(self) -> None:
        """The connections are the session's: they stay."""

    def _real(self, url: str) -> str:
        if url.startswith(f"{self._cloud.authority}/"):
            return self._cloud.authority_at + url.removeprefix(self._cloud.authority)
        raise MicrosoftRefused(
            "unsafe_address",
            "the sign-in leads to another host than the cloud's",
            "Nothing was sent: check the cloud of the identity",
        )

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._client.send(request)
        except httpx.HTTPError as lost:
            raise TryAgain(_no_answer(type(lost).__name__)) from lost
        status, is_page = response.status_code, response.content[:1] == b"<"
        if status in (408, 429) or status >= 500 or is_page:
            after = retry_after(response.headers.get("Retry-After"), self._manners.clock())
            raise TryAgain(_no_answer(f"HTTP {status}"), after)
        return self._named_as_microsoft(response) if self._cloud.is_emulator else response

    def _named_as_microsoft(self, response: httpx.Response) -> httpx.Response:
        """The emulator tells its own address."""
        host = self._cloud.base.partition("://")[2]
        text = re.sub(rf"https?://{re.escape(host)}", self._cloud.authority, response.text)
        return httpx.Response(response.status_code, text=text, headers={"content-type": "application/json"})


def _no_answer(why: str) -> MicrosoftRefused:
    return MicrosoftRefused(
        "no_sign_in", f"the sign-in did not answer ({why})", "Wait: the sign-in is tried again", passes=True
    )
