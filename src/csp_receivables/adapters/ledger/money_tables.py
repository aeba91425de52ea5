"""The tables of receivables that we raise ourselves. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import Integer, Table, UniqueConstraint

from csp_receivables.adapters.ledger.columns import key, metadata, money, recorded, text

raised_receivable = (
    Table(  # a receivable that was raised from a vendor invoice's charges; its number has no gap before it
        "raised_receivable",
        metadata,
        key("receivable_id"),
        *text("series"),
        *money("number"),
        *text("vendor_invoice", "version", "customer_id", "currency", "price_book", "raised_by"),
        recorded(),
        UniqueConstraint("series", "number"),
    )
)

raised_line = Table(  # which charges a line of it bills, and what they cost
    "raised_line",
    metadata,
    key("receivable_id"),
    key("line_no", Integer),
    *text("line_key", "rule"),
    *money("cost"),
    recorded(),
)
