"""Erasing what people wrote: a customer's cases keep that there was one and what it was about, and not whose words."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select, update

from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.support_tables import support_case, support_event
from csp_receivables.domain.outbox.actions import canonical

ERASED = "[erased]"
_WORDS = ("text", "attached")  # of an event: what somebody wrote, and what their files were called


def erase_cases(writing: Writing, customer_id: str) -> int:
    """Take sender, subject and words out of the customer's cases. Returns how many cases there were."""
    connection = writing.connection
    query = select(support_case.c.case_id).where(support_case.c.customer_id == customer_id)
    case_ids = list(connection.execute(query.order_by(support_case.c.case_id)).scalars())
    for case_id in case_ids:
        this = support_case.c.case_id == case_id
        connection.execute(update(support_case).where(this).values(sender="", sender_name="", subject=ERASED))
        for event in connection.execute(select(support_event).where(support_event.c.case_id == case_id)).all():
            own = (support_event.c.case_id == case_id, support_event.c.event_no == event.event_no)
            connection.execute(update(support_event).where(*own).values(what=_without_words(event.what)))
    return len(case_ids)


def _without_words(what: str) -> str:
    told: dict[str, Any] = json.loads(what or "{}")
    return canonical({name: ERASED if name in _WORDS else value for name, value in told.items()})
