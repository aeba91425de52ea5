"""The one identity that changes subscriptions, and all that it may do (microsoft.md 4.1).

A change sends the whole document that was just read with one field changed: what is left out, Microsoft resets. The
etag goes along where there is one, so a subscription that changed meanwhile is refused. A change that broke off is
never sent again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from csp_receivables.adapters.partner_center.answers import exact_json, parse_json, unreadable
from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.adapters.partner_center.session import Call, Rights, Service, Session, segment
from csp_receivables.adapters.partner_center.sign_in import SignIn
from csp_receivables.adapters.partner_center.subscriptions import read
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.microsoft_ports import Change, MicrosoftRefused, OutcomeUnknown, RefreshTokens
from csp_receivables.microsoft_settings import Identity

_SUBSCRIPTION = re.compile(r"/v1/customers/[A-Za-z0-9.-]+/subscriptions/[A-Za-z0-9-]+")
_RENEWAL = ("autoRenewEnabled", "scheduledNextTermInstructions", "nextChargeInstructions", "scheduledActions")
ACTING: Rights = (("GET", _SUBSCRIPTION), ("PATCH", _SUBSCRIPTION))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """What may be changed at Microsoft. Close it when done: `close`."""

    identity: Identity
    sign_in: SignIn
    subscriptions: Changes
    close: Callable[[], None]


def open_actor(identity: Identity, manners: Manners, refresh_tokens: RefreshTokens | None = None) -> Actor:
    """The actor of `identity`; nothing is asked before something is wanted."""
    client = connect(identity.cloud, manners)
    sign_in = SignIn(identity, client, manners, refresh_tokens)
    session = Session(cloud=identity.cloud, tokens=sign_in, client=client, manners=manners, rights=ACTING)
    return Actor(identity=identity, sign_in=sign_in, subscriptions=Changes(session), close=client.close)


class Changes:
    """`SubscriptionChanges` over the wire."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last_call(self) -> str:
        """See `SubscriptionChanges`."""
        return self._session.last_call

    def read(self, tenant_id: str, subscription_id: str) -> Subscription:
        """See `SubscriptionChanges`."""
        return read(self._session.get(_path(tenant_id, subscription_id)), tenant_id)

    def set_status(self, subscription: Subscription, status: str) -> Change:
        """See `SubscriptionChanges`."""
        return self._change(subscription, "status", status)

    def set_auto_renew(self, subscription: Subscription, *, on: bool) -> Change:
        """See `SubscriptionChanges`."""
        return self._change(subscription, "autoRenewEnabled", on)

    def set_renewal(self, subscription: Subscription, like: str) -> Change:
        """See `SubscriptionChanges`."""
        return self._send(subscription, changed_all(subscription.document, renewal_of(like, subscription.document)))

    def _change(self, subscription: Subscription, field: str, value: object) -> Change:
        return self._send(subscription, changed(subscription.document, field, value))

    def _send(self, subscription: Subscription, document: str) -> Change:
        reply = self._session.send(
            Call(
                method="PATCH",
                service=Service.PARTNER_CENTER,
                path=_path(subscription.tenant_id, subscription.subscription_id),
                headers={"If-Match": subscription.etag} if subscription.etag else {},
                body=document.encode(),
                repeatable=False,
            )
        )
        if reply.status == 202:
            return Change.ACCEPTED
        try:
            reply.json()
        except MicrosoftRefused as odd:  # a gateway's page in place of the answer
            raise OutcomeUnknown("outcome_unknown", f"{reply.what}: {odd.meaning}", "Read what it is now") from None
        return Change.DONE


def changed(document: str, field: str, value: object) -> str:
    """The document with one field changed, under the name that it has there: `Status` or `status`."""
    return changed_all(document, {field: value})


def changed_all(document: str, fields: Mapping[str, object]) -> str:
    """The document with these fields changed, each under the name that it has there."""
    node = whole(document)
    for field, value in fields.items():
        names = [name for name in node if name.casefold() == field.casefold()]
        if len(names) > 1:
            raise unreadable("a subscription", f"more than one {field}")
        node[names[0] if names else field] = value
    return exact_json(node)


def whole(document: str) -> dict[str, Any]:
    """A subscription's document as its fields."""
    node = parse_json(document.encode())
    if not isinstance(node, dict):
        raise unreadable("a subscription", "no JSON object")
    return dict(node)


def renewal_of(like: str, now: str) -> dict[str, object]:
    """What decides the next term as the document `like` has it; what it lacks is only said where `now` has it."""
    before, present = ({name.casefold(): value for name, value in whole(each).items()} for each in (like, now))
    told = {name: before.get(name.casefold()) for name in _RENEWAL}
    return {name: value for name, value in told.items() if value is not None or name.casefold() in present}


def _path(tenant_id: str, subscription_id: str) -> str:
    return f"/v1/customers/{segment(tenant_id)}/subscriptions/{segment(subscription_id)}"
