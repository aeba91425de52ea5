"""Fetching the charges of a vendor invoice: asked for, waited for, downloaded, imported.

A crash between any two lines leaves at worst a folder without its record, which the next attempt empties, or a whole
download that is not imported yet, which the next attempt imports. Nothing is remembered outside the ledger and that
folder, so it may be begun again anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.microsoft.exports import (
    FRESH_STARTS_MAX,
    ExportReady,
    ExportState,
    Manifest,
    Move,
    NextMove,
    next_move,
)
from csp_receivables.domain.microsoft.fetches import Fetched, FetchOutcome, document_digest, due_fetches, version_of
from csp_receivables.domain.microsoft.invoices import ListedInvoice
from csp_receivables.microsoft_ports import (
    ChargeExports,
    Downloads,
    FetchBook,
    InvoiceList,
    ManifestExpired,
    MicrosoftRefused,
)


class ExportVanishes(MicrosoftRefused):
    """An export failed or went away again and again: nothing is concluded from that, another attempt may find it."""

    def __init__(self, invoice_id: str, because: str) -> None:
        meaning = f"the export of {invoice_id} could not be had: {because}"
        super().__init__("export_vanishes", meaning, "Wait: it is tried again; if it stays, ask Microsoft", passes=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFetch:
    """What fetching needs. `wait` lets time pass; `import_file` imports a download by its record."""

    invoices: InvoiceList
    exports: ChargeExports
    book: FetchBook
    downloads: Downloads
    import_file: Callable[[Path], FileReport]
    now: Callable[[], datetime]
    wait: Callable[[timedelta], None]

    def listed(self) -> Sequence[ListedInvoice]:
        """Every invoice at Microsoft; what it says of each is kept: what it replaces, and what was paid on it."""
        listed = self.invoices.invoices()
        self.book.keep_words(listed)
        return listed

    def due(self, listed: Sequence[ListedInvoice]) -> tuple[ListedInvoice, ...]:
        """Those whose charges to ask for now."""
        known = {each.invoice_id: self.book.known(each.invoice_id) for each in listed}
        return due_fetches(listed, {name: one for name, one in known.items() if one}, self.now())

    def judge(self, invoice: ListedInvoice, operation: str, starts: int) -> tuple[ExportState, NextMove]:
        """Look at an export once, and say what to do next."""
        state = self.exports.look(operation)
        return state, next_move(state, starts=starts, invoiced_at=invoice.invoiced_at, now=self.now())

    def fetch(self, invoice: ListedInvoice, operation: str = "") -> Fetched:
        """See one export through to its end, from the operation at hand or from the start. Raises MicrosoftRefused."""
        starts = 1
        operation = operation or self.exports.ask(invoice.invoice_id)
        while True:
            state, move = self.judge(invoice, operation, starts)
            match move.move, state:
                case Move.DOWNLOAD, ExportReady(manifest=manifest):
                    try:
                        return self._kept(self._take(invoice, manifest))
                    except (
                        ManifestExpired
                    ):  # looking again gives a manifest with a fresh signature, or says that it is gone
                        starts += 1
                        if starts > FRESH_STARTS_MAX:
                            raise
                case Move.ASK_ANEW, _:
                    starts += 1
                    operation = self.exports.ask(invoice.invoice_id)
                case Move.LOOK_AGAIN, _:
                    self.wait(move.after)
                case Move.TRY_LATER, _:
                    raise ExportVanishes(invoice.invoice_id, move.because)
                case _:
                    return self.stop(invoice, move)

    def stop(self, invoice: ListedInvoice, move: NextMove) -> Fetched:
        """Keep that an export came to nothing for now."""
        outcome = FetchOutcome.GIVEN_UP if move.move is Move.GIVE_UP else FetchOutcome.ANOTHER_DAY
        document = document_digest(invoice)
        return self._kept(
            Fetched(invoice_id=invoice.invoice_id, outcome=outcome, because=move.because, document=document)
        )

    def _take(self, invoice: ListedInvoice, manifest: Manifest) -> Fetched:
        version = version_of(manifest.etag, invoice)
        known = self.book.known(invoice.invoice_id)
        if known and known.outcome is FetchOutcome.IMPORTED and known.version == version:
            return _fetched(invoice, manifest, FetchOutcome.UNCHANGED, "the same data as last time")
        record = self.downloads.finished(invoice.invoice_id, version) or self._download(invoice, manifest, version)
        report = self.import_file(record)
        if report.outcome is Outcome.REFUSED:
            return _fetched(invoice, manifest, FetchOutcome.REFUSED, report.because, report)
        return _fetched(invoice, manifest, FetchOutcome.IMPORTED, "its export was imported", report)

    def _download(self, invoice: ListedInvoice, manifest: Manifest, version: str) -> Path:
        folder = self.downloads.begin(invoice.invoice_id, version)
        parts = [folder / f"part-{number:05}.json.gz" for number in range(len(manifest.blobs))]
        for blob, part in zip(manifest.blobs, parts, strict=True):
            self.exports.download(manifest, blob, part)
        return self.downloads.finish(folder, invoice, parts)

    def _kept(self, fetched: Fetched) -> Fetched:
        self.book.keep(fetched)
        return fetched


def _fetched(
    invoice: ListedInvoice, manifest: Manifest, outcome: FetchOutcome, because: str, report: FileReport | None = None
) -> Fetched:
    return Fetched(
        invoice_id=invoice.invoice_id,
        outcome=outcome,
        because=because,
        version=version_of(manifest.etag, invoice),
        document=document_digest(invoice),
        report=report,
    )
