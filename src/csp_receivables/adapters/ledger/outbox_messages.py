"""Messages in the ledger: what was said to whom, what became of it, and what that makes of the notices."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
)

from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.outbox_tables import action, message, message_event
from csp_receivables.domain.collections.cases import Delivery
from csp_receivables.domain.outbox.deliveries import DELIVERY, NOTICE, OUTRANKS, MessageEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word on a message: the server's reply, a bounce, or what a person knows."""

    event: MessageEvent
    on: date  # the partner's day
    code: str = ""  # "250", "550 5.1.1"
    said: str = ""
    said_by: str = ""  # the host, the mailbox, or a person
    evidence: str = ""  # digest of a bounce, where it is one


def keep_message(writing: Writing, row: dict[str, Any]) -> None:
    """Keep what is about to be handed over (columns of `message` but the moment)."""
    writing.connection.execute(insert(message).values(**row, recorded_at=writing.recorded_at))


def say(writing: Writing, message_id: str, attempt: int, said: Said) -> None:
    """Append a word on a message."""
    connection = writing.connection
    query = select(func.coalesce(func.max(message_event.c.event_no), 0)).where(message_event.c.message_id == message_id)
    row = {"message_id": message_id, "event_no": connection.execute(query).scalar_one() + 1, "attempt": attempt}
    told = {"event": said.event.value, "effective_on": said.on, "code": said.code, "said": said.said}
    who = {"said_by": said.said_by, "evidence": said.evidence, "recorded_at": writing.recorded_at}
    connection.execute(insert(message_event), row | told | who)


def latest_events(
    as_of: date | BindParameter[date] | None = None,
    known_at: str | BindParameter[str] | None = None,
    among: ColumnElement[bool] | None = None,
) -> Select[Any]:
    """The newest word on each message by then, with what was last handed over: columns of `message`, `event`, `on`.

    `among` limits the messages (a condition on `message`) before anything is ranked: of all there are it takes long.
    """
    asked = [] if as_of is None else [message_event.c.effective_on <= as_of, message_event.c.recorded_at <= known_at]
    if among is not None:
        asked.append(message_event.c.message_id.in_(select(message.c.message_id).where(among)))
    newest_first = message_event.c.event_no.desc()
    place = func.row_number().over(partition_by=message_event.c.message_id, order_by=newest_first).label("place")
    told = select(message_event, place).where(*asked).subquery()
    begun = message_event.c.event == MessageEvent.HANDING_OVER.value
    handed = select(message_event, place).where(*asked, begun).subquery()
    return (
        select(*message.c, told.c.event, told.c.code, told.c.said, handed.c.effective_on.label("on"))
        .join(told, and_(told.c.message_id == message.c.message_id, told.c.place == 1))
        .join(handed, and_(handed.c.message_id == message.c.message_id, handed.c.place == 1))
        .where(message.c.attempt == handed.c.attempt)
    )


@cache  # building it takes several times as long as asking it
def _of_one_action() -> Select[Any]:
    return latest_events(among=message.c.action_id == bindparam("action_id"))


def letters_of(connection: Connection, action_id: str) -> list[Row[Any]]:
    """The newest word on each letter of one action, as `latest_events` has it; by ordinal."""
    found = connection.execute(_of_one_action(), {"action_id": action_id}).all()
    return sorted(found, key=lambda row: (row.ordinal, row.message_id))


def notices(connection: Connection, as_of: date, known_at: str) -> pa.Table:
    """The notices that were handed over by the end of `as_of`, as known then (schema NOTICE), by customer and day.

    One row an action: of several contacts that were written to, an accepted one that did not bounce speaks for it.
    """
    names = NOTICE.names
    found = connection.execute(_notices(), {"as_of": as_of, "known_at": known_at})
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return pa.Table.from_pylist([row | {"receivable_ids": json.loads(row["receivable_ids"])} for row in rows], NOTICE)


@cache
def _notices() -> Select[Any]:
    last = latest_events(bindparam("as_of", type_=Date()), bindparam("known_at", type_=Text())).subquery()
    delivery = case({event.value: made.value for event, made in DELIVERY.items()}, value=last.c.event)
    rank = case({made.value: place for place, made in enumerate(OUTRANKS)}, value=delivery)
    order = (rank, last.c.ordinal.desc(), last.c.message_id)
    place = func.row_number().over(partition_by=last.c.action_id, order_by=order).label("place")
    handed = select(last, delivery.label("delivery"), place).where(
        last.c.event.in_([event.value for event in DELIVERY])
    )
    found = handed.subquery()
    columns = (action.c.customer_id, action.c.stage, action.c.round_id, found.c.on, found.c.delivery)
    return (
        select(*columns, found.c.receivable_ids, action.c.kind)
        .join(action, action.c.action_id == found.c.action_id)
        .where(found.c.place == 1)
        .order_by(action.c.customer_id, found.c.on, action.c.action_id)
    )


def last_message(connection: Connection, message_id: str) -> Any:
    """The newest attempt of a message with the newest word on it, or None."""
    return connection.execute(latest_events(among=message.c.message_id == message_id)).first()


def unreachable(connection: Connection, known_at: str = "9", among: Collection[str] | None = None) -> dict[str, str]:
    """Addresses that refused or returned a message by `known_at` (by now), and when that was learnt.

    `among` asks for these addresses only.
    """
    failed = (MessageEvent.BOUNCED.value, MessageEvent.REFUSED_ADDRESS.value)
    query = (
        select(message.c.recipient, func.max(message_event.c.recorded_at))
        .join(message_event, message_event.c.message_id == message.c.message_id)
        .where(message_event.c.event.in_(failed), message_event.c.attempt == message.c.attempt)
        .where(message_event.c.recorded_at <= known_at, message.c.recipient != "")
        .group_by(message.c.recipient)
    )
    if among is not None:
        query = query.where(message.c.recipient.in_(among))
    return {row[0]: row[1] for row in connection.execute(query)}


def delivery_of(event: str) -> Delivery | None:
    """What the newest word on a message means for its notice; None when it was not handed over."""
    return DELIVERY.get(MessageEvent(event))
