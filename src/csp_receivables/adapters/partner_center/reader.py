"""Everything that may be read at Microsoft, under one identity that can't write."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from csp_receivables.adapters.partner_center.audit import Audit
from csp_receivables.adapters.partner_center.balances import Balances
from csp_receivables.adapters.partner_center.blobs import Blobs
from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.exports import Charges, Exports
from csp_receivables.adapters.partner_center.invoices import Invoices
from csp_receivables.adapters.partner_center.line_items import LineItems
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.adapters.partner_center.service_requests import ServiceRequests
from csp_receivables.adapters.partner_center.session import READING, Session
from csp_receivables.adapters.partner_center.sign_in import SignIn
from csp_receivables.adapters.partner_center.subscriptions import Subscriptions
from csp_receivables.microsoft_ports import RefreshTokens
from csp_receivables.microsoft_settings import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`sign_in.aging`, after use: a warning about the consent. Close it when done: `close`."""

    sign_in: SignIn
    invoices: Invoices
    exports: Exports
    daily_usage: Exports
    line_items: LineItems
    balances: Balances
    subscriptions: Subscriptions
    service_requests: ServiceRequests
    audit: Audit
    close: Callable[[], None]


def patient(clock: Callable[[], datetime]) -> Manners:
    """Manners that really wait."""
    return Manners(clock=clock, elapsed=time.monotonic, sleep=time.sleep, chance=random.random)


def open_reader(identity: Identity, manners: Manners, refresh_tokens: RefreshTokens | None = None) -> Reader:
    """The reader of `identity`; nothing is asked before something is wanted."""
    client = connect(identity.cloud, manners)
    sign_in = SignIn(identity, client, manners, refresh_tokens)
    session = Session(cloud=identity.cloud, tokens=sign_in, client=client, manners=manners, rights=READING)
    blobs = Blobs(identity.cloud, client, manners)
    return Reader(
        sign_in=sign_in,
        invoices=Invoices(session),
        exports=Exports(session, blobs),
        daily_usage=Exports(session, blobs, Charges.DAILY_USAGE),
        line_items=LineItems(session),
        balances=Balances(session),
        subscriptions=Subscriptions(session),
        service_requests=ServiceRequests(session),
        audit=Audit(session),
        close=client.close,
    )
