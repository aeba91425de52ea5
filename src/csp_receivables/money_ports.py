"""What the steps from charges to money need from the world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb

from csp_receivables.domain.accounting import AccountingFile, VendorPaymentBatch
from csp_receivables.domain.charge_data import ChargeKind, KeptVersion
from csp_receivables.domain.charges.bill_lines import BillSource
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.pricing.documents import Raised
from csp_receivables.domain.pricing.issuing import Issued


class ChargeBook(Protocol):
    """Which versions of charges there are."""

    def versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's charges, the newest first; that one counts."""

    def usage_versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's daily usage, the newest first."""

    def bill_sources(self, customer_id: str, months: Sequence[date]) -> tuple[BillSource, ...]:
        """The vendor invoices of these months that charge the customer, each in the version that counts."""

    def customer(self, customer_id: str) -> tuple[str, str, str] | None:
        """Name, language and country of a customer, or None for one that nobody knows."""


class ChargeTables(Protocol):
    """Charges of the lake as relations."""

    def relate(self, connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[str]) -> None:
        """Let `name` be a view over the versions at `paths`, with the columns of CHARGE and a few more."""

    def keep_of_tenants(
        self, connection: duckdb.DuckDBPyConnection, name: str, path: str, tenants: Iterable[str]
    ) -> None:
        """Make the temporary table `name` of a few tenants' charges at `path`, with what bills need of them."""


class VendorPaymentReader(Protocol):
    """Reads files of payments to Microsoft."""

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone."""

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what it is. Raises FileRefused for what is no file of vendor payments."""

    def payments(self, path: Path) -> Iterator[VendorPaymentBatch]:
        """Its payments in batches. Raises FileRefused."""


class PayableBook(Protocol):
    """Payments to Microsoft out of files."""

    def import_file(self, file: AccountingFile, batches: Iterable[VendorPaymentBatch]) -> FileReport:
        """Store what is new, in one transaction."""

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""


class InvoiceParts(Protocol):
    """Which files of legacy invoices are not missed any more."""

    def parts(self, invoice_id: str) -> frozenset[str]:
        """The kinds of its files that are imported, or that a person says there are not."""

    def say_none(self, invoice_id: str, kind: ChargeKind, who: Person) -> None:
        """Keep a person's word that the invoice has no file of this kind; said again it changes nothing."""


class NumberTaken(ValueError):
    """A number of the series is that of a receivable which was imported; the message says which."""


class RaisedBook(Protocol):
    """Receivables that we raise ourselves."""

    def raised(self, vendor_invoice: str, series: str) -> Raised:
        """What was raised for a vendor invoice so far, and the series' last number."""

    def issue(self, vendor_invoice: str, series: str, decide: Callable[[Raised], Issued]) -> Issued:
        """Read, decide and keep in one writing transaction, so that no number is given twice or lost.

        Raises NumberTaken, and then nothing is kept.
        """
