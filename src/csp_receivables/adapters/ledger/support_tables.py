"""The tables of support: cases, their stories, and which mails are known. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Integer, Table

from csp_receivables.adapters.ledger.columns import key, metadata, recorded, text
from csp_receivables.domain.support.cases import CaseEvent

support_case = Table(  # who asked and what: personal data, erasable with the customer's contacts
    "support_case",
    metadata,
    key("case_id"),
    *text("customer_id", "channel", "found_by", "subject", "sender", "sender_name"),
    recorded(),
    Index(None, "customer_id"),
)

support_event = Table(
    "support_event",
    metadata,
    key("case_id"),
    key("event_no", Integer),
    *text("event", "said_by", "what"),  # what: JSON
    recorded(),
    CheckConstraint(f"event IN ({', '.join(repr(event.value) for event in CaseEvent)})", name="event"),
)

support_message = Table(  # a mail that was read, by its Message-ID; case_id "" for one that opened none
    "support_message", metadata, key("message_id"), *text("case_id"), recorded(), Index(None, "case_id")
)
