"""Everything the ledger knows about one day, as known at one moment: what a reconciliation is computed from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.collections.facts import NOTHING_KNOWN, CollectionsFacts
from csp_receivables.domain.payables.words import NOTHING_TOLD, PayableFacts
from csp_receivables.domain.records import (
    ALIAS_WORD,
    ALLOCATION,
    BANK_LINE,
    CUSTOMER,
    CUSTOMER_COST,
    CUSTOMER_TENANT,
    DECLINED,
    EXCHANGE_RATE,
    RECEIVABLE,
    RECEIVABLE_LINE,
    STATED_OPEN,
    VENDOR_INVOICE,
)
from csp_receivables.domain.relations import load

STATEMENT_SEEN = pa.schema(
    [
        pa.field("statement_id", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("from_on", pa.date32()),
        pa.field("until_on", pa.date32()),
        pa.field("opening", pa.int64()),
        pa.field("closing", pa.int64()),
        pa.field("held", pa.bool_(), nullable=False),
    ]
)

SCHEMAS = {
    "customers": CUSTOMER,
    "tenants": CUSTOMER_TENANT,
    "receivables": RECEIVABLE,
    "receivable_lines": RECEIVABLE_LINE,
    "stated_open": STATED_OPEN,
    "payments": BANK_LINE,  # rows that count as money, and pending ones
    "allocations": ALLOCATION,
    "vendor_invoices": VENDOR_INVOICE,
    "customer_costs": CUSTOMER_COST,
    "statements": STATEMENT_SEEN,
    "alias_words": ALIAS_WORD,  # people's latest words, one row for each account and customer
    "declined": DECLINED,
    "exchange_rates": EXCHANGE_RATE,  # of the days that payments may still be exchanged by
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Tables by the names of SCHEMAS: facts effective by `as_of` and recorded by `known_at`."""

    as_of: date
    known_at: str
    customers: pa.Table
    tenants: pa.Table
    receivables: pa.Table
    receivable_lines: pa.Table
    stated_open: pa.Table
    payments: pa.Table
    allocations: pa.Table
    vendor_invoices: pa.Table
    customer_costs: pa.Table
    statements: pa.Table
    alias_words: pa.Table
    declined: pa.Table
    exchange_rates: pa.Table
    findings: pa.Table  # FINDING: what the imports of the last days found
    collections: CollectionsFacts = NOTHING_KNOWN
    payables: PayableFacts = NOTHING_TOLD

    def with_allocations(self, booked: pa.Table) -> Facts:
        """The same facts once `booked` (ALLOCATION) has been added."""
        return replace(self, allocations=pa.concat_tables([self.allocations, booked]))

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make every table a temporary table of that name in `connection`; it is asked a dozen times."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, pa.Table):
                load(connection, field.name, value)
