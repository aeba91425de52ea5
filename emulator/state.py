"""What Microsoft knows of one partner: values, and the one place that holds them all.

Invoices, subscriptions, entitlements and service requests are kept as the JSON that the interfaces show, so nothing
that Microsoft would show can be lost on the way.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.behaviour import Behaviour
from emulator.charges import Charges
from emulator.clock import Clock
from emulator.faults import FaultBox
from emulator.request_log import RequestLog

Json = dict[str, Any]
NO_DATE = "0001-01-01T00:00:00"
EXPORTS = ("usage", "reconciliation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Who signs in."""

    tenant_id: str = "0e195b37-4574-4539-bc42-0e539b9684c0"
    name: str = "Made-up Cloud Partner AB"
    mpn_id: str = "9990001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's tenant. `related` is false when it took the reseller relationship back."""

    tenant_id: str
    name: str
    domain: str
    country: str = "SE"
    related: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """`document` is the JSON; its amendments lie within. `ready_at`: when its charges can be exported."""

    document: Json
    ready_at: datetime | None = None

    @property
    def id(self) -> str:
        return str(self.document["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`document` is the JSON as shown now, `pending` what it becomes at `settles_at`.

    `est_eligible`: goes on in a paid extended service term at its end. `phase_since`: when it got its status.
    """

    tenant_id: str
    document: Json
    version: int = 1
    pending: Json | None = None
    settles_at: datetime | None = None
    renewing_until: datetime | None = None
    est_eligible: bool = True
    extended: bool = False
    phase_since: datetime | None = None
    changed_at: tuple[datetime, ...] = ()

    @property
    def id(self) -> str:
        return str(self.document["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """An Azure subscription under an Azure plan."""

    tenant_id: str
    document: Json
    pending: str = ""  # the status it gets at `settles_at`
    settles_at: datetime | None = None

    @property
    def id(self) -> str:
        return str(self.document["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """`document` as its detail shows it: severity and status as words."""

    tenant_id: str
    document: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An export that was asked for. `subject` is an invoice id, or `currency:period` of unbilled lines."""

    id: str
    export: str  # usage | reconciliation
    subject: str
    basic: bool
    asked_at: datetime
    looks: int = 0
    done_at: datetime | None = None
    manifest_id: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an operation led to: blobs of one version of the data, under `folder` of the blob host.

    `older`: blobs of versions that it showed before; who read it then can still download them.
    """

    id: str
    created_at: datetime
    etag: str
    folder: str
    blobs: tuple[Path, ...]
    older: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an access token allows until `until`."""

    audience: str  # partner_center | graph | other
    client_id: str
    with_user: bool
    mfa: bool
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code of a person's consent: good once, for who asked, until `until`."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str  # of PKCE, S256
    nonce: str
    until: datetime


@dataclass(slots=True)
class SignIn:
    """Who may sign in: known clients with their secrets (none: anybody), and tokens that were given out."""

    applications: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)  # client id: public key or certificate, PEM
    refresh_tokens: dict[str, datetime] = field(default_factory=dict)  # token: good until
    codes: dict[str, Code] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    given: int = 0


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that can change, in one place; one event loop changes it, so nothing needs a lock."""

    clock: Clock
    partner: Partner = field(default_factory=Partner)
    behaviour: Behaviour = field(default_factory=Behaviour)
    customers: dict[str, Customer] = field(default_factory=dict)  # by tenant id
    invoices: dict[str, Invoice] = field(default_factory=dict)
    charges: dict[tuple[str, str], Charges] = field(default_factory=dict)  # (export, invoice id or currency:period)
    line_items: dict[tuple[str, str, str], list[Json]] = field(default_factory=dict)  # v1: (invoice, provider, type)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)  # by id in lower case
    subscriptions_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # ids by tenant id
    settled_at: datetime | None = None  # the moment that subscriptions were last brought to
    entitlements: dict[str, Entitlement] = field(default_factory=dict)
    service_requests: dict[str, ServiceRequest] = field(default_factory=dict)
    audit: list[Json] = field(default_factory=list)
    summaries: list[Json] | None = None  # as they are given; None: summed up from the invoices
    without_mfa: list[Json] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    writing: dict[str, asyncio.Task[Manifest]] = field(default_factory=dict)  # by operation, while blobs are written
    sign_in: SignIn = field(default_factory=SignIn)
    faults: FaultBox = field(default_factory=FaultBox)
    log: RequestLog = field(default_factory=RequestLog)
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    answers: dict[tuple[str, str, str], Any] = field(default_factory=dict)  # first answers by method, path, request id
    kept: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="emulator-")
    )

    files: tempfile.TemporaryDirectory[str] | None = None  # of a made-up partner, kept for as long as the world

    @property
    def spool(self) -> Path:
        """Where blobs are written; gone when the world is."""
        return Path(self.kept.name)

    def next_number(self, of: str) -> int:
        """1, 2, 3 … of whatever is counted."""
        self.counters[of] += 1
        return self.counters[of]
