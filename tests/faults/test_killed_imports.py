"""kill -9 in the middle of an import or of taking the inbox: the ledger is consistent, and the next run completes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.accounting_files import receivables
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
from tests.conftest import StandingClock
from tests.forks import KILLED, die, forked

READER = AccountingFiles(CANONICAL_FORMS, seller="partner")
ROWS = 50


def dying(batches: Iterable[Any]) -> Iterator[Any]:
    """Some batches lie in the open transaction."""
    for number, batch in enumerate(batches):
        if number == 3:
            die()
        yield batch


def put_file(folder: Path) -> Path:
    home = folder / "home" / "inbox" / "accounting"
    home.mkdir(parents=True)
    return receivables_file(home, *(invoice(number=str(number)) for number in range(ROWS)))


def take(ledger: Ledger, path: Path) -> FileReport:
    return import_accounting(path, READER, LedgerCustomerBook(ledger), LedgerReceivableBook(ledger))


def inbox(folder: Path, month: Callable[[], str] = lambda: "2026-11") -> FolderInbox:
    return FolderInbox(home=folder / "home", pause=lambda: None, month=month)


def test_a_killed_import_leaves_nothing_and_the_next_completes(
    ledger: Ledger, ledger_url: str, tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_file(tmp_path)
    monkeypatch.setattr(receivables, "LINES_PER_BATCH", 10)

    def import_and_die() -> None:
        book = LedgerReceivableBook(Ledger.open(ledger_url, clock))
        book.import_file(READER.recognise(path, READER.identify(path)), dying(READER.receivables(path)))

    assert forked(import_and_die, ledger) == KILLED

    assert [rows_of(ledger, table) for table in (tables.receivable, tables.receivable_line, tables.imported_file)] == [
        [],
        [],
        [],
    ]
    report = take(ledger, path)
    assert (report.outcome, report.new_facts) == (Outcome.IMPORTED, ROWS)
    assert len(rows_of(ledger, tables.receivable_line)) == ROWS


@pytest.mark.parametrize("archives", [False, True], ids=["before archive", "in archive"])
def test_a_killed_inbox_is_completed_by_the_next_run(
    ledger: Ledger, ledger_url: str, tmp_path: Path, clock: StandingClock, archives: bool
) -> None:
    path = put_file(tmp_path)

    def take_and_die() -> None:
        own = Ledger.open(ledger_url, clock)

        def import_file(path: Path) -> FileReport:
            report = take(own, path)
            return report if archives else die()

        take_inbox("accounting", inbox(tmp_path, month=die), import_file, lambda _: 0)

    assert forked(take_and_die, ledger) == KILLED

    assert path.exists()
    assert len(rows_of(ledger, tables.receivable)) == ROWS
    [report] = take_inbox("accounting", inbox(tmp_path), lambda path: take(ledger, path), lambda _: 0)
    assert report.outcome is Outcome.ALREADY_KNOWN
    assert not path.exists()
    assert len(list((tmp_path / "home/archive/accounting/2026-11").iterdir())) == 1
    assert len(rows_of(ledger, tables.receivable)) == ROWS
