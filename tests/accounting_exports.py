"""Accounting exports for tests: rows by field name, written as a file would hold them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.accounting import CUSTOMER_FIELDS, HEADER_FIELDS, LINE_FIELDS, OPEN_FIELDS, SELLER_FIELDS

RECEIVABLE_FIELDS = (*SELLER_FIELDS, *HEADER_FIELDS, *OPEN_FIELDS, *LINE_FIELDS)
TENANT = "11111111-2222-3333-4444-555555555555"
OTHER_TENANT = "99999999-2222-3333-4444-555555555555"
INVOICE = {
    "number": "1001",
    "kind": "invoice",
    "customer_id": "C1",
    "issued_on": "2026-10-01",
    "due_on": "2026-10-31",
    "currency": "SEK",
    "net": "100.00",
    "tax": "25.00",
    "gross": "125.00",
    "reference": "10017",
}
CUSTOMER = {"customer_id": "C1", "name": "Contoso AB", "country": "SE", "tenants": TENANT}


def invoice(**fields: str) -> dict[str, str]:
    """One row of a good receivable, with `fields` instead of its own."""
    return {**INVOICE, **fields}


def customer(**fields: str) -> dict[str, str]:
    """One row of a good customer, with `fields` instead of its own."""
    return {**CUSTOMER, **fields}


def text_of(rows: Sequence[Mapping[str, str]], columns: Sequence[str], line_end: str = "\n") -> str:
    """The rows as CSV text under a header of `columns`."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def receivables_file(folder: Path, *rows: Mapping[str, str], name: str = "receivables.csv") -> Path:
    """A canonical receivables file."""
    path = folder / name
    path.write_text(text_of(rows, RECEIVABLE_FIELDS), encoding="utf-8")
    return path


def customers_file(folder: Path, *rows: Mapping[str, str], name: str = "customers.csv") -> Path:
    """A canonical customers file."""
    path = folder / name
    path.write_text(text_of(rows, CUSTOMER_FIELDS), encoding="utf-8")
    return path


def rows_of(ledger: Ledger, table: Table, *without: str) -> list[dict[str, Any]]:
    """All rows of a table in the order of its key, less the columns named in `without`."""
    columns = [column for column in table.c if column.name not in without]
    with ledger.reading() as connection:
        query = select(*columns).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]


BOOKS = (
    tables.customer,
    tables.customer_tenant,
    tables.contact,
    tables.receivable,
    tables.receivable_line,
    tables.stated_open,
    tables.finding,
)


def content(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """What the books hold, whenever and from whichever file it was learnt."""
    apart = ("recorded_at", "file_digest")
    return {
        table.name: sorted((tuple(row.values()) for row in rows_of(ledger, table, *apart)), key=repr) for table in BOOKS
    }
