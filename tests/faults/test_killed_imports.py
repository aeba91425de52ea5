"""kill -9 in the middle of an import or of taking the inbox: the ledger is consistent, and the next run completes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS
from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.adapters.inbox import FolderInbox
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.steps.import_accounting import import_accounting
from csp_receivables.steps.take_inbox import take_inbox
from tests.accounting_exports import invoice, receivables_file, rows_of

READER = AccountingFiles(CANONICAL_FORMS, seller="partner")
ROWS = 50
PRELUDE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from csp_receivables.adapters.accounting_files import receivables
from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS
from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.adapters.inbox import FolderInbox
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.steps.import_accounting import import_accounting
from csp_receivables.steps.take_inbox import take_inbox

receivables.LINES_PER_BATCH = 10
reader = AccountingFiles(CANONICAL_FORMS, seller="partner")
ledger = Ledger.open(sys.argv[1], lambda: datetime.now(UTC))
path = Path(sys.argv[2])
book = LedgerReceivableBook(ledger)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def importer(path):
    return import_accounting(path, reader, LedgerCustomerBook(ledger), book)

def take(import_file, inbox):
    return take_inbox("accounting", inbox, import_file, lambda _: 0)
"""
IN_THE_MIDDLE_OF_A_FILE = """
def dying(batches):
    for number, batch in enumerate(batches):
        if number == 3:
            die()
        yield batch

book.import_file(reader.recognise(path, reader.identify(path)), dying(reader.receivables(path)))
"""
BETWEEN_IMPORT_AND_ARCHIVE = """
def import_and_die(path):
    importer(path)
    die()

take(import_and_die, FolderInbox(home=path.parents[2], pause=lambda: None, month=lambda: "2026-11"))
"""
WHILE_ARCHIVING = """
def month():
    die()

take(importer, FolderInbox(home=path.parents[2], pause=lambda: None, month=month))
"""


def killed(script: str, ledger_url: str, path: Path) -> None:
    """Runs the script in a process of its own, which must end by SIGKILL."""
    command = [sys.executable, "-c", PRELUDE + script, ledger_url, str(path)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr


def put_file(folder: Path) -> Path:
    home = folder / "home" / "inbox" / "accounting"
    home.mkdir(parents=True)
    return receivables_file(home, *(invoice(number=str(number)) for number in range(ROWS)))


def take(ledger: Ledger, path: Path) -> FileReport:
    return import_accounting(path, READER, LedgerCustomerBook(ledger), LedgerReceivableBook(ledger))


def test_a_killed_import_leaves_nothing_and_the_next_completes(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    path = put_file(tmp_path)

    killed(IN_THE_MIDDLE_OF_A_FILE, ledger_url, path)

    assert [rows_of(ledger, table) for table in (tables.receivable, tables.receivable_line, tables.imported_file)] == [
        [],
        [],
        [],
    ]
    report = take(ledger, path)
    assert (report.outcome, report.new_facts) == (Outcome.IMPORTED, ROWS)
    assert len(rows_of(ledger, tables.receivable_line)) == ROWS


@pytest.mark.parametrize("script", [BETWEEN_IMPORT_AND_ARCHIVE, WHILE_ARCHIVING], ids=["before archive", "in archive"])
def test_a_killed_inbox_is_completed_by_the_next_run(
    ledger: Ledger, ledger_url: str, tmp_path: Path, script: str
) -> None:
    path = put_file(tmp_path)

    killed(script, ledger_url, path)

    assert path.exists()
    assert len(rows_of(ledger, tables.receivable)) == ROWS
    inbox = FolderInbox(home=tmp_path / "home", pause=lambda: None, month=lambda: "2026-11")
    [report] = take_inbox("accounting", inbox, lambda path: take(ledger, path), lambda _: 0)
    assert report.outcome is Outcome.ALREADY_KNOWN
    assert not path.exists()
    assert len(list((tmp_path / "home/archive/accounting/2026-11").iterdir())) == 1
    assert len(rows_of(ledger, tables.receivable)) == ROWS
