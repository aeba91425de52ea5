"""Undoing a run: what it took and gave back, asking for the one, and chasing the other anew, on a person's word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.access_changes import changes_where, taken_from
from csp_receivables.adapters.ledger.access_tables import access_approval, access_change, access_event, access_order
from csp_receivables.adapters.ledger.collections_tables import round_closing
from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.outbox_tables import action, action_event, action_state
from csp_receivables.domain.access.changes import GIVEN_BACK, MAY_HAVE_HAPPENED, Standing
from csp_receivables.domain.access.undoing import Deed, Now, RunsDeed
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.outbox.actions import Action
from csp_receivables.domain.outbox.states import PERFORMABLE, Event, State

_GIVEN = (State.APPROVED.value, State.CLAIMED.value, State.FAILED.value, State.DONE.value)
_ENDS_AN_ORDER = tuple(event.value for event in (Event.DONE, Event.SUPERSEDED, Event.DECLINED))
_COMES = tuple(state.value for state in (*PERFORMABLE, State.CLAIMED) if state)


def deeds_of(connection: Connection, run: str) -> Iterator[RunsDeed]:
    """What a run took and gave back, by action. `run`: of the decisions, of the question, or the worker; of Airflow's
    runs `dag/run` is enough.
    """
    asked = select(access_approval.c.action_id).where(_is_of(access_approval.c.asked_in, run))
    performed = (
        select(access_change.c.action_id)
        .join(access_event, access_event.c.change_id == access_change.c.change_id)
        .where(_is_of(access_event.c.said_by, run))
    )
    kinds = [Answer.PROPOSE_SUSPENSION.value, Answer.REINSTATE.value]
    mine = or_(action.c.run_id == run, action.c.action_id.in_(asked), action.c.action_id.in_(performed))
    query = select(action).where(mine, action.c.kind.in_(kinds)).order_by(action.c.action_id)
    for row in connection.execute(query).all():
        changes = changes_where(connection, access_change.c.action_id == row.action_id)
        deed = _took(connection, row, changes) if row.kind == kinds[0] else _gave_back(connection, row, changes)
        if deed.subscriptions:
            yield deed


def give_back(writing: Writing, action_ids: Iterable[str], who: Person) -> tuple[str, ...]:
    """Ask for what these suspensions took: the next restoring brings it back. Raises ByHandRefused."""
    wanted = []
    for action_id in action_ids:
        row = writing.connection.execute(select(action).where(action.c.action_id == action_id)).one()
        back = _reinstatement(row, who)
        outbox.propose(writing, [back])
        if not outbox.append(writing, back.action_id, Event.APPROVED, by=who.name, why=who.why):
            raise ByHandRefused(f"{back.action_id} is under way already; csp outbox show says where it stands")
        outbox.append(writing, action_id, Event.DECLINED, by=who.name, why=who.why)  # the rest of it, if any waits
        wanted.append(back.action_id)
    return tuple(wanted)


def chase_anew(writing: Writing, deeds: Iterable[RunsDeed], run: str, who: Person, today: date) -> tuple[str, ...]:
    """Close the rounds whose access came back, so that the next decision opens another with its own warning.

    Nothing is taken by that: what is owed still is warned about, and after its days a person is asked again.
    Raises ByHandRefused where nothing of a round is owed any more.
    """
    ordered = []
    for deed in deeds:
        round_ = {"customer_id": deed.customer_id, "round_id": deed.round_id}
        closed = [round_closing.c[name] == value for name, value in round_.items()]
        if writing.connection.execute(select(round_closing).where(*closed)).first():
            raise ByHandRefused(f"{deed.customer_id}: round {deed.round_id} is closed, nothing of it is owed any more")
        told = {"action_id": deed.action_id, "person_name": who.name, "why": who.why, "run": run}
        writing.connection.execute(insert(access_order).values(**round_ | told, recorded_at=writing.recorded_at))
        row = {"closed_on": today, "run_id": who.run_id, "recorded_at": writing.recorded_at}
        writing.connection.execute(insert(round_closing).values(**round_ | row))
        ordered.append(deed.action_id)
    return tuple(ordered)


def is_given_back(connection: Connection, action_id: str) -> bool:
    """Did a person ask for what this suspension took, or is it on its way back, or back?"""
    row = connection.execute(select(action).where(action.c.action_id == action_id)).one()
    back = select(action_state.c.state).where(action_state.c.action_id == _back_id(row))
    return connection.execute(back).scalar_one_or_none() in _GIVEN


def is_ordered(connection: Connection, action_id: str) -> bool:
    """Is there a person's yes since it was last done, or wanted no more? A try that was put off takes it not back."""
    c = action_event.c
    query = select(c.event).where(c.action_id == action_id, c.event.in_((Event.APPROVED.value, *_ENDS_AN_ORDER)))
    newest = connection.execute(query.order_by(c.event_no.desc()).limit(1)).scalar_one_or_none()
    return bool(newest == Event.APPROVED.value)


def _is_of(column: ColumnElement[str], run: str) -> ColumnElement[bool]:
    """A DAG's name alone is no run: it would be everything that any of its runs ever did."""
    return or_(column == run, column.startswith(f"{run}/", autoescape=True)) if "/" in run else column == run


def _took(connection: Connection, row: Row[Any], changes: Iterable[Standing]) -> RunsDeed:
    away = any(each.change.action_id == row.action_id for each in taken_from(connection, row.customer_id))
    back = select(action_state.c.state).where(action_state.c.action_id == _back_id(row))
    is_asked = connection.execute(back).scalar_one_or_none() in _COMES
    now = (Now.ASKED_BACK if is_asked else Now.AWAY) if away else Now.BACK
    return _deed(row, Deed.TOOK, [each for each in changes if each.event in MAY_HAVE_HAPPENED], now)


def _gave_back(connection: Connection, row: Row[Any], changes: Iterable[Standing]) -> RunsDeed:
    ordered = connection.execute(select(access_order).where(access_order.c.action_id == row.action_id)).first()
    away = taken_from(connection, row.customer_id)
    now = Now.WARNED_ANEW if ordered else Now.AWAY if away else Now.BACK
    return _deed(row, Deed.GAVE_BACK, [each for each in changes if each.is_back and each.event in GIVEN_BACK], now)


def _deed(row: Row[Any], deed: Deed, changes: Iterable[Standing], now: Now) -> RunsDeed:
    named = tuple(f"{each.change.snapshot.name} ({each.subscription_id})" for each in changes)
    return RunsDeed(
        action_id=row.action_id,
        customer_id=row.customer_id,
        round_id=row.round_id,
        deed=deed,
        subscriptions=named,
        now=now,
    )


def _back_id(row: Row[Any]) -> str:
    return f"{row.customer_id}/{row.round_id}/{row.stage}/{Answer.REINSTATE.value}"


def _reinstatement(row: Row[Any], who: Person) -> Action:
    return Action(
        action_id=_back_id(row),
        kind=Answer.REINSTATE,
        customer_id=row.customer_id,
        round_id=row.round_id,
        stage=row.stage,
        decided_on=row.decided_on,
        policy_version=row.policy_version,
        run_id=who.run_id,
        payload=row.payload,
    )
