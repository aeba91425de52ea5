"""kill -9 in the middle of a bank import: the ledger is consistent, and the next run completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.imports import Outcome
from tests.camt_files import Entry, camt

ENTRIES = 2_500
IMPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from csp_receivables.adapters.bank_files import camt, reader_of
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.bank import LedgerBankBook
from csp_receivables.steps.import_bank import import_bank_file

camt.LINES_PER_BATCH = 1_000
url, path, fifo = sys.argv[1:]

class Blocking:  # reads on until two batches lie in the open transaction, then waits on a FIFO that nobody writes to
    def __init__(self, reader): self.reader = reader
    def read(self, stream, **how):
        for place, part in enumerate(self.reader.read(stream, **how)):
            yield part
            if place == 1:
                Path(fifo).write_text("stored")
                open(fifo).read()

def blocking_reader_of(head):
    reader, taken_for = reader_of(head)
    return Blocking(reader), taken_for

ledger = Ledger.open(url, lambda: datetime(2026, 11, 1, 12, tzinfo=UTC))
import_bank_file(Path(path), blocking_reader_of, LedgerBankBook(ledger))
"""


def test_a_killed_import_leaves_nothing_and_the_next_run_completes_it(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    path, fifo = tmp_path / "statement.xml", tmp_path / "fifo"
    path.write_bytes(camt([Entry(amount="2.00", ref=f"R{n}") for n in range(ENTRIES)]))
    os.mkfifo(fifo)

    with subprocess.Popen([sys.executable, "-c", IMPORT, ledger_url, str(path), str(fifo)]) as process:
        assert fifo.read_text() == "stored"  # waits until the import is in the middle
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    left = [_count(ledger, table) for table in (tables.payment, tables.statement, tables.imported_file, tables.finding)]
    report = wiring.import_bank(ledger, [path])[0]

    assert left == [0, 0, 0, 0]
    assert (report.file.outcome, report.file.new_facts) == (Outcome.IMPORTED, ENTRIES)
    assert _count(ledger, tables.payment) == ENTRIES
    assert wiring.import_bank(ledger, [path])[0].file.outcome is Outcome.ALREADY_KNOWN


def _count(ledger: Ledger, table: object) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]
