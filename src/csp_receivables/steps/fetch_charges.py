"""Fetching the charges of a vendor invoice, or its daily usage: asked for, waited for, downloaded, imported.

A legacy invoice has no export: its lists of charges are downloaded page by page, and all of them together are it.

A crash between any two lines leaves at worst a folder without its record, which the next attempt empties, or a whole
download that is not imported yet, which the next attempt imports. Nothing is remembered outside the ledger and that
folder, so it may be begun again anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
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
    no_data,
)
from csp_receivables.domain.microsoft.fetches import (
    Fetched,
    FetchKind,
    FetchOutcome,
    document_digest,
    due_fetches,
    has,
    version_of,
)
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce, ListedInvoice
from csp_receivables.microsoft_ports import (
    ChargeExports,
    ChargeLists,
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
    """What fetching needs. `wait` lets time pass; `run_all` downloads some at a time, or one after the other;
    `import_parts` imports an invoice's downloads by their records."""

    kind: FetchKind
    invoices: InvoiceList
    exports: ChargeExports  # of that kind
    lists: ChargeLists
    book: FetchBook
    downloads: Downloads
    import_parts: Callable[[Sequence[Path]], Sequence[FileReport]]
    now: Callable[[], datetime]
    wait: Callable[[timedelta], None]
    run_all: Callable[[Iterable[Callable[[], object]]], None]

    def listed(self) -> Sequence[ListedInvoice]:
        """Every invoice at Microsoft; what it says of each is kept: what it replaces, and what was paid on it."""
        listed = self.invoices.invoices()
        self.book.keep_words(listed)
        return listed

    def due(self, listed: Sequence[ListedInvoice], wanted: Collection[str] | None = None) -> tuple[ListedInvoice, ...]:
        """Those whose data to ask for now: the `wanted` ids, whatever is known of them, or what is due."""
        if wanted:
            return tuple(each for each in listed if each.invoice_id in wanted and has(each, self.kind))
        known = {each.invoice_id: self.book.known(each.invoice_id, self.kind) for each in listed}
        return due_fetches(listed, {name: one for name, one in known.items() if one}, self.now(), self.kind)

    def judge(self, invoice: ListedInvoice, operation: str, starts: int) -> tuple[ExportState, NextMove]:
        """Look at an export once, and say what to do next."""
        state = self.exports.look(operation)
        return state, next_move(state, starts=starts, invoiced_at=invoice.invoiced_at, now=self.now())

    def fetch(self, invoice: ListedInvoice, operation: str = "") -> Fetched:
        """See one invoice through to its end, from the export at hand or from the start. Raises MicrosoftRefused."""
        if invoice.commerce is Commerce.LEGACY:
            return self._kept(self._take_lists(invoice))
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
        """Keep that a fetch came to nothing for now."""
        return self._kept(self._nothing(invoice, move))

    def _take(self, invoice: ListedInvoice, manifest: Manifest) -> Fetched:
        version = version_of(manifest.etag, invoice, self.kind)
        if self._is_known(invoice, version):
            return self._fetched(invoice, FetchOutcome.UNCHANGED, "the same data as last time", version)
        record = self.downloads.finished(invoice.invoice_id, version) or self._download(invoice, manifest, version)
        return self._imported(invoice, self.import_parts([record]), version, "its export was imported")

    def _download(self, invoice: ListedInvoice, manifest: Manifest, version: str) -> Path:
        folder = self.downloads.begin(invoice.invoice_id, version)
        parts = [folder / f"part-{number:05}.json.gz" for number in range(len(manifest.blobs))]
        each = zip(manifest.blobs, parts, strict=True)
        self.run_all([partial(self.exports.download, manifest, blob, part) for blob, part in each])
        return self.downloads.finish(folder, invoice, parts)

    def _take_lists(self, invoice: ListedInvoice) -> Fetched:
        """No eTag tells whether a list changed: it is downloaded, and its bytes tell."""
        records = [record for each in invoice.legacy_lists if (record := self._download_list(invoice, each))]
        if not records:
            return self._nothing(invoice, no_data("its lists of charges are empty", invoice.invoiced_at, self.now()))
        reports = self.import_parts(records)
        version = version_of(":".join(report.digest for report in reports), invoice, self.kind)
        if self._is_known(invoice, version):
            return self._fetched(invoice, FetchOutcome.UNCHANGED, "the same data as last time", version)
        return self._imported(invoice, reports, version, "its lists of charges were imported")

    def _download_list(self, invoice: ListedInvoice, charges: ChargeList) -> Path | None:
        """The record of the download; None where the list is empty."""
        folder = self.downloads.begin(invoice.invoice_id, charges.provider)
        part = folder / "part-00000.json.gz"
        count = self.lists.download(invoice.invoice_id, charges, part)
        return self.downloads.finish(folder, invoice, [part]) if count else None

    def _is_known(self, invoice: ListedInvoice, version: str) -> bool:
        known = self.book.known(invoice.invoice_id, self.kind)
        return known is not None and known.outcome is FetchOutcome.IMPORTED and known.version == version

    def _imported(self, invoice: ListedInvoice, reports: Sequence[FileReport], version: str, how: str) -> Fetched:
        refused = [report.because for report in reports if report.outcome is Outcome.REFUSED]
        outcome = FetchOutcome.REFUSED if refused else FetchOutcome.IMPORTED
        return self._fetched(invoice, outcome, "; ".join(refused) or how, version, reports)

    def _nothing(self, invoice: ListedInvoice, move: NextMove) -> Fetched:
        outcome = FetchOutcome.GIVEN_UP if move.move is Move.GIVE_UP else FetchOutcome.ANOTHER_DAY
        return self._fetched(invoice, outcome, move.because)

    def _fetched(
        self,
        invoice: ListedInvoice,
        outcome: FetchOutcome,
        because: str,
        version: str = "",
        reports: Sequence[FileReport] = (),
    ) -> Fetched:
        return Fetched(
            invoice_id=invoice.invoice_id,
            kind=self.kind,
            outcome=outcome,
            because=because,
            version=version,
            document=document_digest(invoice),
            reports=tuple(reports),
        )

    def _kept(self, fetched: Fetched) -> Fetched:
        self.book.keep(fetched)
        return fetched
