"""Restorations in the ledger: which payment brought access back, and when it was booked, learnt and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from csp_receivables.adapters.ledger.access_tables import access_change, access_event
from csp_receivables.adapters.ledger.outbox_tables import action, action_event
from csp_receivables.adapters.ledger.tables import allocation, payment
from csp_receivables.domain.access.changes import ChangeEvent, Direction
from csp_receivables.domain.access.restorations import Restoration
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.outbox.states import Event


def restorations(connection: Connection, known_at: str, zone: ZoneInfo, customer_id: str = "") -> Iterator[Restoration]:
    """Those that were whole by `known_at`, the oldest first. What a person gave back unpaid is none."""
    for row in connection.execute(_back(known_at, customer_id)):
        if _is_a_persons_word(connection, row.action_id):
            continue
        paid = _last_payment(connection, json.loads(row.payload)["receivable_ids"], row.back_at)
        if paid is None:
            continue
        back_at = datetime.fromisoformat(row.back_at)
        yield Restoration(
            action_id=row.action_id,
            customer_id=row.customer_id,
            booked_on=paid.booked_on,
            learnt_at=datetime.fromisoformat(paid.recorded_at),
            back_at=back_at,
            back_on=back_at.astimezone(zone).date(),
        )


def _back(known_at: str, customer_id: str) -> Any:
    """Reinstatements that were done by then, and when a reading first showed the last of their subscriptions active."""
    each = (
        select(access_change.c.action_id, access_change.c.change_id, func.min(access_event.c.recorded_at).label("at"))
        .join(access_event, access_event.c.change_id == access_change.c.change_id)
        .where(access_change.c.direction == Direction.RESTORE.value)
        .where(access_event.c.event == ChangeEvent.STATUS_BACK.value)
        .group_by(access_change.c.action_id, access_change.c.change_id)
        .subquery()
    )
    done = select(action_event.c.action_id).where(
        action_event.c.event == Event.DONE.value, action_event.c.recorded_at <= known_at
    )
    back_at = func.max(each.c.at).label("back_at")
    query = (
        select(action.c.action_id, action.c.customer_id, action.c.payload, back_at)
        .join(each, each.c.action_id == action.c.action_id)
        .where(action.c.kind == Answer.REINSTATE.value, action.c.action_id.in_(done))
        .group_by(action.c.action_id, action.c.customer_id, action.c.payload)
        .order_by(back_at, action.c.action_id)
    )
    return query.where(action.c.customer_id == customer_id) if customer_id else query


def _is_a_persons_word(connection: Connection, action_id: str) -> bool:
    """Did a person ask for it? Who only pushes one on that failed did not: it still is the payment's."""
    query = select(action_event.c.event).where(action_event.c.action_id == action_id)
    events = list(connection.execute(query.order_by(action_event.c.event_no)).scalars())
    before = events[: events.index(Event.APPROVED.value)] if Event.APPROVED.value in events else events
    return len(before) < len(events) and Event.FAILED.value not in before


def _last_payment(connection: Connection, receivable_ids: Sequence[str], before: str) -> Any:
    """The payment that was learnt last of those applied to these receivables; None where no money came."""
    query = (
        select(payment.c.booked_on, payment.c.recorded_at)
        .join(allocation, allocation.c.source_id == payment.c.payment_id)
        .where(allocation.c.source_kind == "payment", allocation.c.amount > 0)
        .where(allocation.c.receivable_id.in_(receivable_ids), allocation.c.recorded_at <= before)
        .where(payment.c.recorded_at <= before)
    )
    return connection.execute(query.order_by(payment.c.recorded_at.desc(), payment.c.payment_id).limit(1)).first()
