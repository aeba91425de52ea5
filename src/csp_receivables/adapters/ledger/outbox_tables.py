"""The tables of the outbox. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, String, Table

from csp_receivables.adapters.ledger.columns import day, key, metadata, money, recorded, text
from csp_receivables.domain.outbox.states import State

action = Table(
    "action",
    metadata,
    key("action_id"),
    *text("kind", "customer_id", "round_id", "stage"),
    *day("decided_on"),
    *text("policy_version", "run_id", "payload"),
    recorded(),
    Index(None, "customer_id"),
)

action_event = Table(
    "action_event",
    metadata,
    key("action_id"),
    key("event_no", Integer),
    *text("event", "said_by", "why", "retry_at"),
    recorded(),
)

action_state = Table(  # the newest event of each action: what a claim changes, in one row or not at all
    "action_state",
    metadata,
    key("action_id"),
    *text("state"),
    *money("event_no"),
    *text("claim", "until", "retry_at"),  # who claimed it, when the claim lapses, and when it is tried again
    recorded(),
    CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in State)})", name="state"),
    Index(None, "state"),
)

message = Table(  # one attempt to tell one address; attempts at the same address share the Message-ID
    "message",
    metadata,
    key("message_id"),
    key("attempt", Integer),
    *text("action_id"),
    *money("ordinal"),  # 1 for the first contact that was written to, 2 for the next …
    *text("recipient", "sent_to", "subject", "language", "receivable_ids", "digest"),
    recorded(),
    Index(None, "action_id"),
    Index(None, "recipient"),
)

message_event = Table(
    "message_event",
    metadata,
    key("message_id"),
    key("event_no", Integer),
    *money("attempt"),
    *text("event"),
    Column("effective_on", Date, nullable=False),  # the partner's day
    *text("code", "said", "said_by", "evidence"),
    recorded(),
)

outbox_stop = Table(  # the latest word counts for everything that would leave the house
    "outbox_stop",
    metadata,
    recorded(key=True),
    Column("stopped", Boolean, nullable=False),
    Column("said_by", String, nullable=False),
    Column("why", String, nullable=False),
)

policy_approval = Table(  # a person looked at what a version of the policy would do, and lets its notices leave
    "policy_approval", metadata, key("policy_version"), *text("approved_by", "why"), recorded()
)
