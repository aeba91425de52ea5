"""What the steps need from the world, as Protocols. Adapters implement them; `wiring` plugs them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from csp_receivables.domain.accounting import AccountingFile, CustomerBatch, ReceivableBatch
from csp_receivables.domain.arrivals import Arrival
from csp_receivables.domain.bank_files import BankFile, BankFileRefused
from csp_receivables.domain.day import Day
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.payment_ids import EqualsBefore
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.statements import BankReport, Statement


class AccountingReader(Protocol):
    """Reads the files that accounting exports."""

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone: name, digest, size."""

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what its content says it is. Raises FileRefused."""

    def customers(self, path: Path) -> Iterator[CustomerBatch]:
        """A customers file in batches. Raises FileRefused, also while it is being read."""

    def receivables(self, path: Path) -> Iterator[ReceivableBatch]:
        """A receivables file in batches. Raises FileRefused, also while it is being read."""


class CustomerBook(Protocol):
    """Customers, their tenants and their contacts, as the ledger keeps them."""

    def import_file(self, file: AccountingFile, batches: Iterable[CustomerBatch]) -> FileReport:
        """Store the file's customers in one transaction; bytes that are known change nothing."""

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""


class ReceivableBook(Protocol):
    """Receivables and their lines, as the ledger keeps them."""

    def import_file(self, file: AccountingFile, batches: Iterable[ReceivableBatch]) -> FileReport:
        """Store the file's receivables in one transaction; bytes that are known change nothing."""

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A computed day, the allocations (ALLOCATION) it booked or would book, and the digest of its content."""

    day: Day
    allocations: pa.Table
    digest: str


class Books(Protocol):
    """The books of the ledger: facts of a day, allocations, and the record of each reconciliation."""

    def is_demo(self) -> bool:
        """Was this ledger made by the sample?"""

    def facts(self, plan: RunPlan) -> Facts:
        """The facts of the plan's day, as known at its moment."""

    def book(self, as_of: date, decide: Callable[[Facts], Booked], *, keep_run: bool = True) -> Booked:
        """Read, decide and book in one writing transaction; `keep_run` also keeps the reconciliation."""

    def record(self, booked: Booked) -> None:
        """Keep a historical run's snapshot, and nothing else of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The files of one day. `digest` is of what they show; `changed` is False when they were there already."""

    workbook: Path
    page: Path
    tables: Path
    digest: str
    changed: bool


class DayOutputs(Protocol):
    """Hands the day to people."""

    def issue(self, day: Day) -> Issued:
        """Write workbook, page and tables whole or not at all; the same day again changes nothing."""


class Inbox(Protocol):
    """Folders of files that others put there."""

    def ready(self, purpose: str) -> Sequence[Arrival]:
        """The files of the purpose's folder that have stopped growing, by name."""

    def is_unchanged(self, arrival: Arrival) -> bool:
        """Does the file still hold the bytes it had when it was ready?"""

    def archive(self, purpose: str, arrival: Arrival) -> None:
        """Keep the file and its sidecars, out of the inbox."""

    def set_aside(self, purpose: str, arrival: Arrival, report: FileReport) -> None:
        """Keep the file and its sidecars where a person finds them, with the reason beside."""


BankFilePart = Statement | pa.RecordBatch | Finding


class BankFileReader(Protocol):
    """Reads one format of bank files; `adapters.bank_files.READERS` lists them."""

    def recognise(self, head: bytes) -> str | None:
        """What the content is ("camt.053.001.08") by the file's first bytes, or None when this reader does not know it.

        Raises BankFileRefused for what it knows and does not read.
        """

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore
    ) -> Iterator[BankFilePart]:
        """Lines in batches of schema BANK_LINE, each statement when it ends, findings as they come.

        Raises BankFileRefused, also after lines were given out: then nothing of the file counts.
        """


class BankBook(Protocol):
    """Statements and payments, as the ledger keeps them."""

    def import_file(self, file: BankFile, read: Callable[[EqualsBefore], Iterator[BankFilePart]]) -> BankReport:
        """Store what `read` gives in one writing transaction; bytes that are known change nothing.

        Raises what `read` raises, and then nothing is stored.
        """

    def refuse_file(self, file: BankFile, refusal: BankFileRefused) -> BankReport:
        """Keep why nothing of the file counts."""

    def accept(self, statement_id: str, *, by: str, why: str) -> BankReport:
        """Let a held statement count, on a named person's word. Raises NoSuchStatement."""
