"""The tables of what was asked of Microsoft. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, String, Table

from csp_receivables.adapters.ledger.columns import day, key, maybe, metadata, money, recorded, text

charge_fetch = Table(  # what fetching an invoice's charges came to; the newest row counts
    "charge_fetch",
    metadata,
    key("invoice_id"),  # with `:daily_usage` behind it for the fetch of that
    recorded(key=True),
    *text("outcome", "because", "version", "document"),
)

usage_detail = Table(  # daily usage that explains an invoice's charges and costs nothing itself; the newest row counts
    "usage_detail",
    metadata,
    key("invoice_id"),
    key("version"),
    *text("currency"),
    *money("lines", "pre_tax"),
    *text("charges_path", "file_digest"),
    recorded(),
)

vendor_words = Table(  # what Microsoft says of an invoice besides its charges; the newest row counts
    "vendor_words",
    metadata,
    key("invoice_id"),
    recorded(key=True),
    *text("document_type", "amends", "currency"),
    *maybe(Date, "invoiced_on"),
    *maybe(BigInteger, "total", "paid"),  # minor units; `paid` with the sign it came with
)

vendor_payment = Table(  # money to Microsoft, as a file of the partner's names it
    "vendor_payment",
    metadata,
    key("payment_id"),
    *day("paid_on"),
    *text("currency"),
    *money("amount"),  # positive: what was paid
    *text("invoice_id", "reference", "file_digest"),
    recorded(),
)

invoice_part = Table(  # a part of a legacy invoice that was imported, or that a person says there is not
    "invoice_part",
    metadata,
    key("invoice_id"),
    key("kind"),
    *text("said_by", "why"),  # "": it was imported
    recorded(),
)

subscription = Table(  # a subscription as Microsoft listed it; the newest row counts
    "subscription",
    metadata,
    key("tenant_id"),
    key("subscription_id"),
    recorded(key=True),
    Column("listed", Boolean, nullable=False),  # false: Microsoft no longer lists it
    *text("offer_id", "offer_name", "product_type", "family", "parent_id", "order_id", "status", "suspension_reasons"),
    *money("quantity"),
    *text("unit_type", "billing_type", "billing_cycle", "term_duration"),
    Column("is_trial", Boolean, nullable=False),
    *maybe(Boolean, "auto_renew"),
    *maybe(String, "created_at", "starts_at", "commitment_ends_at", "cancellable_until"),  # UTC, ISO 8601
    *text("scheduled_changes", "etag", "document"),
)
