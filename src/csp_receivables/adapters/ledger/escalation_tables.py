"""The tables of escalation: reports, debts handed over, write-offs. `tables` carries it with all others."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table

from csp_receivables.adapters.ledger.columns import day, key, metadata, recorded, text
from csp_receivables.domain.escalation.items import ReportKind

escalation_report = Table(  # a report as it was compiled; the live ones of a kind follow on each other
    "escalation_report",
    metadata,
    key("run_id"),
    *text("kind", "mode"),
    *day("as_of"),
    *text("known_at", "content_digest", "document"),  # document: JSON, everything that the report says
    recorded(),
    CheckConstraint("mode IN ('live', 'historical')", name="mode"),
    CheckConstraint(f"kind IN ({', '.join(repr(kind.value) for kind in ReportKind)})", name="kind"),
    Index(None, "kind", "as_of"),
)

agency_handover = Table(  # debts given to a collection agency: what it was told, without people; the hold is in `hold`
    "agency_handover",
    metadata,
    key("handover_id"),
    *text("customer_id", "agency"),
    *day("handed_on"),
    *text("handed_by", "why", "document"),  # document: JSON
    recorded(),
    Index(None, "customer_id"),
)

write_off = Table(  # what somebody proposed to give up; booked, it is among the allocations
    "write_off",
    metadata,
    key("write_off_id"),
    *text("customer_id", "parts", "proposed_by", "why"),  # parts: JSON
    Column("had_access_taken", Boolean, nullable=False),
    recorded(),
    Index(None, "customer_id"),
)

write_off_word = Table(  # one word on each: booked, or declined
    "write_off_word",
    metadata,
    key("write_off_id"),
    *text("word", "said_by", "why"),
    recorded(),
    CheckConstraint("word IN ('booked', 'declined')", name="word"),
)
