"""Which vendor invoices to fetch, and what fetching one came to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.microsoft.invoices import Commerce, ListedInvoice

MADE_AGAIN_FOR = timedelta(days=100)  # data may be made again; a quarter covers credits and rebills of closed months


class FetchOutcome(StrEnum):
    """What fetching one invoice's charges came to."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"  # the same data as last time
    ANOTHER_DAY = "another_day"  # Microsoft has none yet
    GIVEN_UP = "given_up"  # a person must look
    REFUSED = "refused"  # downloaded, but it can't be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One invoice's fetch. `version` is of its data and of its own words; `report`: what importing came to."""

    invoice_id: str
    outcome: FetchOutcome
    because: str
    version: str = ""
    document: str = ""  # digest of the invoice's own words
    report: FileReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFetch:
    """The latest word on an invoice."""

    outcome: FetchOutcome
    version: str
    document: str  # digest of the invoice's own words then


def version_of(etag: str, invoice: ListedInvoice) -> str:
    """The version of an invoice's data together with its own words: either may change alone."""
    return hashlib.sha256(f"{etag}:{document_digest(invoice)}".encode()).hexdigest()


def document_digest(invoice: ListedInvoice) -> str:
    """Digest of the invoice's own words."""
    return hashlib.sha256(invoice.document.encode()).hexdigest()


def due_fetches(
    listed: Iterable[ListedInvoice], known: Mapping[str, KnownFetch], now: datetime
) -> tuple[ListedInvoice, ...]:
    """The invoices whose charges to ask for, oldest first: new ones, changed ones, and those that may be made again."""
    due = [each for each in listed if each.commerce is Commerce.NEW and _is_due(each, known.get(each.invoice_id), now)]
    return tuple(sorted(due, key=lambda each: (each.invoiced_at is None, each.invoiced_at, each.invoice_id)))


def _is_due(invoice: ListedInvoice, known: KnownFetch | None, now: datetime) -> bool:
    if known is None or known.document != document_digest(invoice):
        return True
    if known.outcome is FetchOutcome.GIVEN_UP:
        return False  # until its words change, or a person asks for it by name
    return invoice.invoiced_at is None or now - invoice.invoiced_at < MADE_AGAIN_FOR


def legacy_findings(listed: Iterable[ListedInvoice]) -> tuple[Finding, ...]:
    """Legacy invoices: Microsoft exports none of them, so a person brings their files."""
    return tuple(
        Finding(
            code="microsoft.legacy_invoice",
            severity=Severity.WARNING,
            found=f"vendor invoice {each.invoice_id} is of legacy commerce: its charges can't be exported",
            remedy="Download its reconciliation file in Partner Center and put it into inbox/microsoft",
            subject=each.invoice_id,
        )
        for each in listed
        if each.commerce is Commerce.LEGACY
    )


def fetch_finding(fetched: Fetched) -> Finding | None:
    """What a person must know about a fetch; None where there is nothing to do."""
    if fetched.outcome is not FetchOutcome.GIVEN_UP:
        return None
    return Finding(
        code="microsoft.no_charges",
        severity=Severity.HELD,
        found=f"the charges of vendor invoice {fetched.invoice_id} can't be had: {fetched.because}",
        remedy="Look at the invoice in Partner Center; put its file into inbox/microsoft, or fetch it again by name: "
        f"csp microsoft fetch {fetched.invoice_id}",
        subject=fetched.invoice_id,
    )
