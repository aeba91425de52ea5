"""What Microsoft says of its invoices, as the ledger keeps it: a row is added when the words are new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.microsoft_tables import vendor_words
from csp_receivables.domain.payables.words import VendorWords


def keep_words(writing: Writing, words: Iterable[VendorWords]) -> None:
    """Add the words that differ from the latest ones. What a file does not say of a payment, it does not take back."""
    latest = {one.invoice_id: one for one in latest_words(writing.connection)}
    rows = {}
    for each in words:
        known = latest.get(each.invoice_id)
        row = asdict(each)
        if known and each.paid is None:
            row["paid"] = known.paid
        if known is None or row != asdict(known):
            rows[each.invoice_id] = row | {"recorded_at": writing.recorded_at}
    if rows:
        writing.connection.execute(insert(vendor_words), list(rows.values()))


def latest_words(connection: Connection, known_at: str = "") -> tuple[VendorWords, ...]:
    """The latest words on each invoice, of those recorded by `known_at` where it is given, in the order of ids."""
    query = select(vendor_words).order_by(vendor_words.c.invoice_id, vendor_words.c.recorded_at)
    rows = connection.execute(query.where(vendor_words.c.recorded_at <= known_at) if known_at else query).mappings()
    newest = {row["invoice_id"]: row for row in rows}
    names = VendorWords.__dataclass_fields__
    return tuple(VendorWords(**{name: row[name] for name in names}) for row in newest.values())
