"""Which vendor invoices to fetch, and what fetching one came to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.microsoft.exports import NO_DATA_AFTER
from csp_receivables.domain.microsoft.invoices import Commerce, ListedInvoice

MADE_AGAIN_FOR = timedelta(days=100)  # data may be made again; a quarter covers credits and rebills of closed months


class FetchKind(StrEnum):
    """What is fetched of an invoice."""

    CHARGES = "charges"
    DAILY_USAGE = "daily_usage"  # what its charges for usage are made of; an invoice may well have none


class FetchOutcome(StrEnum):
    """What fetching one invoice's charges came to."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"  # the same data as last time
    ANOTHER_DAY = "another_day"  # Microsoft has none yet
    GIVEN_UP = "given_up"  # a person must look
    REFUSED = "refused"  # downloaded, but it can't be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One invoice's fetch. `version` is of its data and its own words; `reports`: what importing each file came to."""

    invoice_id: str
    kind: FetchKind = FetchKind.CHARGES
    outcome: FetchOutcome
    because: str
    version: str = ""
    document: str = ""  # digest of the invoice's own words
    reports: tuple[FileReport, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        """An invoice for licences alone has no daily usage, and nobody need look."""
        given_up = self.outcome is FetchOutcome.GIVEN_UP and self.kind is FetchKind.CHARGES
        return given_up or self.outcome is FetchOutcome.REFUSED

    @property
    def new_facts(self) -> int:
        """Lines that the ledger did not know."""
        return sum(report.new_facts for report in self.reports)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in what was imported."""
        return tuple(finding for report in self.reports for finding in report.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFetch:
    """The latest word on an invoice."""

    outcome: FetchOutcome
    version: str
    document: str  # digest of the invoice's own words then


def version_of(etag: str, invoice: ListedInvoice, kind: FetchKind = FetchKind.CHARGES) -> str:
    """The version of an invoice's data together with its own words: either may change alone. Kinds never share one."""
    of_kind = "" if kind is FetchKind.CHARGES else f":{kind.value}"
    return hashlib.sha256(f"{etag}:{document_digest(invoice)}{of_kind}".encode()).hexdigest()


def document_digest(invoice: ListedInvoice) -> str:
    """Digest of the invoice's own words."""
    return hashlib.sha256(invoice.document.encode()).hexdigest()


def due_fetches(
    listed: Iterable[ListedInvoice],
    known: Mapping[str, KnownFetch],
    now: datetime,
    kind: FetchKind = FetchKind.CHARGES,
) -> tuple[ListedInvoice, ...]:
    """The invoices whose data to ask for, oldest first: new ones, changed ones, and those that may be made again."""
    due = [each for each in listed if has(each, kind) and _is_due(each, known.get(each.invoice_id), now)]
    return tuple(sorted(due, key=lambda each: (each.invoiced_at is None, each.invoiced_at, each.invoice_id)))


def has(invoice: ListedInvoice, kind: FetchKind) -> bool:
    """May there be data of this kind for the invoice? Legacy usage is money, and comes with the charges."""
    return kind is FetchKind.CHARGES or (invoice.commerce is Commerce.NEW and invoice.may_have_usage)


def _is_due(invoice: ListedInvoice, known: KnownFetch | None, now: datetime) -> bool:
    if known is None or known.document != document_digest(invoice):
        return True
    if known.outcome is FetchOutcome.GIVEN_UP:
        return False  # until its words change, or a person asks for it by name
    if known.outcome is FetchOutcome.ANOTHER_DAY or invoice.invoiced_at is None:
        return True
    return now - invoice.invoiced_at < (NO_DATA_AFTER if invoice.commerce is Commerce.LEGACY else MADE_AGAIN_FOR)


def unread_findings(listed: Iterable[ListedInvoice]) -> tuple[Finding, ...]:
    """Lists of legacy charges that are of no provider that is known: a person brings what they hold."""
    return tuple(
        Finding(
            code="microsoft.unread_charges",
            severity=Severity.WARNING,
            found=f"vendor invoice {each.invoice_id} has charges of {', '.join(each.unread_providers)}, "
            "which can't be read from Microsoft",
            remedy="Download its reconciliation files in Partner Center and put them into inbox/microsoft",
            subject=each.invoice_id,
        )
        for each in listed
        if each.commerce is Commerce.LEGACY and each.unread_providers
    )


def fetch_finding(fetched: Fetched) -> Finding | None:
    """What a person must know about a fetch; None where there is nothing to do."""
    if fetched.outcome is not FetchOutcome.GIVEN_UP or not fetched.needs_a_person:
        return None
    return Finding(
        code="microsoft.no_charges",
        severity=Severity.HELD,
        found=f"the charges of vendor invoice {fetched.invoice_id} can't be had: {fetched.because}",
        remedy="Look at the invoice in Partner Center; put its file into inbox/microsoft, or fetch it again by name: "
        f"csp microsoft fetch {fetched.invoice_id}",
        subject=fetched.invoice_id,
    )
