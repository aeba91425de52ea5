"""A person's first consent, or the next after one was lost: OAuth's code flow with PKCE by msal (microsoft.md 5).

The browser brings the code to this machine by a POST, so that it is in no address, history or log; the refresh token
goes from msal into its store and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import jwt

from csp_receivables.adapters.partner_center.code_receiver import CodeReceiver
from csp_receivables.adapters.partner_center.manners import Manners, persist
from csp_receivables.adapters.partner_center.msal_transport import MsalTransport
from csp_receivables.adapters.partner_center.session import Service
from csp_receivables.adapters.partner_center.sign_in import granted, make_app, oddities_told, store, user_scope
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, RefreshTokens
from csp_receivables.microsoft_settings import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Asks one person for one identity. `show` gets the address that they must open in their browser."""

    identity: Identity
    client: httpx.Client
    manners: Manners
    refresh_tokens: RefreshTokens
    show: Callable[[str], None]

    def ask(self, receiver: CodeReceiver, patience: timedelta) -> None:
        """Wait for the person, and keep their refresh token. Raises MicrosoftRefused, TimeoutError."""
        cloud, web = self.identity.cloud, MsalTransport(self.client, self.identity.cloud, self.manners)
        with oddities_told():
            app = persist(self.manners, lambda: make_app(self.identity, web))
            flow = app.initiate_auth_code_flow(
                [user_scope(cloud, Service.PARTNER_CENTER)],
                redirect_uri=receiver.address,
                response_mode="form_post",
                prompt="select_account",
            )
        self.show(cloud.authority_at + flow["auth_uri"].removeprefix(cloud.authority))
        answer = receiver.wait(flow["state"], patience)
        with oddities_told():
            # A code is good once: where one redemption had its effect and broke off, the next is refused.
            told = persist(self.manners, lambda: granted(app.acquire_token_by_auth_code_flow(dict(flow), answer)))
        token = _with_second_factor(told).get("refresh_token")
        if not token:
            raise MicrosoftRefused(
                "no_refresh_token",
                "Microsoft let the person in and gave no refresh token",
                "Let the app registration have the permission offline_access, then consent again",
            )
        store(self.refresh_tokens, RefreshToken(token=str(token), stored_at=self.manners.clock()))


def _with_second_factor(told: Any) -> Any:
    """Refuse at once what Microsoft's API would refuse later, where the access token can be read at all."""
    try:
        said = jwt.decode(told["access_token"], options={"verify_signature": False})
    except jwt.PyJWTError:
        return told
    if "mfa" not in said.get("amr", ["mfa"]):
        raise ConsentLost(
            "900421",
            "the person signed in without a second factor (MFA), and Microsoft will refuse what they consented to",
            "Let their account ask for MFA, then consent again",
        )
    return told
