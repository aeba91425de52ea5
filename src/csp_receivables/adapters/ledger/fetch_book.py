"""What fetching charges came to, and subscriptions, as the ledger keeps them: a row is added when something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.microsoft_tables import charge_fetch, subscription
from csp_receivables.adapters.ledger.tables import finding as finding_rows
from csp_receivables.adapters.ledger.vendor_words import keep_words
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.microsoft.fetches import Fetched, FetchKind, FetchOutcome, KnownFetch, fetch_finding
from csp_receivables.domain.microsoft.invoices import ListedInvoice
from csp_receivables.domain.microsoft.subscriptions import Family, Kept, Subscription
from csp_receivables.domain.payables.words import words_of_listed

MOMENTS = ("created_at", "starts_at", "commitment_ends_at", "cancellable_until")
NOT_COMPARED = ("recorded_at", "document", "etag")  # they change without anything that matters changing


@dataclass(frozen=True, slots=True)
class LedgerFetchBook:
    """Implements `microsoft_ports.FetchBook`."""

    ledger: Ledger

    def known(self, invoice_id: str, kind: FetchKind) -> KnownFetch | None:
        """The latest word on an invoice."""
        with self.ledger.reading() as connection:
            row = _latest(connection, _key(invoice_id, kind))
        if row is None:
            return None
        return KnownFetch(outcome=FetchOutcome(row.outcome), version=row.version, document=row.document)

    def keep_words(self, listed: Sequence[ListedInvoice]) -> None:
        """Keep what Microsoft's list says of each invoice, where it is new."""
        with self.ledger.writing() as writing:
            keep_words(writing, words_of_listed(listed))

    def keep(self, fetched: Fetched) -> None:
        """Add a row where the word is a new one. That data is unchanged says nothing new."""
        if fetched.outcome is FetchOutcome.UNCHANGED:
            return
        row = {
            "invoice_id": _key(fetched.invoice_id, fetched.kind),
            "outcome": fetched.outcome.value,
            "because": fetched.because,
            "version": fetched.version,
            "document": fetched.document,
        }
        with self.ledger.writing() as writing:
            known = _latest(writing.connection, row["invoice_id"])
            if known is None or {name: known._mapping[name] for name in row} != row:
                writing.connection.execute(insert(charge_fetch).values(**row, recorded_at=writing.recorded_at))
            told = fetch_finding(fetched)
            _tell(writing, [told] if told else [])


@dataclass(frozen=True, slots=True)
class LedgerSubscriptionBook:
    """Implements `microsoft_ports.SubscriptionBook`."""

    ledger: Ledger

    def keep(self, tenant_id: str, listed: Sequence[Subscription]) -> Kept:
        """Keep what Microsoft lists of one tenant, in one transaction; nothing is written where nothing changed."""
        with self.ledger.reading() as connection:
            known = {row["subscription_id"]: row for row in latest_subscriptions(connection, tenant_id)}
        new = [row for each in listed if _differs(row := _row(each), known.get(each.subscription_id))]
        names = {each.subscription_id for each in listed}
        gone = [dict(row, listed=False) for name, row in known.items() if row["listed"] and name not in names]
        if new or gone:
            with self.ledger.writing() as writing:
                rows = [dict(row, recorded_at=writing.recorded_at) for row in (*new, *gone)]
                writing.connection.execute(insert(subscription), rows)
        return Kept(changed=len(new), gone=len(gone))

    def tell(self, findings: Sequence[Finding]) -> None:
        """Keep what a person must know."""
        if not findings:
            return
        with self.ledger.writing() as writing:
            _tell(writing, findings)

    def known(self, tenant_id: str = "") -> tuple[Subscription, ...]:
        """What Microsoft lists as far as we know: of one tenant or of all, in the order of their ids."""
        with self.ledger.reading() as connection:
            rows = latest_subscriptions(connection, tenant_id)
        return tuple(subscription_of(row) for row in rows if row["listed"])


_ALL = select(subscription).order_by(
    subscription.c.tenant_id, subscription.c.subscription_id, subscription.c.recorded_at
)


def latest_subscriptions(connection: Connection, tenant_id: str = "") -> list[dict[str, Any]]:
    """The newest row of each subscription, of one tenant or of all."""
    c = subscription.c
    rows = connection.execute(_ALL.where(c.tenant_id == tenant_id) if tenant_id else _ALL).mappings()
    newest = {(row["tenant_id"], row["subscription_id"]): dict(row) for row in rows}
    return list(newest.values())


def keep_one(writing: Writing, read: Subscription) -> bool:
    """Keep one subscription as it was just read, where anything that matters changed."""
    known = {row["subscription_id"]: row for row in latest_subscriptions(writing.connection, read.tenant_id)}
    row = _row(read)
    if not _differs(row, known.get(read.subscription_id)):
        return False
    writing.connection.execute(insert(subscription), row | {"recorded_at": writing.recorded_at})
    return True


def _key(invoice_id: str, kind: FetchKind) -> str:
    """What is fetched besides an invoice's charges has a row of its own: `G000000001:daily_usage`."""
    return invoice_id if kind is FetchKind.CHARGES else f"{invoice_id}:{kind.value}"


def _latest(connection: Connection, invoice_id: str) -> Any:
    c = charge_fetch.c
    query = select(charge_fetch).where(c.invoice_id == invoice_id).order_by(c.recorded_at.desc()).limit(1)
    return connection.execute(query).first()


def _tell(writing: Writing, findings: Sequence[Finding]) -> None:
    rows = findings_table(findings)
    insert_new(writing.connection, finding_rows, rows, recorded_at=writing.recorded_at, file_digest="")


def _differs(row: dict[str, Any], known: dict[str, Any] | None) -> bool:
    if known is None:
        return True
    return any(known[name] != value for name, value in row.items() if name not in NOT_COMPARED)


def _row(each: Subscription) -> dict[str, Any]:
    row = {name: getattr(each, name) for name in subscription.c.keys() if hasattr(each, name)}  # noqa: SIM118
    moments = {name: _text(row[name]) for name in MOMENTS}
    return row | moments | {
        "family": each.family.value,
        "suspension_reasons": ",".join(each.suspension_reasons),
        "listed": True,
    }  # fmt: skip


def subscription_of(row: dict[str, Any]) -> Subscription:
    """A row of `subscription` as a value."""
    moments = {name: _moment(row[name]) for name in MOMENTS}
    reasons = tuple(name for name in row["suspension_reasons"].split(",") if name)
    kept = {name: value for name, value in row.items() if name not in ("recorded_at", "listed")}
    return Subscription(**kept | moments | {"family": Family(row["family"]), "suspension_reasons": reasons})


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
