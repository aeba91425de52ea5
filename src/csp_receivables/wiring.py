"""The one place that plugs adapters into steps."""

from __future__ import annotations

from pathlib import Path

from csp_receivables.adapters.accounting_files import AccountingFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.adapters.ledger.schema import upgrade
from csp_receivables.domain.imports import FileReport
from csp_receivables.settings import Settings
from csp_receivables.steps import import_accounting as accounting


def open_ledger(settings: Settings, kind: str | None = None) -> Ledger:
    """The ledger, made and migrated on first use. A new one is marked `kind`, or `real` when nothing is asked for.

    Raises LedgerRefused when `kind` is asked for and the ledger is of the other one.
    """
    make_home(settings)
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    upgrade(ledger)
    ledger.mark(kind or ledger.kind() or "real", settings.environment)
    return ledger


def make_home(settings: Settings) -> None:
    """The folders under CSP_HOME, readable by their owner only: they hold what customers paid."""
    for folder in ("", "inbox/microsoft", "inbox/bank", "inbox/accounting", "archive", "set_aside", "lake", "outputs"):
        (settings.home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)


def accounting_files(settings: Settings) -> AccountingFiles:
    """The reader of accounting files, with the column profiles of this partner. Raises BadProfile."""
    return AccountingFiles.with_profiles(settings.include / "accounting", settings.seller)


def import_customers(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import one customers file."""
    return accounting.import_customers(path, accounting_files(settings), LedgerCustomerBook(ledger))


def import_receivables(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import one receivables file."""
    return accounting.import_receivables(path, accounting_files(settings), LedgerReceivableBook(ledger))
