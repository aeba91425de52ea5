"""Receivables in the ledger: written once, never changed. A number that comes again with other values is a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Table, func, select

from csp_receivables.adapters.ledger.accounting_imports import Stored, import_once, refuse_file
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.tables import customer, receivable, receivable_line, stated_open
from csp_receivables.domain.accounting import AccountingFile, ReceivableBatch
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.money import to_text
from csp_receivables.domain.records import RECEIVABLE, RECEIVABLE_LINE, STATED_OPEN

KEYS_PER_QUERY = 10_000  # below what one statement may bind: 32 766 on SQLite, 65 535 on PostgreSQL
_AMOUNTS = ("amount", "net", "tax")
_CALLED = {"amount": "gross"}  # in a file


@dataclass(frozen=True, slots=True)
class LedgerReceivableBook:
    """The `ReceivableBook` of a ledger."""

    ledger: Ledger

    def import_file(self, file: AccountingFile, batches: Iterable[ReceivableBatch]) -> FileReport:
        """Store what is new, in one transaction; see `ports.ReceivableBook`."""

        def store(writing: Writing, batch: ReceivableBatch) -> Stored:
            return _store(writing, file, batch)

        return import_once(self.ledger, file, batches, store, unknown_customers)

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""
        return refuse_file(self.ledger, file, findings)


def _store(writing: Writing, file: AccountingFile, batch: ReceivableBatch) -> Stored:
    connection, recorded_at = writing.connection, writing.recorded_at
    changed = _changed(connection, file, batch)
    inserted = insert_new(connection, receivable, batch.receivables, file_digest=file.digest, recorded_at=recorded_at)
    lines = _without(batch.lines, [finding.subject for finding in changed])
    insert_new(connection, receivable_line, lines, recorded_at=recorded_at)
    _keep_stated_open(writing, batch.stated_open)
    return Stored(facts=batch.receivables.num_rows, new_facts=inserted, findings=changed)


def _changed(connection: Connection, file: AccountingFile, batch: ReceivableBatch) -> tuple[Finding, ...]:
    """A finding for each receivable that the ledger knows otherwise; the ledger keeps what it has."""
    ids = batch.receivables.column("receivable_id").to_pylist()
    known = {row["receivable_id"]: row for row in _rows_of(connection, receivable, RECEIVABLE, ids)}
    if not known:
        return ()
    known_lines = _by_receivable(_rows_of(connection, receivable_line, RECEIVABLE_LINE, list(known)))
    new_lines = _by_receivable(batch.lines.to_pylist())
    findings = []
    for row in batch.receivables.to_pylist():
        before = known.get(row["receivable_id"])
        if before is None:
            continue
        differing = [name for name in row if row[name] != before[name]]
        if known_lines[row["receivable_id"]] != new_lines[row["receivable_id"]]:
            differing.append("lines")
        if differing:
            findings.append(_changed_finding(file, row, before, differing))
    return tuple(findings)


def _changed_finding(
    file: AccountingFile, row: dict[str, Any], before: dict[str, Any], differing: list[str]
) -> Finding:
    shown = [
        f"{_CALLED.get(name, name)} {_shown(before, name)} in the ledger, {_shown(row, name)} in the file"
        for name in differing
        if name != "lines"
    ]
    lines = ["its lines differ"] if "lines" in differing else []
    return Finding(
        code="receivable.changed",
        severity=Severity.WARNING,
        found=f"{row['number']} is known otherwise: {'; '.join(shown + lines)}",
        remedy="An issued receivable does not change: issue a credit note and a new number. The ledger keeps the first",
        source=file.name,
        field=_CALLED.get(differing[0], differing[0]),
        subject=row["receivable_id"],
        customer_id=before["customer_id"],
        amount=row["amount"],
        currency=row["currency"],
    )


def _shown(receivable: dict[str, Any], name: str) -> str:
    """A value as a person writes it: amounts in major units."""
    value = receivable[name]
    return to_text(value, receivable["currency"]) if name in _AMOUNTS else str(value)


def unknown_customers(connection: Connection) -> Iterator[Finding]:
    """A finding for each customer that receivables name and no customers file does. Their receivables count."""
    named = select(customer.c.customer_id)
    query = (
        select(receivable.c.customer_id, func.count())
        .where(receivable.c.customer_id.not_in(named))
        .group_by(receivable.c.customer_id)
        .order_by(receivable.c.customer_id)
    )
    for customer_id, receivables in connection.execute(query):
        yield Finding(
            code="receivable.unknown_customer",
            severity=Severity.WARNING,
            found=f"{receivables} receivables name customer {customer_id!r}, whom no customers file has named",
            remedy="Import the customers file that has it; the receivables count meanwhile",
            field="customer_id",
            subject=customer_id,
            customer_id=customer_id,
        )


def _keep_stated_open(writing: Writing, rows: pa.Table) -> None:
    """What accounting says is open on a day, where that is news."""
    before: dict[tuple[str, Any], int] = {}
    key = (stated_open.c.receivable_id, stated_open.c.stated_on)
    for some in _parts(rows.column("receivable_id").to_pylist()):
        query = select(*key, stated_open.c.open_amount).where(stated_open.c.receivable_id.in_(some))
        for receivable_id, stated_on, amount in writing.connection.execute(query.order_by(stated_open.c.recorded_at)):
            before[receivable_id, stated_on] = amount
    news = [
        row for row in rows.to_pylist() if before.get((row["receivable_id"], row["stated_on"])) != row["open_amount"]
    ]
    table = pa.Table.from_pylist(news, schema=STATED_OPEN)
    insert_new(writing.connection, stated_open, table, recorded_at=writing.recorded_at)


def _rows_of(connection: Connection, table: Table, schema: pa.Schema, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    columns = [table.c[name] for name in schema.names]
    order = list(table.primary_key.columns)
    for some in _parts(ids):
        query = select(*columns).where(table.c.receivable_id.in_(some)).order_by(*order)
        yield from (dict(row) for row in connection.execute(query).mappings())


def _by_receivable(lines: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        by_id[line["receivable_id"]].append(line)
    return by_id


def _without(lines: pa.Table, ids: Sequence[str]) -> pa.Table:
    """The lines of changed receivables stay out: one that had fewer lines before must not gain some."""
    if not ids:
        return lines
    return lines.filter(pc.invert(pc.is_in(lines.column("receivable_id"), pa.array(ids, pa.string()))))


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), KEYS_PER_QUERY):
        yield keys[start : start + KEYS_PER_QUERY]
