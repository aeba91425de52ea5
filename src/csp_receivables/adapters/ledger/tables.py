"""The ledger's tables. Columns that rules see carry the names of `domain.records`.

`recorded_at` is when we learnt a fact: UTC, ISO 8601 with microseconds, as text, so that it sorts and compares the same
on SQLite and PostgreSQL. Facts are never updated; what ends them is another row.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Table

from csp_receivables.adapters.ledger import access_tables as access_tables  # noqa: PLC0414 - its tables belong here too
from csp_receivables.adapters.ledger import collections_tables as collections_tables  # noqa: PLC0414 - the same
from csp_receivables.adapters.ledger import columns
from csp_receivables.adapters.ledger import escalation_tables as escalation_tables  # noqa: PLC0414 - the same
from csp_receivables.adapters.ledger import microsoft_tables as microsoft_tables  # noqa: PLC0414 - the same
from csp_receivables.adapters.ledger import money_tables as money_tables  # noqa: PLC0414 - the same
from csp_receivables.adapters.ledger import outbox_tables as outbox_tables  # noqa: PLC0414 - its tables belong here too
from csp_receivables.adapters.ledger import support_tables as support_tables  # noqa: PLC0414 - the same
from csp_receivables.adapters.ledger.columns import day as _day
from csp_receivables.adapters.ledger.columns import key as _key
from csp_receivables.adapters.ledger.columns import maybe as _maybe
from csp_receivables.adapters.ledger.columns import money as _money
from csp_receivables.adapters.ledger.columns import recorded as _recorded
from csp_receivables.adapters.ledger.columns import text as _text

metadata = columns.metadata

ledger_mark = Table(
    "ledger_mark",
    metadata,
    _key("mark", Integer),
    *_text("kind", "environment", "created_at", "last_recorded_at"),
    CheckConstraint("mark = 1", name="one_row"),
    CheckConstraint("kind IN ('demo', 'real')", name="kind"),
)

imported_file = Table(
    "imported_file",
    metadata,
    _key("digest"),  # SHA-256 of the bytes as they came
    *_text("purpose", "name", "outcome", "because"),
    *_money("bytes", "facts", "findings"),
    _recorded(),
)

finding = Table(
    "finding",
    metadata,
    _key("finding_id"),
    *_text("code", "severity", "found", "remedy", "source", "field", "subject", "customer_id", "currency"),
    *_maybe(BigInteger, "line", "amount"),
    *_text("file_digest"),
    _recorded(),
)

statement = Table(
    "statement",
    metadata,
    _key("statement_id"),
    *_text("file_digest", "statement_key", "family", "account", "currency", "number", "state"),
    *_money("ordinal", "entries", "details"),
    *_maybe(BigInteger, "opening", "closing", "credits", "debits"),  # null: the file has none, or not whole units
    *_maybe(Date, "from_on", "until_on"),
    *_maybe(Boolean, "reconciles"),
    _recorded(),
    CheckConstraint("state IN ('accepted', 'held')", name="state"),
    Index(None, "account", "until_on"),
)

statement_acceptance = Table(
    "statement_acceptance", metadata, _key("statement_id"), *_text("accepted_by", "why"), _recorded()
)

payment = Table(
    "payment",
    metadata,
    _key("payment_id"),
    _key("family"),
    *_text("entry_id", "statement_id"),
    *_money("entry_no", "detail_no"),
    *_text("account"),
    *_day("booked_on"),
    *_maybe(Date, "value_on"),
    *_text("currency"),
    *_money("amount"),
    *_text("status", "kind", "bank_ref", "end_to_end", "payer_name", "payer_account", "reference", "text"),
    *_text("instructed_currency"),
    Column("instructed_amount", BigInteger, nullable=False, server_default="0"),
    Column("counts", Boolean, nullable=False),  # is this row money, as first judged; payment_state has later words
    _recorded(),
    Index(None, "account", "booked_on"),
)

payment_state = Table(
    "payment_state",
    metadata,
    _key("payment_id"),
    _key("family"),
    _recorded(key=True),
    Column("counts", Boolean, nullable=False),
    *_text("because"),
)

payment_sighting = Table(  # a payment that another statement had told of before: both vouch for it
    "payment_sighting", metadata, _key("payment_id"), _key("family"), _key("statement_id"), _recorded()
)

customer = Table(
    "customer",
    metadata,
    _key("customer_id"),
    _recorded(key=True),
    *_text("name", "org_number", "country", "language", "party_kind"),
)

customer_tenant = Table(
    "customer_tenant",
    metadata,
    _key("tenant_id"),
    _key("customer_id"),
    _recorded(key=True),
    Column("mapped", Boolean, nullable=False),  # false ends the mapping
)

contact = Table("contact", metadata, _key("customer_id"), _key("email"), *_text("name", "role"), _recorded())

erased_contact = Table(  # a contact that files may still carry after its erasure: salted digests, no address
    "erased_contact", metadata, _key("customer_id"), _key("digest"), *_text("salt"), _recorded()
)

contact_erasure = Table(
    "contact_erasure",
    metadata,
    _key("customer_id"),
    _recorded(key=True),
    *_text("erased_by", "why"),
    *_money("contacts"),
)

receivable = Table(
    "receivable",
    metadata,
    _key("receivable_id"),
    *_text("seller", "number", "kind", "customer_id"),
    *_day("issued_on", "due_on"),
    *_text("currency"),
    *_money("amount", "net", "tax"),
    *_text("reference", "credits_number", "file_digest"),
    _recorded(),
    CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
    CheckConstraint("amount = net + tax", name="gross_is_net_and_tax"),
    CheckConstraint("amount >= 0", name="positive"),
    Index(None, "customer_id"),
)

receivable_line = Table(
    "receivable_line",
    metadata,
    _key("receivable_id"),
    _key("line_no", Integer),
    *_text("description"),
    *_money("net"),
    *_text("tax_rate"),
    *_money("tax"),
    *_text("vendor_invoice", "subscription_id"),
    *_maybe(Date, "service_from", "service_until"),
    _recorded(),
)

stated_open = Table(
    "stated_open", metadata, _key("receivable_id"), _key("stated_on", Date), _recorded(key=True), *_money("open_amount")
)

vendor_invoice = Table(
    "vendor_invoice",
    metadata,
    _key("invoice_id"),
    _key("version"),
    *_text("currency"),
    *_day("invoiced_on", "due_on", "period_from", "period_until"),
    *_money("lines", "pre_tax", "tax", "total"),
    *_maybe(BigInteger, "stated_total"),
    *_text("tie_out"),
    Column("released", Boolean, nullable=False),
    *_text("charges_path", "file_digest"),
    _recorded(),
)

customer_cost = Table(
    "customer_cost",
    metadata,
    _key("invoice_id"),
    _key("version"),
    _key("tenant_id"),
    _key("currency"),
    *_text("tenant_name"),
    *_money("lines", "pre_tax", "tax"),
    _recorded(),
)

allocation = Table(
    "allocation",
    metadata,
    _key("allocation_id"),
    *_text("source_kind", "source_id", "receivable_id"),
    *_money("amount", "difference"),
    *_text("currency", "rule", "outcome", "because"),
    *_day("effective_on"),
    *_text("reverses", "run_id"),
    _recorded(),
    CheckConstraint("source_kind IN ('payment', 'credit_note', 'exchange', 'write_off')", name="source_kind"),
    Index(None, "receivable_id"),
    Index(None, "source_id"),
)

alias_word = Table(  # what a person says of a payer's bank account; the latest word on an account and customer counts
    "alias_word",
    metadata,
    _key("payer_account"),
    _key("customer_id"),
    _recorded(key=True),
    *_text("word", "said_by", "why"),
    CheckConstraint("word IN ('known', 'shared', 'forgotten')", name="word"),
)

declined_match = Table(  # a suggestion that a person rejected, or an allocation that they took back
    "declined_match",
    metadata,
    _key("payment_id"),
    _key("receivable_id"),
    _key("rule"),
    _recorded(),
    *_text("declined_by", "why"),
)

exchange_rate = Table(  # units of `quote` for one of `base`, as its source published it for a day
    "exchange_rate",
    metadata,
    _key("source"),
    _key("rated_on", Date),
    _key("base"),
    _key("quote"),
    _recorded(key=True),
    *_text("rate"),  # exact decimal text
)

reconciliation_run = Table(
    "reconciliation_run",
    metadata,
    _key("run_id"),
    *_text("mode"),
    *_day("as_of"),
    *_text("known_at", "content_digest"),
    *_money("allocations_booked"),
    Column("issued", Boolean, nullable=False),
    _recorded(),
    CheckConstraint("mode IN ('live', 'historical')", name="mode"),
)

daily_standing = Table(
    "daily_standing",
    metadata,
    _key("run_id"),
    _key("customer_id"),
    _key("currency"),
    *_text("customer_name"),
    *_money("open", "not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "overdue"),
    *_money("unapplied", "credit_left"),
    *_maybe(Date, "oldest_due_on"),
    *_money("days_overdue"),
    *_text("bucket"),
    _recorded(),
)
