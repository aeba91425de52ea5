"""What is asked of Microsoft, plugged together: the reader with the steps that fetch charges and keep subscriptions."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from csp_receivables.adapters.downloads import DownloadFolders
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.fetch_book import LedgerFetchBook, LedgerSubscriptionBook
from csp_receivables.adapters.microsoft_files.estimates import write_estimate
from csp_receivables.adapters.partner_center.actor import Actor, open_actor
from csp_receivables.adapters.partner_center.at_once import some_at_once
from csp_receivables.adapters.partner_center.code_receiver import CodeReceiver
from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.consent import Consent
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.adapters.partner_center.reader import Reader, open_reader, patient
from csp_receivables.adapters.partner_center.token_file import TokenFile
from csp_receivables.domain.microsoft.fetches import FetchKind
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.payables.credit_limit import CREDIT_LIMIT_CODES, credit_limit_finding
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, RefreshTokens
from csp_receivables.microsoft_settings import ACTOR, READER, Identity, identity_of_environment
from csp_receivables.settings import BadSetting, Settings
from csp_receivables.steps.fetch_charges import ChargeFetch
from csp_receivables.steps.fetch_unbilled import Period, UnbilledFetch
from csp_receivables.steps.sync_subscriptions import SubscriptionSync
from csp_receivables.wiring import microsoft_import, record_findings

__all__ = [  # names that callers catch or hold; they see no adapter
    "Actor",
    "ConsentLost",
    "MicrosoftRefused",
    "Reader",
]


class WrongWorld(BadSetting):
    """A demonstration would speak to Microsoft, or a real ledger to the emulator."""


def reader_identity(environment: Mapping[str, str] = os.environ) -> Identity:
    """Who reads, as the command line is told. Raises BadSetting."""
    identity = identity_of_environment(READER, environment)
    if identity is None:
        raise BadSetting(
            f"{READER} is not set: it names the app registration that may read; "
            "docs/OPERATIONS.md shows how, and `csp emulator` prints one for trying out"
        )
    return identity


def actor_identity(environment: Mapping[str, str] = os.environ) -> Identity:
    """Who changes subscriptions, as the command line is told. Raises BadSetting."""
    identity = identity_of_environment(ACTOR, environment)
    if identity is None:
        raise BadSetting(f"{ACTOR} is not set: it names the app registration that may change subscriptions")
    return identity


def refuse_wrong_world(ledger: Ledger, identity: Identity) -> None:
    """A demonstration speaks to the emulator only, a real ledger to Microsoft only. Raises WrongWorld."""
    is_demo = ledger.kind() == "demo"
    if is_demo and not identity.cloud.is_emulator:
        raise WrongWorld(f"{identity.name} points at Microsoft, but this ledger is a demonstration; use `csp emulator`")
    if not is_demo and identity.cloud.is_emulator:
        raise WrongWorld(f"{identity.name} points at the emulator, but this ledger is real; remove its base address")


@contextmanager
def reading(
    settings: Settings,
    ledger: Ledger,
    identity: Identity,
    refresh_tokens: RefreshTokens | None = None,
    manners: Manners | None = None,
) -> Iterator[Reader]:
    """The reader of `identity`, closed at the end. Raises WrongWorld."""
    refuse_wrong_world(ledger, identity)
    tokens = refresh_tokens or token_file(settings, identity)
    reader = open_reader(identity, manners or patient(settings.clock), tokens)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def acting(
    settings: Settings,
    ledger: Ledger,
    identity: Identity,
    refresh_tokens: RefreshTokens | None = None,
    manners: Manners | None = None,
) -> Iterator[Actor]:
    """What may change subscriptions as `identity`, closed at the end. Raises WrongWorld."""
    refuse_wrong_world(ledger, identity)
    tokens = refresh_tokens or token_file(settings, identity)
    actor = open_actor(identity, manners or patient(settings.clock), tokens)
    try:
        yield actor
    finally:
        actor.close()


def consent(
    identity: Identity,
    refresh_tokens: RefreshTokens,
    show: Callable[[str], None],
    *,
    clock: Callable[[], datetime],
    port: int,
    patience: timedelta,
) -> None:
    """Let a person consent for `identity`; the refresh token goes into its store. Raises what `Consent.ask` does.

    OSError where `port` is taken, BadSetting where the identity works without a user.
    """
    if not identity.with_user:
        raise BadSetting(f"{identity.name} works without a user, so there is nothing to consent to; set user=yes")
    manners = patient(clock)
    with connect(identity.cloud, manners) as client, CodeReceiver(port) as receiver:
        Consent(identity=identity, client=client, manners=manners, refresh_tokens=refresh_tokens, show=show).ask(
            receiver, patience
        )


def token_file(settings: Settings, identity: Identity) -> RefreshTokens:
    """Where the command line keeps the rolling refresh token of an identity with user."""
    return TokenFile(settings.home / "secrets" / f"{identity.name.lower()}.refresh_token", settings.clock)


def charge_fetch(
    settings: Settings,
    ledger: Ledger,
    reader: Reader,
    wait: Callable[[timedelta], None] | None = None,
    kind: FetchKind = FetchKind.CHARGES,
) -> ChargeFetch:
    """What fetches an invoice's charges, or its daily usage."""
    return ChargeFetch(
        kind=kind,
        invoices=reader.invoices,
        exports=reader.exports if kind is FetchKind.CHARGES else reader.daily_usage,
        lists=reader.line_items,
        book=LedgerFetchBook(ledger),
        downloads=DownloadFolders(root=settings.home / "downloads"),
        import_parts=microsoft_import(settings, ledger).import_parts,
        now=settings.clock,
        wait=wait or (lambda pause: time.sleep(pause.total_seconds())),
        run_all=some_at_once,
    )


def fetch_unbilled(
    settings: Settings, reader: Reader, folder: Path, *, kind: FetchKind, currency: str, period: Period
) -> tuple[int, Path]:
    """Write Microsoft's estimate of a month into `folder`; how many lines, and the file, which is there if any are."""
    folder.mkdir(parents=True, exist_ok=True)
    what = "usage" if kind is FetchKind.DAILY_USAGE else "charges"
    into = folder / f"UNBILLED_{what}_{currency}_{period}.csv"
    mark = f"not billed: Microsoft's estimate of the {period} month, {settings.clock():%Y-%m-%d}"
    step = UnbilledFetch(
        exports=reader.daily_usage if kind is FetchKind.DAILY_USAGE else reader.exports,
        write=lambda parts, path: write_estimate(parts, path, mark),
        wait=lambda pause: time.sleep(pause.total_seconds()),
        run_all=some_at_once,
    )
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return step.fetch(currency, period, Path(scratch), into), into


def subscription_sync(ledger: Ledger, reader: Reader) -> SubscriptionSync:
    """What keeps subscriptions."""
    return SubscriptionSync(subscriptions=reader.subscriptions, book=LedgerSubscriptionBook(ledger))


def known_subscriptions(ledger: Ledger, tenant_id: str = "") -> tuple[Subscription, ...]:
    """Subscriptions as Microsoft last listed them, of one tenant or of all."""
    return LedgerSubscriptionBook(ledger).known(tenant_id)


def tell_of_credit_limit(settings: Settings, ledger: Ledger, refused: MicrosoftRefused) -> None:
    """Keep that the partner's credit limit was met, where that is why Microsoft refused; other refusals are no news."""
    if refused.code in CREDIT_LIMIT_CODES:
        today = settings.clock().astimezone(settings.time_zone).date()
        record_findings(ledger, [credit_limit_finding(refused.code, today)])
