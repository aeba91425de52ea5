"""The tables of what was asked of Microsoft. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table

from csp_receivables.adapters.ledger.columns import key, maybe, metadata, money, recorded, text

charge_fetch = Table(  # what fetching an invoice's charges came to; the newest row counts
    "charge_fetch",
    metadata,
    key("invoice_id"),
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
