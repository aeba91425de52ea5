"""The one place that plugs adapters into steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import func, select, union
from sqlalchemy.exc import DBAPIError

from csp_receivables.adapters.account_names import AccountNamesRefused, read_account_names
from csp_receivables.adapters.accounting_files import AccountingFiles, BadProfile
from csp_receivables.adapters.accounting_files.raw_customers import KeptCustomersFiles
from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile, BankProfileRefused, load_bank_profiles
from csp_receivables.adapters.bank_csv_proposal import Proposal, propose
from csp_receivables.adapters.bank_files import reader_of, readers
from csp_receivables.adapters.bank_line_policy import BankLinePolicyRefused, read_bank_line_policy
from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.collections_policy import read_collections_policy
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.exchange_rate_files import RateFiles
from csp_receivables.adapters.home import make_home as make_folders
from csp_receivables.adapters.inbox import FolderInbox
from csp_receivables.adapters.lake import Lake
from csp_receivables.adapters.ledger import Ledger, LedgerRefused, tables
from csp_receivables.adapters.ledger.bank import LedgerBankBook
from csp_receivables.adapters.ledger.books import LedgerBooks, run_name
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import moment_text
from csp_receivables.adapters.ledger.contacts import LedgerContactBook
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.exchange_rates import LedgerRateBook
from csp_receivables.adapters.ledger.matches_by_hand import LedgerAliasBook, LedgerMatchBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.adapters.ledger.schema import upgrade
from csp_receivables.adapters.ledger.vendor_invoices import LedgerVendorBook
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.match_files.files import MatchFiles
from csp_receivables.adapters.matching_policy import PolicyRefused, read_matching_policy
from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader
from csp_receivables.adapters.outputs import DayFiles
from csp_receivables.adapters.seller import read_seller
from csp_receivables.adapters.support_terms import read_support_terms
from csp_receivables.adapters.tables import content_digest
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.accounting import FileRefused as AccountingRefused
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.charge_data import FileRefused as ChargesRefused
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.imports import Elsewhere, FileReport
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.run_plan import RunPlan, is_still_live
from csp_receivables.domain.statements import BankReport
from csp_receivables.domain.support.terms import TermsBook
from csp_receivables.ports import Booked, WhatElse, nothing_else
from csp_receivables.settings import Settings
from csp_receivables.steps import import_accounting as accounting
from csp_receivables.steps import take_inbox as inbox_step
from csp_receivables.steps.aliases import Aliases
from csp_receivables.steps.erase_contacts import Erasure
from csp_receivables.steps.erase_contacts import erase_contacts as erase_contacts_step
from csp_receivables.steps.import_bank import HEAD_BYTES, import_bank_file
from csp_receivables.steps.import_microsoft import MicrosoftImport
from csp_receivables.steps.import_rates import import_rates as import_rates_step
from csp_receivables.steps.match_by_hand import MatchByHand
from csp_receivables.steps.match_files import MatchReport
from csp_receivables.steps.match_files import match_files as match_files_step
from csp_receivables.steps.reconcile import NoLongerLive, Reconciled, Reconciler, issue

__all__ = ["Ledger", "LedgerRefused", "PolicyRefused", "Reconciled"]  # types that callers name; they see no adapter

SECONDS_BETWEEN_LOOKS = 2.0  # a file that a program is still writing grows within this; sidecars land beside theirs


class UnknownCustomer(LookupError):
    """A day was asked for of a customer that neither a customers file nor a receivable names."""


class NotYetKnown(ValueError):
    """A day was asked for as known at a moment that has not come: its answer would still change."""


# What a command answers with a sentence and exit code 2.
REFUSALS = (
    LedgerRefused, NoLongerLive, UnknownCustomer, NotYetKnown, AccountNamesRefused, BankProfileRefused, BadProfile,
    ByHandRefused, PolicyRefused, BankLinePolicyRefused, FileFaults,
)  # fmt: skip


def why_unavailable(error: Exception) -> str:
    """What to tell a person when the ledger's database, the disk or a folder can't be used; "" for any other failure.

    Only the first line of what a database says: more of it may quote what customers paid.
    """
    if isinstance(error, DBAPIError):
        said = str(error.orig).strip().splitlines()[0]
        return f"the ledger can't be used: {said}. Check CSP_LEDGER_URL and that its database runs, then try again"
    if isinstance(error, OSError):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return f"{what}. Check CSP_HOME, its disk, and who may read and write there, then try again"
    return ""


def open_ledger(settings: Settings, kind: str | None = None) -> Ledger:
    """The ledger, made and migrated on first use. A new one is marked `kind`, or `real` when nothing is asked for.

    Raises LedgerRefused when `kind` is asked for and the ledger is of the other one.
    """
    make_home(settings)
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    upgrade(ledger)
    ledger.mark(kind or ledger.kind() or "real", settings.environment)
    return ledger


def mark_of(settings: Settings) -> str | None:
    """`demo` or `real`; None for a ledger that nobody has used yet."""
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    upgrade(ledger)
    kind = ledger.kind()
    ledger.engine.dispose()
    return kind


def record_findings(ledger: Ledger, findings: Iterable[Finding]) -> None:
    """Keep findings that come from no file. The same finding again changes nothing."""
    with ledger.writing() as writing:
        rows = findings_table(findings)
        insert_new(writing.connection, tables.finding, rows, recorded_at=writing.recorded_at, file_digest="")


def rows_kept(settings: Settings) -> dict[str, int]:
    """How many rows each table of the ledger holds. It only ever grows, so equal counts mean that nothing was added."""
    ledger = open_ledger(settings)
    with ledger.reading() as connection:
        counts = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables.metadata.sorted_tables
        }
    ledger.engine.dispose()
    return counts


def make_home(settings: Settings) -> None:
    """The folders under CSP_HOME, readable by their owner only: they hold what customers paid."""
    make_folders(settings.home)


def accounting_files(settings: Settings) -> AccountingFiles:
    """The reader of accounting files, with the column profiles of this partner. Raises BadProfile."""
    return AccountingFiles.with_profiles(settings.include / "accounting", settings.seller)


def import_customers(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import one customers file."""
    what_else = partial(what_it_is, settings)
    return accounting.import_customers(path, accounting_files(settings), LedgerCustomerBook(ledger), what_else)


def import_receivables(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import one receivables file."""
    what_else = partial(what_it_is, settings)
    return accounting.import_receivables(path, accounting_files(settings), LedgerReceivableBook(ledger), what_else)


def import_rates(ledger: Ledger, path: Path) -> FileReport:
    """Import one file of exchange rates."""
    return import_rates_step(path, RateFiles(), LedgerRateBook(ledger))


def erase_contacts(settings: Settings, ledger: Ledger, customer_id: str, *, by: str, why: str) -> Erasure:
    """Erase a customer's contacts from the ledger and the kept customers files. Raises ErasureRefused."""
    files, book = KeptCustomersFiles(settings.home, accounting_files(settings)), LedgerContactBook(ledger)
    erased = erase_contacts_step(customer_id, by, why, book, files)
    KeptMessages(settings.home / "messages").remove(book.letters_of(customer_id))
    return erased


def take_inbox(
    settings: Settings, ledger: Ledger, purpose: str, pause: Callable[[], None] | None = None
) -> tuple[FileReport, ...]:
    """Take what lies ready in `inbox/<purpose>` (microsoft, bank or accounting).

    Raises InboxFailed, and BadProfile, BankProfileRefused or AccountNamesRefused for what this folder is read by.
    """
    make_home(settings)
    inbox = FolderInbox(
        home=settings.home,
        pause=pause or partial(time.sleep, SECONDS_BETWEEN_LOOKS),
        month=lambda: f"{settings.clock().astimezone(settings.time_zone):%Y-%m}",
    )
    import_file, rank = _importer(settings, ledger, purpose)
    return inbox_step.take_inbox(purpose, inbox, import_file, rank)


def _importer(
    settings: Settings, ledger: Ledger, purpose: str
) -> tuple[Callable[[Path], FileReport], Callable[[Path], int]]:
    """What imports the files of an inbox folder, and which of them come first.

    Only what this folder needs is read: a fault in a profile of accounting's holds up no bank file.
    """
    if purpose == "microsoft":
        return microsoft_import(settings, ledger).import_file, lambda _: 0
    what_else = partial(what_it_is, settings)
    if purpose == "bank":
        names, profiles = account_names(settings), bank_profiles(settings)
        return lambda path: import_bank(ledger, [path], names, profiles, what_else)[0].file, lambda _: 0
    reader = accounting_files(settings)
    books = LedgerCustomerBook(ledger), LedgerReceivableBook(ledger)
    rank = partial(accounting.rank_of, reader=reader)
    return lambda path: accounting.import_accounting(path, reader, *books, what_else), rank


def day_outputs(settings: Settings) -> DayFiles:
    """The files of each day, under CSP_HOME/outputs."""
    return DayFiles(outputs=settings.outputs, templates=settings.include / "templates")


def reconciler(settings: Settings, ledger: Ledger) -> Reconciler:
    """Everything that reconciling a day needs."""
    return Reconciler(
        books=LedgerBooks(ledger, settings.time_zone),
        engine=partial(engine, settings.home / "spill"),
        policy=matching_policy(settings),
        digest=content_digest,
        is_still_live=lambda plan: is_still_live(plan, settings.clock(), settings.time_zone),
        lines=bank_line_policy(settings),
        collections=_usable_collections_policy(settings),
        vendor_term_days=settings.vendor_term_days,
    )


def _usable_collections_policy(settings: Settings) -> CollectionsPolicy | None:
    """A policy with a fault stops the decisions, which say so; it does not hold the reconciliation up."""
    try:
        return collections_policy(settings)
    except FileFaults:
        return None


def run_id_of(booked: Booked) -> str:
    """The id that the ledger keeps this reconciliation under."""
    return run_name(booked.day, booked.digest)


def by_hand(settings: Settings, ledger: Ledger) -> MatchByHand:
    """What a named person decides about matches."""
    rules, book = reconciler(settings, ledger), LedgerMatchBook(ledger)
    return MatchByHand(book=book, engine=rules.engine, policy=rules.policy, lines=rules.lines, today=_today(settings))


def aliases(settings: Settings, ledger: Ledger) -> Aliases:
    """Whose payers' bank accounts are."""
    room = partial(engine, settings.home / "spill")
    return Aliases(book=LedgerAliasBook(ledger), engine=room, today=_today(settings))


def _today(settings: Settings) -> date:
    return settings.clock().astimezone(settings.time_zone).date()


def book_payments(settings: Settings, ledger: Ledger) -> int:
    """Book what the rules are sure of by now. Returns how many allocations."""
    return reconciler(settings, ledger).book_so_far(_today(settings))


def issue_day(settings: Settings, ledger: Ledger, plan: RunPlan, customers: Sequence[str] = ()) -> Reconciled:
    """Issue the files of a day that is reconciled already; books nothing."""
    return issue(reconciler(settings, ledger).look(plan), day_outputs(settings), customers)


def reconcile(settings: Settings, ledger: Ledger, plan: RunPlan, customers: Sequence[str] = ()) -> Reconciled:
    """Reconcile the plan's day and issue its files. Raises NoLongerLive, NotYetKnown and UnknownCustomer."""
    refuse_unknown(ledger, customers)
    if plan.known_at and moment_text(plan.known_at) > (latest := max(ledger.everything_known(), ledger.now())):
        raise NotYetKnown(f"{moment_text(plan.known_at)} has not come (it is {latest}); known at is now or earlier")
    return issue(reconciler(settings, ledger).reconcile(plan), day_outputs(settings), customers)


def refuse_unknown(ledger: Ledger, customers: Sequence[str]) -> None:
    """A customer id that nothing names is a slip of the key; its page would say that nothing is owed."""
    if not customers:
        return
    named = union(select(tables.customer.c.customer_id), select(tables.receivable.c.customer_id))
    with ledger.reading() as connection:
        known = set(connection.execute(named).scalars())
    if unknown := sorted(set(customers) - known):
        raise UnknownCustomer(f"no customer {unknown[0]!r} is known; use the customer_id of the customers file")


def microsoft_import(settings: Settings, ledger: Ledger) -> MicrosoftImport:
    """What imports Microsoft's charges."""
    return MicrosoftImport(
        reader=ReconReader(spill=settings.lake / "spill"),
        lake=Lake(root=settings.lake),
        book=LedgerVendorBook(ledger),
        term_days=settings.vendor_term_days,
        what_else=partial(what_it_is, settings),
    )


def account_names(settings: Settings) -> AccountNames:
    """What clearing houses call the partner's bank accounts. Raises AccountNamesRefused."""
    return read_account_names(settings.include / "bank" / "accounts.yaml")


def bank_profiles(settings: Settings) -> tuple[BankCsvProfile, ...]:
    """How the partner's banks write their CSV. Raises BankProfileRefused."""
    return load_bank_profiles(settings.include / "banks")


def propose_bank_profile(path: Path, *, account: str, currency: str) -> Proposal:
    """A profile for a bank CSV that none reads yet. Raises BankProfileRefused with what can't be told from it."""
    return propose(path, account=account, currency=currency)


def import_bank(
    ledger: Ledger,
    paths: Iterable[Path],
    names: AccountNames | None = None,
    profiles: Sequence[BankCsvProfile] = (),
    what_else: WhatElse = nothing_else,
) -> list[BankReport]:
    """Import bank files, each by itself: one that is refused holds up no other."""
    book, known = LedgerBankBook(ledger), partial(reader_of, among=readers(names or AccountNames(), profiles))
    return [import_bank_file(path, known, book, what_else) for path in paths]


def what_it_is(settings: Settings, path: Path) -> Elsewhere | None:
    """What a file is, by its content, and which import takes it; None when none does."""
    for recognise in (_as_bank_file, _as_accounting_file, _as_charges):
        with suppress(AccountingRefused, BankFileRefused, ChargesRefused, *REFUSALS):
            return recognise(settings, path)
    return None


def _as_bank_file(settings: Settings, path: Path) -> Elsewhere:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    _, taken_for = reader_of(head, readers(account_names(settings), bank_profiles(settings)))
    return Elsewhere(what=f"a bank file ({taken_for})", command="csp import bank")


def _as_accounting_file(settings: Settings, path: Path) -> Elsewhere:
    reader = accounting_files(settings)
    purpose = reader.recognise(path, reader.identify(path)).purpose
    return Elsewhere(what=f"a file of {purpose}", command=f"csp import {purpose}")


def _as_charges(settings: Settings, path: Path) -> Elsewhere:
    taken_for = ReconReader(spill=settings.lake / "spill").open(path).taken_for
    return Elsewhere(what=f"a file of Microsoft's charges ({taken_for})", command="csp import microsoft")


def accept_statement(ledger: Ledger, statement_id: str, *, by: str, why: str) -> int:
    """Let a held statement count, on a named person's word; returns its booked lines. Raises NoSuchStatement."""
    return LedgerBankBook(ledger).accept(statement_id, by=by, why=why)


def matching_policy(settings: Settings) -> MatchingPolicy:
    """The policy of matching that finance keeps; without the file every rule is automatic and nothing is tolerated."""
    return read_matching_policy(settings.include / "policies" / "matching.yaml")


def bank_line_policy(settings: Settings) -> BankLinePolicy:
    """What finance knows not to be customers' money. Raises BankLinePolicyRefused and AccountNamesRefused."""
    return read_bank_line_policy(settings.include / "policies" / "bank_lines.yaml", account_names(settings))


def match_files(settings: Settings, receivables: Path, payments: Path, out: Path, policy: Path | None) -> MatchReport:
    """Match files without a ledger. Raises FileRefused, and PolicyRefused also for a named policy that is not there."""
    if policy is not None and not policy.is_file():
        raise PolicyRefused(f"{policy}: there is no such policy. Name a YAML file as include/policies/matching.yaml")
    chosen = read_matching_policy(policy) if policy else matching_policy(settings)
    return match_files_step(MatchFiles(receivables=receivables, payments=payments, out=out), chosen)


def collections_policy(settings: Settings, path: Path | None = None) -> CollectionsPolicy:
    """The rules of collecting that finance keeps, or those in `path`. Raises FileFaults with all that is wrong."""
    templates = settings.include / "templates" / "notices"
    return read_collections_policy(path or settings.include / "policies" / "collections.yaml", templates)


def seller(settings: Settings, languages: Sequence[str] = ()) -> Seller:
    """Who writes to customers. Raises FileFaults; whether the example may write is for the gate."""
    return read_seller(settings.include / "policies" / "seller.yaml", languages)


def support_terms(settings: Settings) -> TermsBook:
    """Who supports whom. Raises FileFaults."""
    return read_support_terms(settings.include / "policies" / "support_terms.yaml")
