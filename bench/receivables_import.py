"""Importing 200,000 receivable lines into SQLite: our import against one scan of the CSV and executemany of the rows.

    python -m bench.receivables_import

The floor reads every field of the file with Python's csv module, and writes the rows that come of it, made before its
clock starts, into the migrated tables with their keys and indexes, in one transaction that is committed.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
import sys
import tempfile
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.ledger_load import migrated, plain, read_arrow
from bench.measure import Budget, measure_pair, merged, report
from csp_receivables.adapters.accounting_files import AccountingFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.domain.accounting import CUSTOMER_FIELDS, HEADER_FIELDS, LINE_FIELDS
from csp_receivables.steps.import_accounting import import_customers, import_receivables

LINES = 200_000
CUSTOMERS = 20_000
ROUNDS = 3
_LINES_OF_EACH = (1, 1, 2, 4)  # most receivables are of one subscription or two
_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_SELLER = "bench"
_NO_PROFILES = Path("no-profiles")


def write_file(path: Path, lines: int = LINES) -> None:
    """A made-up canonical file of `lines` rows; the rows of a receivable stand side by side."""
    first, number, left = date(2026, 1, 1), 0, lines
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER_FIELDS, *LINE_FIELDS])
        while left:
            number += 1
            count = min(_LINES_OF_EACH[number % len(_LINES_OF_EACH)], left)
            left -= count
            writer.writerows(_receivable(number, first + timedelta(days=number % 300), count))


def write_customers(path: Path) -> None:
    """The customers that the receivables name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CUSTOMER_FIELDS)
        writer.writerows((f"C{n:06d}", f"Kund {n} AB", "", "SE", "sv", "company", "", "") for n in range(CUSTOMERS))


def our_import(url: str, path: str) -> int:
    """`csp import receivables`, without the interpreter's start."""
    ledger = Ledger.open(url, lambda: _NOW)
    done = import_receivables(Path(path), _reader(), LedgerReceivableBook(ledger))
    assert not done.findings, done.findings[:3]
    return done.new_facts


def csv_and_executemany(url: str, path: str, receivables: str, lines: str) -> int:
    """The floor: every field of the file given to Python, then the rows into their tables."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        fields = sum(len(row) for row in csv.reader(file))
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    _insert(connection, "receivable", receivables, {"file_digest": "d" * 64, "recorded_at": "2026"})
    _insert(connection, "receivable_line", lines, {"recorded_at": "2026"})
    connection.execute("COMMIT")
    return fields


def _insert(connection: sqlite3.Connection, table: str, path: str, same: dict[str, str]) -> None:
    for batch in read_arrow(path):
        names = [*batch.schema.names, *same]
        columns = [plain(column) for column in batch.columns] + [[value] * batch.num_rows for value in same.values()]
        insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        connection.executemany(insert, list(zip(*columns, strict=True)))


def _reader() -> AccountingFiles:
    return AccountingFiles.with_profiles(_NO_PROFILES, _SELLER)


def _receivable(number: int, issued: date, count: int) -> list[list[Any]]:
    """The rows of one: SEK with 25 per cent VAT."""
    nets = [10_000 + (number * 37 + line * 1_009) % 900_000 // 4 * 4 for line in range(count)]
    net, tax = sum(nets), sum(nets) // 4
    due = issued + timedelta(days=30)
    whole = [f"INV-{number:07d}", "invoice", f"C{number % CUSTOMERS:06d}", issued, due, "SEK"]
    whole += [_text(net), _text(tax), _text(net + tax), f"{number:09d}", ""]
    month = issued.replace(day=1)
    return [
        [*whole, f"Licences, line {line + 1}", _text(each), 25, _text(each // 4), f"G{month:%y%m}00001",
         f"sub-{number % CUSTOMERS}-{line}", month, month + timedelta(days=27)]
        for line, each in enumerate(nets)
    ]  # fmt: skip


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _as_arrow(path: Path, folder: Path) -> tuple[str, str]:
    """What our reader makes of the file, for the floor to write."""
    batches = list(_reader().receivables(path))
    kept = {
        "receivables": pa.concat_tables([batch.receivables for batch in batches]),
        "lines": pa.concat_tables([batch.lines for batch in batches]),
    }
    for name, table in kept.items():
        with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    return str(folder / "receivables"), str(folder / "lines")


def _new_ledger(folder: Path, customers: Path) -> str:
    url = migrated(f"sqlite:///{folder / uuid.uuid4().hex}.db")
    ledger = Ledger.open(url, lambda: _NOW)
    import_customers(customers, _reader(), LedgerCustomerBook(ledger))
    ledger.engine.dispose()
    return url


def main() -> bool:
    """Measure both, print, and tell whether the import keeps its budget."""
    folder = Path(tempfile.mkdtemp())
    try:
        file, customers = folder / "receivables.csv", folder / "customers.csv"
        write_file(file)
        write_customers(customers)
        rows = _as_arrow(file, folder)
        rounds = [
            measure_pair(
                ("bench.receivables_import:csv_and_executemany", _new_ledger(folder, customers), str(file), *rows),
                ("bench.receivables_import:our_import", _new_ledger(folder, customers), str(file)),
                rounds=1,
            )
            for _ in range(ROUNDS)
        ]
        floors, ours = merged([pair[0] for pair in rounds]), merged([pair[1] for pair in rounds])
        return report("receivables_import", floors, ours, Budget(ratio=3.0, peak_mb=400), lines=LINES)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
