"""Small worlds of receivables and payments for the tests of matching, and a way to run the ladder over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.matching.ladder import Matched, MatchingPolicy, match
from csp_receivables.domain.records import OPEN_PAYMENT, OPEN_RECEIVABLE

Row = dict[str, Any]


def receivable(receivable_id: str, open_amount: int, **other: Any) -> Row:
    """An open invoice of customer C1 in EUR; its number is what stands behind the slash of its id."""
    return {
        "receivable_id": receivable_id,
        "customer_id": "C1",
        "number": receivable_id.rpartition("/")[2],
        "kind": "invoice",
        "issued_on": date(2026, 9, 1),
        "due_on": date(2026, 10, 1),
        "currency": "EUR",
        "amount": open_amount,
        "open_amount": open_amount,
        "reference": "",
        **other,
    }


def payment(payment_id: str, amount: int, **other: Any) -> Row:
    """A payment in EUR by nobody we know."""
    return {
        "payment_id": payment_id,
        "booked_on": date(2026, 10, 5),
        "currency": "EUR",
        "amount": amount,
        "payer_name": "",
        "payer_account": "",
        "reference": "",
        "text": "",
        "customer_id": "",
        **other,
    }


def run(receivables: Sequence[Row], payments: Sequence[Row], policy: MatchingPolicy | None = None) -> Matched:
    """The ladder over both, in an engine of its own."""
    with duckdb.connect() as connection:
        connection.register("receivables", pa.Table.from_pylist(list(receivables), schema=OPEN_RECEIVABLE))
        connection.register("payments", pa.Table.from_pylist(list(payments), schema=OPEN_PAYMENT))
        return match(connection, "receivables", "payments", policy or MatchingPolicy())


def booked(matched: Matched) -> list[tuple[str, str, int, int, str, str]]:
    """(payment, receivable, amount, difference, rule, outcome) of each allocation, in the order given out."""
    names = ("payment_id", "receivable_id", "amount", "difference", "rule", "outcome")
    return [tuple(row[name] for name in names) for row in matched.allocations.to_pylist()]


def suggested(matched: Matched) -> list[tuple[str, str, int, str]]:
    """(payment, receivable, amount, rule) of each suggestion."""
    return [
        (row["payment_id"], row["receivable_id"], row["amount"], row["rule"]) for row in matched.suggestions.to_pylist()
    ]


def left(matched: Matched) -> dict[str, int]:
    """What is unapplied of each payment."""
    return {row["payment_id"]: row["amount"] for row in matched.unapplied.to_pylist()}
