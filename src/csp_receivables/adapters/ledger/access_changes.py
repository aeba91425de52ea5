"""Changes of access in the ledger: their story, how far each has come, and what was taken and not given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    select,
    true,
)

from csp_receivables.access_ports import Said
from csp_receivables.adapters.ledger.access_tables import access_change, access_event
from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.outbox import OUTBOX
from csp_receivables.domain.access.changes import (
    ENDED,
    GIVEN_BACK,
    IN_THE_AIR,
    MAY_HAVE_HAPPENED,
    Change,
    ChangeEvent,
    Direction,
    Standing,
    may_have_gone_along,
)
from csp_receivables.domain.access.order import going_down
from csp_receivables.domain.access.snapshot import from_text, to_text

# Said of each change several times, so built once.
_COUNT = select(func.coalesce(func.max(access_event.c.event_no), 0)).where(access_event.c.change_id == bindparam("of"))
_WORD = insert(access_event)


def say(writing: Writing, change_id: str, said: Said, by: str = OUTBOX) -> None:
    """Append a word on a change."""
    row = {
        "change_id": change_id,
        "event_no": writing.connection.execute(_COUNT, {"of": change_id}).scalar_one() + 1,
        "event": said.event.value,
        "why": said.why,
        "code": said.code,
        "request_ids": said.request_ids,
        "said_by": by,
        "shown": to_text(said.shown) if said.shown else "",
        "recorded_at": writing.recorded_at,
    }
    writing.connection.execute(_WORD, row)


def changes_where(connection: Connection, which: ColumnElement[bool]) -> tuple[Standing, ...]:
    """The changes that fit and how far each has come; bases before their add-ons."""
    changes = connection.execute(select(access_change).where(which).order_by(access_change.c.change_id)).all()
    events: dict[str, list[Row[Any]]] = {row.change_id: [] for row in changes}
    told = select(access_event).join(access_change, access_change.c.change_id == access_event.c.change_id)
    for row in connection.execute(told.where(which).order_by(access_event.c.change_id, access_event.c.event_no)):
        events[row.change_id].append(row)
    return tuple(going_down([_standing(row, events[row.change_id]) for row in changes]))


def taken_from(connection: Connection, customer_id: str) -> tuple[Standing, ...]:
    """Suspensions of ours at one customer that may have happened and were not given back. A refused return is none."""
    return _taken(changes_where(connection, access_change.c.customer_id == customer_id))


def _taken(found: Sequence[Standing]) -> tuple[Standing, ...]:
    """Of the changes at one customer, those that took and were not given back."""
    back = [each for each in found if each.change.direction is Direction.RESTORE and each.event in GIVEN_BACK]
    given_back = {each.subscription_id: each.at for each in sorted(back, key=lambda each: each.at)}
    suspended = [
        each
        for each in found
        if each.change.direction is Direction.SUSPEND
        and each.at > given_back.get(each.subscription_id, datetime.min.replace(tzinfo=each.at.tzinfo))
    ]
    away = {each.change.change_id.casefold() for each in suspended if each.event in MAY_HAVE_HAPPENED}
    return tuple(each for each in suspended if each.event in MAY_HAVE_HAPPENED or may_have_gone_along(each, away))


def coming_back_to(connection: Connection, customer_id: str) -> frozenset[str]:
    """Subscriptions that a restoring of ours may have made active, and has not ended with."""
    mine = (access_change.c.customer_id == customer_id, access_change.c.direction == Direction.RESTORE.value)
    found = changes_where(connection, and_(*mine))
    return frozenset(
        each.subscription_id for each in found if each.event not in ENDED and (each.is_back or each.event in IN_THE_AIR)
    )


def customers_taken_from(connection: Connection) -> tuple[str, ...]:
    """Customers that access may have been taken from and was not given back, by id."""
    by_customer: dict[str, list[Standing]] = {}
    for each in changes_where(connection, true()):
        by_customer.setdefault(each.change.customer_id, []).append(each)
    return tuple(customer for customer, found in sorted(by_customer.items()) if _taken(found))


def began_taking(connection: Connection, known_at: str) -> list[Row[Any]]:
    """Actions that may have taken access, as known then: `action_id`, `customer_id`, and `began_at`, oldest first.

    From the first byte on, for decisions: what may have been taken must be given back once the debt is settled.
    """
    return list(connection.execute(_began_taking(), {"known_at": known_at}))


@cache
def _began_taking() -> Select[Any]:
    event, change = access_event, access_change
    known_at: BindParameter[str] = bindparam("known_at")
    place = func.row_number().over(partition_by=event.c.change_id, order_by=event.c.event_no.desc()).label("place")
    newest = select(event.c.change_id, event.c.event, place).where(event.c.recorded_at <= known_at).subquery()
    first = (
        select(event.c.change_id, func.min(event.c.recorded_at).label("at"))
        .where(event.c.event == ChangeEvent.BEGAN.value, event.c.recorded_at <= known_at)
        .group_by(event.c.change_id)
        .subquery()
    )
    began_at = func.min(first.c.at).label("began_at")
    return (
        select(change.c.action_id, change.c.customer_id, began_at)
        .join(newest, newest.c.change_id == change.c.change_id)
        .join(first, first.c.change_id == change.c.change_id)
        .where(change.c.direction == Direction.SUSPEND.value, newest.c.place == 1)
        .where(newest.c.event.in_([each.value for each in MAY_HAVE_HAPPENED]))
        .group_by(change.c.action_id, change.c.customer_id)
        .order_by(began_at, change.c.action_id)
    )


def shown_by_action(connection: Connection, known_at: str) -> dict[str, tuple[str, ...]]:
    """The names of the subscriptions of which a reading showed what the action wanted, as known then."""
    query = (
        select(access_change.c.action_id, access_change.c.change_id, access_event.c.shown)
        .join(access_event, access_event.c.change_id == access_change.c.change_id)
        .where(access_event.c.event == ChangeEvent.VERIFIED.value, access_event.c.recorded_at <= known_at)
        .order_by(access_change.c.action_id, access_change.c.change_id, access_event.c.event_no)
    )
    names: dict[str, list[str]] = {}
    for row in connection.execute(query):
        names.setdefault(row.action_id, []).append(from_text(row.shown).name)
    return {action_id: tuple(sorted(found)) for action_id, found in names.items()}


def _standing(row: Row[Any], events: list[Row[Any]]) -> Standing:
    """How far a change has come since it was last prepared."""
    start = max(place for place, each in enumerate(events) if each.event == ChangeEvent.PREPARED.value)
    since = events[start:]
    change = Change(
        action_id=row.action_id,
        customer_id=row.customer_id,
        direction=Direction(row.direction),
        snapshot=from_text(since[0].shown),
    )
    began = [each for each in since if each.event == ChangeEvent.BEGAN.value]
    shown = [each.shown for each in since[1:] if each.shown]
    return Standing(
        change=change,
        event=ChangeEvent(since[-1].event),
        at=datetime.fromisoformat(since[-1].recorded_at),
        tries=len(began),
        began_at=datetime.fromisoformat(began[-1].recorded_at) if began else None,
        left=from_text(shown[-1]) if shown else None,
        is_back=any(each.event == ChangeEvent.STATUS_BACK.value for each in since),
    )
