"""What named people do with the outbox: look, release, hold, cancel, settle, stop. Each with who and why, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.outbox_messages import Said, say
from csp_receivables.adapters.ledger.outbox_tables import (
    action,
    action_event,
    action_state,
    message,
    message_event,
    policy_approval,
)
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.states import Event, State

_LIKELY_IDS = 5  # named when a beginning fits several actions


@dataclass(frozen=True, slots=True)
class LedgerOutboxDesk:
    """The outbox as people handle it. Each call that changes something is one transaction, whole or not at all."""

    ledger: Ledger

    def listed(self, states: Sequence[State] = (), customer_id: str = "") -> list[Row[Any]]:
        """Actions with their state, the newest first; of these states and this customer, where any are named."""
        query = select(action, *_state_columns()).join(action_state, action_state.c.action_id == action.c.action_id)
        if states:
            query = query.where(action_state.c.state.in_([state.value for state in states]))
        if customer_id:
            query = query.where(action.c.customer_id == customer_id)
        with self.ledger.reading() as connection:
            return list(connection.execute(query.order_by(action.c.recorded_at.desc(), action.c.action_id)))

    def shown(self, name: str) -> tuple[Row[Any], list[Row[Any]], list[Row[Any]], list[Row[Any]]]:
        """One action, its events, its messages, and what became of them. Raises ByHandRefused."""
        with self.ledger.reading() as connection:
            found = _named(connection, name)
            mine = action_event.c.action_id == found.action_id
            events = connection.execute(select(action_event).where(mine).order_by(action_event.c.event_no)).all()
            own = message.c.action_id == found.action_id
            order = (message.c.ordinal, message.c.attempt)
            messages = connection.execute(select(message).where(own).order_by(*order)).all()
            ids = sorted({row.message_id for row in messages})
            said = select(message_event).where(message_event.c.message_id.in_(ids))
            words = connection.execute(said.order_by(message_event.c.recorded_at, message_event.c.event_no)).all()
            return found, list(events), list(messages), list(words)

    def release(self, name: str, who: Person) -> str:
        """Let one action go ahead, whatever the breaker says: what was held, cancelled or given up waits again."""
        with self.ledger.writing() as writing:
            found = _named(writing.connection, name)
            _append(writing, found.action_id, who, Event.RELEASED)
            if not _append(writing, found.action_id, who, Event.APPROVED):
                _refuse(found, "released", State.APPROVED)
            return str(found.action_id)

    def release_all(self, who: Person) -> int:
        """Let every notice that waits go ahead: what a person answers when the breaker asks. Returns how many.

        Notices only: a suspension is approved by itself, by somebody who saw what causes it.
        """
        with self.ledger.writing() as writing:
            waits = (
                select(action_state.c.action_id)
                .join(action, action.c.action_id == action_state.c.action_id)
                .where(action_state.c.state == State.PROPOSED.value, action.c.kind == Answer.SEND_NOTICE.value)
                .order_by(action_state.c.action_id)
            )
            ids = list(writing.connection.execute(waits).scalars())
            return sum(_append(writing, action_id, who, Event.APPROVED) for action_id in ids)

    def hold(self, name: str, who: Person) -> str:
        """Keep one action back until somebody releases it."""
        return self._one(name, who, Event.HELD, "held", State.HELD)

    def cancel(self, name: str, who: Person) -> str:
        """One action is never performed, unless somebody releases it."""
        return self._one(name, who, Event.DECLINED, "cancelled", State.DECLINED)

    def settle(self, name: str, who: Person, *, accepted: bool, on: date) -> str:
        """Say what became of a letter in doubt. Accepted: it counts, from the day it was handed over. Not: it waits."""
        with self.ledger.writing() as writing:
            found = _named(writing.connection, name)
            unclear = outbox.hand_over_of(writing.connection, found.action_id)
            event = Event.SETTLED_ACCEPTED if accepted else Event.SETTLED_NOT_ACCEPTED
            if not _append(writing, found.action_id, who, event):
                _refuse(found, "settled", None)
            if unclear is not None:
                word = MessageEvent.ACCEPTED if accepted else MessageEvent.NOT_HANDED_OVER
                said = Said(event=word, on=unclear.on if accepted else on, said=who.why, said_by=who.name)
                say(writing, unclear.message_id, unclear.attempt, said)
            return str(found.action_id)

    def stop(self, who: Person) -> None:
        """Nothing leaves from now on. Raises AlreadyDone."""
        with self.ledger.writing() as writing:
            if stop := outbox.stop_in_force(writing.connection):
                raise AlreadyDone(f"{stop.said_by} stopped it already on {stop.recorded_at[:16]}: {stop.why}")
            outbox.say_stop(writing, stopped=True, by=who.name, why=who.why)

    def start(self, who: Person) -> None:
        """What waits may leave again. Raises AlreadyDone."""
        with self.ledger.writing() as writing:
            if outbox.stop_in_force(writing.connection) is None:
                raise AlreadyDone("nothing is stopped")
            outbox.say_stop(writing, stopped=False, by=who.name, why=who.why)

    def approve_policy(self, version: str, who: Person) -> None:
        """Let the notices of this version of the policy leave, once it is live. Raises AlreadyDone."""
        with self.ledger.writing() as writing:
            if version in approved_policies(writing.connection):
                raise AlreadyDone(f"version {version[:12]} of the policy is approved already")
            row = {"policy_version": version, "approved_by": who.name, "why": who.why}
            writing.connection.execute(insert(policy_approval).values(**row, recorded_at=writing.recorded_at))

    def stopped(self) -> outbox.Stop | None:
        """The stop in force, if there is one."""
        with self.ledger.reading() as connection:
            return outbox.stop_in_force(connection)

    def _one(self, name: str, who: Person, event: Event, did: str, state: State) -> str:
        with self.ledger.writing() as writing:
            found = _named(writing.connection, name)
            if not _append(writing, found.action_id, who, event):
                _refuse(found, did, state)
            return str(found.action_id)


def approved_policies(connection: Connection) -> frozenset[str]:
    """The versions of the policy that a person approved."""
    return frozenset(connection.execute(select(policy_approval.c.policy_version)).scalars())


def _state_columns() -> tuple[Any, ...]:
    return (
        action_state.c.state,
        action_state.c.retry_at,
        action_state.c.recorded_at.label("since"),
    )


def _named(connection: Connection, name: str) -> Row[Any]:
    """The one action of that id, or whose id begins so. Raises ByHandRefused."""
    query = select(action, *_state_columns()).join(action_state, action_state.c.action_id == action.c.action_id)
    exact = connection.execute(query.where(action.c.action_id == name)).first()
    if exact is not None:
        return exact
    begins = query.where(action.c.action_id.startswith(name, autoescape=True)).order_by(action.c.action_id)
    found = connection.execute(begins.limit(_LIKELY_IDS + 1)).all()
    if len(found) == 1:
        return found[0]
    if not found or not name:
        raise ByHandRefused(f"no action {name!r} is known; csp outbox list names them")
    named = ", ".join(row.action_id for row in found[:_LIKELY_IDS])
    raise ByHandRefused(f"{name!r} is how several actions begin ({named}); give more of it")


def _append(writing: Writing, action_id: str, who: Person, event: Event) -> bool:
    return outbox.append(writing, action_id, event, by=who.name, why=who.why)


def _refuse(found: Row[Any], did: str, already: State | None) -> None:
    if already and found.state == already.value:
        raise AlreadyDone(f"{found.action_id} is {did} already, since {found.since[:16]}")
    raise ByHandRefused(f"{found.action_id} is {found.state.replace('_', ' ')} and can't be {did}")
