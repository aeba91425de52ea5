"""What the steps need from the world, as Protocols. Adapters implement them; `wiring` plugs them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias

import duckdb
import pyarrow as pa

from csp_receivables.domain.accounting import AccountingFile, CustomerBatch, RateBatch, ReceivableBatch
from csp_receivables.domain.bank_files import BankFile, BankFileRefused
from csp_receivables.domain.charge_data import ChargedInvoice, ChargeKind, ChargeReading, Place
from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import Elsewhere, FileReport
from csp_receivables.domain.matching.ladder import Matched
from csp_receivables.domain.matching_by_hand.requests import ByHand, Person
from csp_receivables.domain.payer_aliases import AliasWord
from csp_receivables.domain.payment_ids import EqualsBefore
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.statements import BankReport, Statement
from csp_receivables.domain.usage_detail import UsageDetail
from csp_receivables.domain.vendor_imports import VendorInvoice
from csp_receivables.domain.vendor_tie_out import InvoiceStatement

WhatElse: TypeAlias = Callable[[Path], Elsewhere | None]  # asked of a file that an import does not know


def nothing_else(_: Path) -> None:
    """Knows no other kinds of files."""


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

    def shown_at(self, as_of: date) -> datetime | None:
        """The moment whose knowledge the day's newest live run used; None where there was no such run."""

    def book(self, as_of: date, decide: Callable[[Facts], Booked]) -> Booked:
        """Read, decide, book and keep the reconciliation, in one writing transaction."""

    def book_so_far(self, as_of: date, decide: Callable[[Facts], pa.Table]) -> int:
        """Read, decide and book (ALLOCATION), in one writing transaction. Returns how many."""

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

    def issue(self, day: Day, customers: Sequence[str] = ()) -> Issued:
        """Write workbook, page and tables whole or not at all; the same day again changes nothing.

        A day limited to a few `customers` lies beside the whole day and never takes its place.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file that lies ready, with its sidecars; `refusal` says why it can't even be opened."""

    path: Path
    digest: str = ""  # SHA-256 of its bytes; "" where they can't be read
    sidecars: tuple[Path, ...] = ()
    refusal: str = ""
    remedy: str = ""
    stays: bool = False  # reported, and left where it is


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


BankFilePart: TypeAlias = Statement | pa.RecordBatch | Finding


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

    def accept(self, statement_id: str, *, by: str, why: str) -> int:
        """Let a held statement count, on a named person's word; returns its booked lines. Raises NoSuchStatement."""


class ContactBook(Protocol):
    """People to write to at a customer: personal data, erasable."""

    def knows(self, customer_id: str) -> bool:
        """Has any customers file named this customer?"""

    def erase(self, customer_id: str, by: str, why: str) -> int:
        """Delete the customer's contacts and record who did it and why. Returns how many there were."""


class RawCustomersFiles(Protocol):
    """Customers files as they came, kept after their import."""

    def remove_with_contacts_of(self, customer_id: str) -> tuple[str, ...]:
        """Remove the files that carry contacts of the customer. Returns their names, sorted."""


class ChargeFile(Protocol):
    """A file of charges that was recognised."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def kind(self) -> ChargeKind: ...
    @property
    def taken_for(self) -> str: ...


class ChargeReader(Protocol):
    """Reads one form of Microsoft's files of charges, and the vendor invoices' statements beside them."""

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's bytes."""

    def open(self, path: Path) -> ChargeFile:
        """Recognise the file by its content. Raises charge_data.FileRefused with what it is instead."""

    def read(self, file: Any, staged: Path) -> ChargeReading:
        """Write the charges (CHARGE) to the Parquet file `staged`, and sum them. Raises charge_data.FileRefused."""

    def sum_kept(self, charges: Path) -> tuple[ChargedInvoice, ...]:
        """The sums of charges that the lake keeps in one Parquet file."""

    def statement(self, file: Any, invoice_id: str) -> InvoiceStatement | None:
        """What the vendor invoice says of itself, or None where nothing tells."""


class ChargeLake(Protocol):
    """Keeps charges by vendor invoice and version, each version whole or not there."""

    def importing(self) -> AbstractContextManager[Path]:
        """A folder to stage in, for one import at a time; gone at the end."""

    def keep(self, staged: Path, place: Place, *, alone: bool, beside: Sequence[Path] = ()) -> str:
        """Keep one invoice's charges out of the staged file, `beside` parts kept before; returns where in the lake."""

    def parts_beside(self, charges_path: str, kind: ChargeKind) -> tuple[Path, ...]:
        """The parts of a kept version that are of another kind than `kind`, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentVersion:
    """The version of a vendor invoice that counts. `is_whole`: none of its lines was unreadable."""

    version: str
    charges_path: str
    is_whole: bool


class VendorBook(Protocol):
    """Vendor invoices and their costs per tenant, as the ledger keeps them."""

    def may_know(self, size: int) -> bool:
        """Was a file of so many bytes imported? Where none was, nobody needs to digest the file to know it is new."""

    def versions_of(self, digest: str) -> Mapping[str, frozenset[str]] | None:
        """Versions that the file with these bytes gave, by invoice; None when it was not imported yet."""

    def current(self, invoice_id: str) -> CurrentVersion | None:
        """The version that counts, or None for an invoice that nobody imported."""

    def book(self, report: FileReport, size: int, invoices: Sequence[VendorInvoice]) -> int:
        """Store a file's invoices, costs and findings in one transaction; returns how many invoices are new."""

    def book_usage(self, report: FileReport, size: int, details: Sequence[UsageDetail]) -> int:
        """Store a file of daily usage in one transaction; returns for how many invoices it is new."""

    def refuse(self, report: FileReport, size: int) -> None:
        """Keep why nothing of the file counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItems:
    """Two relations of `connection`, named, schemas OPEN_RECEIVABLE and OPEN_PAYMENT; `findings`: rows left out."""

    connection: duckdb.DuckDBPyConnection
    receivables: str
    payments: str
    receivable_count: int
    payment_count: int
    findings: tuple[Finding, ...]


class FilesToMatch(Protocol):
    """A file of receivables, a file of payments, and the place for what matching them gives."""

    def opened(self) -> AbstractContextManager[OpenItems]:
        """Both files, read. Raises FileRefused."""

    def write(self, connection: duckdb.DuckDBPyConnection, matched: Matched, findings: pa.Table) -> Mapping[str, Path]:
        """Write the results whole or not at all; their files by name."""


class MatchBook(Protocol):
    """Takes people's decisions about matches into the ledger."""

    def decide(self, as_of: date, who: Person, decide: Callable[[Facts], ByHand]) -> ByHand:
        """Read, decide and keep what comes of it in one writing transaction: nobody's booking can come between.

        Raises what `decide` raises, and then nothing is kept.
        """


class AliasBook(Protocol):
    """What people said of payers' bank accounts."""

    def read(self, as_of: date) -> tuple[Facts, Mapping[tuple[str, str], AliasWord]]:
        """The facts by the end of the day, and the latest word on each account and customer, of one moment."""

    def say(self, account: str, customer_id: str, word: str, who: Person) -> None:
        """Keep a person's word. Raises AlreadyDone where it is the latest, ByHandRefused for an unknown customer."""


class RateReader(Protocol):
    """Reads files of exchange rates."""

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone."""

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what it is. Raises FileRefused for what is no file of rates."""

    def rates(self, path: Path) -> Iterator[RateBatch]:
        """Its rates in batches. Raises FileRefused."""


class RateBook(Protocol):
    """Keeps exchange rates, each as its source published it."""

    def import_file(self, file: AccountingFile, batches: Iterable[RateBatch]) -> FileReport:
        """Store what is new, in one transaction."""

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRun:
    """A day's decisions as they were kept. `dry`: why nothing was proposed, "" when it was."""

    run_id: str
    mode: Mode
    decided: Decided
    dry: str
    proposed: int  # intentions that are new in the outbox, or wanted again


class DecisionBook(Protocol):
    """Keeps decisions about customers who are late."""

    def decide(self, as_of: date, decide: Callable[[Facts], Decided]) -> DecisionRun:
        """Read, decide and keep all that follows in one writing transaction."""

    def record(self, plan: RunPlan, decide: Callable[[Facts], Decided]) -> DecisionRun:
        """Keep a historical run's decisions under its own name, and nothing else."""

    def look(self, plan: RunPlan, decide: Callable[[Facts], Decided]) -> Decided:
        """The decisions as the plan sees them, without writing anything."""
