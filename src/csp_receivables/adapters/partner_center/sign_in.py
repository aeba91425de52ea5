"""Access tokens by Microsoft's own `msal`: app-only with secret or certificate, or app and user (microsoft.md 5).

With a user a rolling refresh token speaks: each use returns a new one, which is stored before anything is done with the
access token that came along. A refused credential is never tried again: a person must look.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx

from csp_receivables.adapters.partner_center.errors import sign_in_refusal, sign_in_said
from csp_receivables.adapters.partner_center.manners import Manners, TryAgain, persist
from csp_receivables.adapters.partner_center.msal_transport import MsalTransport
from csp_receivables.adapters.partner_center.session import Service
from csp_receivables.domain.microsoft.sign_in import AgingToken, RefreshToken, aging
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, RefreshTokens
from csp_receivables.microsoft_settings import Cloud, Identity

if TYPE_CHECKING:
    import msal

log = logging.getLogger(__name__)

RENEWED_BEFORE = timedelta(minutes=5)  # the end of an access token
_USER_SCOPE = {Service.PARTNER_CENTER: "user_impersonation", Service.GRAPH: "PartnerBilling.Read.All"}


@dataclass(frozen=True, slots=True)
class _Access:
    token: str
    until: datetime


class SignIn:
    """The access tokens of one identity, kept in memory only. `aging`: what a person should know of its consent."""

    def __init__(
        self, identity: Identity, client: httpx.Client, manners: Manners, refresh_tokens: RefreshTokens | None = None
    ) -> None:
        self.identity = identity
        self.aging: AgingToken | None = None
        self._web = MsalTransport(client, identity.cloud, manners)
        self._manners = manners
        self._refresh_tokens = refresh_tokens
        self._kept: dict[Service, _Access] = {}
        self._lock = Lock()
        self._app: msal.ConfidentialClientApplication | None = None

    def token(self, service: Service, *, fresh: bool = False) -> str:
        """A token with more than five minutes left. Raises MicrosoftRefused; ConsentLost needs a person."""
        with self._lock:
            kept = self._kept.get(service)
            if fresh or kept is None or kept.until - self._manners.clock() <= RENEWED_BEFORE:
                kept = self._kept[service] = persist(self._manners, lambda: self._renew(service))
            return kept.token

    def _renew(self, service: Service) -> _Access:
        asked_at = self._manners.clock()
        with oddities_told():
            app = self._app = self._app or make_app(self.identity, self._web)
        answer = self._by_user(app, service) if self.identity.with_user else self._by_app(app, service)
        log.info("%s signed in to %s", self.identity.name, service.value)
        return _Access(answer["access_token"], asked_at + timedelta(seconds=int(answer.get("expires_in") or 0)))

    def _by_app(self, app: msal.ConfidentialClientApplication, service: Service) -> Mapping[str, Any]:
        with oddities_told():
            app.remove_tokens_for_client()  # ours is the only cache: msal's goes by the machine's clock
            return granted(app.acquire_token_for_client([f"{_resource(self.identity.cloud, service)}/.default"]))

    def _by_user(self, app: msal.ConfidentialClientApplication, service: Service) -> Mapping[str, Any]:
        kept = self._refresh_tokens.load() if self._refresh_tokens else None
        if self._refresh_tokens is None or kept is None:
            raise ConsentLost(
                "no_refresh_token",
                f"{self.identity.name} works with a user, and nobody has consented yet",
                "Consent once, by `csp microsoft consent`: see 'Two app registrations' in docs/OPERATIONS.md",
            )
        now = self._manners.clock()
        self.aging = aging(self.identity.name, kept, now) or self.aging
        scope = user_scope(self.identity.cloud, service)
        with oddities_told():
            answer = granted(app.acquire_token_by_refresh_token(kept.token, [scope]))
        newest = replace(kept, token=str(answer.get("refresh_token") or kept.token), stored_at=now)
        store(self._refresh_tokens, newest)
        return answer


def make_app(identity: Identity, web: MsalTransport) -> msal.ConfidentialClientApplication:
    """msal's idea of the identity. It asks the authority where to go: raises what `oddities_told` tells."""
    import msal  # a third of a second that only who signs in waits for

    return msal.ConfidentialClientApplication(
        identity.client_id,
        client_credential=_credential(identity),
        authority=f"{identity.cloud.authority}/{identity.tenant_id}",
        instance_discovery=False,  # the authority is one of our table
        http_client=web,
    )


def user_scope(cloud: Cloud, service: Service) -> str:
    """What a person consents to, and what their refresh token is used for."""
    return f"{_resource(cloud, service)}/{_USER_SCOPE[service]}"


def _credential(identity: Identity) -> str | dict[str, str]:
    certificate = identity.certificate
    if certificate is None:
        return identity.secret
    if certificate.thumbprint:
        return {"private_key": certificate.pem, "thumbprint": certificate.thumbprint}
    return {"private_key": certificate.pem, "public_certificate": certificate.pem}


def _resource(cloud: Cloud, service: Service) -> str:
    return cloud.graph if service is Service.GRAPH else cloud.partner_center


def granted(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, where it brings an access token. Raises MicrosoftRefused."""
    if "access_token" in answer:
        return answer
    raise sign_in_refusal(sign_in_said(answer), 400)


def store(refresh_tokens: RefreshTokens, token: RefreshToken) -> None:
    """Keep the token, or say what to do without a word of it. Raises MicrosoftRefused."""
    try:
        refresh_tokens.store(token)
    except Exception as failed:  # whatever a secrets backend raises; its text may hold the token
        raise MicrosoftRefused(
            "refresh_token_not_stored",
            f"the new refresh token could not be stored ({type(failed).__name__}), so nothing was asked with it",
            "Mend the store of secrets, then run again; if the sign-in is refused then, consent again",
            passes=True,
        ) from None


@contextmanager
def oddities_told() -> Iterator[None]:
    """What msal and the libraries under it raise for an answer or a key that they can't read, in our words."""
    try:
        yield
    except (MicrosoftRefused, TryAgain):
        raise
    except Exception as odd:  # ValueError, KeyError, jwt's own: its text may hold what was sent
        raise _unusable(odd) from None


def _unusable(odd: Exception) -> MicrosoftRefused:
    return MicrosoftRefused(
        "sign_in_unusable",
        f"the sign-in could not be made ({type(odd).__name__})",
        "Check tenant id, cloud, and that the certificate's PEM is whole",
    )
