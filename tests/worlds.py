"""Small made-up worlds of facts: only what a test cares about is named, the rest has a plain default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.facts import SCHEMAS, Facts
from csp_receivables.domain.findings import FINDING
from tests.one_duckdb import rules_room

AS_OF = date(2026, 10, 31)
KNOWN = "2026-11-01T05:00:00.000000Z"
ZEROES = {pa.string(): "", pa.int64(): 0, pa.bool_(): False}


def rows(name: str, given: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows of the table `name`; columns that are not given are empty."""
    schema = SCHEMAS[name]
    defaults = {field.name: None if field.nullable else ZEROES.get(field.type) for field in schema}
    unknown = {key for row in given for key in row} - set(defaults)
    assert not unknown, f"{name} has no columns {unknown}"
    return pa.Table.from_pylist([{**defaults, **row} for row in given], schema=schema)


def customer(customer_id: str, **other: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "name": f"{customer_id} AB", "country": "SE", **other}


def receivable(number: str, customer_id: str, net: int, tax: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "receivable_id": f"partner/{number}",
        "seller": "partner",
        "number": number,
        "kind": "invoice",
        "customer_id": customer_id,
        "issued_on": date(2026, 9, 10),
        "due_on": date(2026, 10, 10),
        "currency": "SEK",
        "amount": net + tax,
        "net": net,
        "tax": tax,
        **other,
    }


def line(number: str, line_no: int, net: int, tax: int = 0, vendor_invoice: str = "", **other: Any) -> dict[str, Any]:
    return {
        "receivable_id": f"partner/{number}",
        "line_no": line_no,
        "net": net,
        "tax": tax,
        "vendor_invoice": vendor_invoice,
        **other,
    }


def payment(payment_id: str, amount: int, **other: Any) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "entry_id": payment_id,
        "family": "camt.053",
        "account": "SE4550000000058398257466",
        "booked_on": date(2026, 10, 15),
        "currency": "SEK",
        "amount": amount,
        "status": "booked",
        "kind": "payment" if amount > 0 else "other",
        **other,
    }


def vendor_invoice(invoice_id: str, pre_tax: int, **other: Any) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "version": "1",
        "currency": "SEK",
        "invoiced_on": date(2026, 9, 8),
        "due_on": date(2026, 11, 7),
        "period_from": date(2026, 8, 1),
        "period_until": date(2026, 8, 31),
        "pre_tax": pre_tax,
        "total": pre_tax,
        "released": True,
        **other,
    }


def cost(invoice_id: str, tenant_id: str, pre_tax: int, **other: Any) -> dict[str, Any]:
    tenant = {"tenant_id": tenant_id, "tenant_name": f"tenant {tenant_id}"}
    return {"invoice_id": invoice_id, "currency": "SEK", "pre_tax": pre_tax, **tenant, **other}


def world(as_of: date = AS_OF, **tables: Sequence[dict[str, Any]]) -> Facts:
    """Facts from rows by table name: `world(customers=[customer("A")], receivables=[…])`."""
    built = {name: rows(name, tables.pop(name, ())) for name in SCHEMAS}
    assert not tables, f"no such tables: {sorted(tables)}"
    return Facts(as_of=as_of, known_at=KNOWN, findings=FINDING.empty_table(), **built)


@contextmanager
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine's room for the rules alone."""
    with rules_room() as connection:
        yield connection
