"""kill -9 in the middle of a bank import: the ledger is consistent, and the next run completes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.bank_files import camt as camt_reader
from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bank import LedgerBankBook
from csp_receivables.domain.imports import Outcome
from csp_receivables.steps.import_bank import import_bank_file
from tests.camt_files import Entry, camt
from tests.conftest import StandingClock
from tests.forks import KILLED, die, forked

ENTRIES = 2_500
BATCH = 1_000


class Dying:
    """A reader whose process dies when two batches lie in the open transaction."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def read(self, stream: Any, **how: Any) -> Iterator[Any]:
        for place, part in enumerate(self.reader.read(stream, **how)):
            yield part
            if place == 1:
                die()


def dying_reader_of(head: bytes) -> Any:
    reader, taken_for = reader_of(head)
    return Dying(reader), taken_for


def test_a_killed_import_leaves_nothing_and_the_next_run_completes_it(
    ledger: Ledger, ledger_url: str, tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "statement.xml"
    path.write_bytes(camt([Entry(amount="2.00", ref=f"R{n}") for n in range(ENTRIES)]))
    monkeypatch.setattr(camt_reader, "LINES_PER_BATCH", BATCH)

    def import_and_die() -> None:
        import_bank_file(path, dying_reader_of, LedgerBankBook(Ledger.open(ledger_url, clock)))

    assert forked(import_and_die, ledger) == KILLED
    left = [_count(ledger, table) for table in (tables.payment, tables.statement, tables.imported_file, tables.finding)]
    report = wiring.import_bank(ledger, [path])[0]

    assert left == [0, 0, 0, 0]
    assert (report.file.outcome, report.file.new_facts) == (Outcome.IMPORTED, ENTRIES)
    assert _count(ledger, tables.payment) == ENTRIES
    assert wiring.import_bank(ledger, [path])[0].file.outcome is Outcome.ALREADY_KNOWN


def _count(ledger: Ledger, table: object) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]
