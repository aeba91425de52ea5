"""The tables of access: what was proposed, what people answered, and what was changed. `tables` carries them all."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Date, Index, Integer, Table

from csp_receivables.adapters.ledger.columns import key, maybe, metadata, recorded, text
from csp_receivables.domain.access.approvals import Word
from csp_receivables.domain.access.changes import ChangeEvent, Direction


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


access_proposal = Table(  # what a person was shown; the newest row of an action is the one that is asked
    "access_proposal",
    metadata,
    key("action_id"),
    recorded(key=True),
    *text("customer_id", "digest", "document", "asked_in"),
)

access_approval = Table(  # what a person answered; the newest row of an action counts
    "access_approval",
    metadata,
    key("action_id"),
    recorded(key=True),
    *text("digest", "word", "person_id", "person_name", "auth_manager", "why", "asked_in"),
    *maybe(Date, "until"),
    CheckConstraint(_one_of("word", [word.value for word in Word]), name="word"),
)

access_change = Table(  # what one action changes at one subscription
    "access_change",
    metadata,
    key("change_id"),
    *text("action_id", "customer_id", "tenant_id", "subscription_id", "direction"),
    recorded(),
    CheckConstraint(_one_of("direction", [each.value for each in Direction]), name="direction"),
    Index(None, "action_id"),
    Index(None, "customer_id"),
)

access_event = Table(  # the story of a change; `shown`: the subscription as read then, of `prepared` its snapshot
    "access_event",
    metadata,
    key("change_id"),
    key("event_no", Integer),
    *text("event", "why", "code", "request_ids", "said_by", "shown"),
    recorded(),
    CheckConstraint(_one_of("event", [each.value for each in ChangeEvent]), name="event"),
)

access_release = Table(  # a second person lets a batch go past the breaker
    "access_release",
    metadata,
    recorded(key=True),
    key("action_id"),
    *text("digest", "person_id", "person_name", "auth_manager", "why"),
)

access_order = Table(  # a person orders that a round whose access came back is chased anew; only a warning follows
    "access_order",
    metadata,
    recorded(key=True),
    key("action_id"),
    *text("customer_id", "round_id", "person_name", "why", "run"),
)
