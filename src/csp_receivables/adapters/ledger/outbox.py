"""The outbox in the ledger: proposing, claiming, and what happens to an action, each with who and why.

`action_event` is the story, append-only; `action_state` has one row an action, changed by one conditional UPDATE in the
transaction of the event that changes it. Where that UPDATE changes no row, nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, and_, bindparam, func, insert, or_, select, update

from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.outbox_messages import letters_of
from csp_receivables.adapters.ledger.outbox_tables import (
    action,
    action_event,
    action_state,
    message_event,
    outbox_stop,
)
from csp_receivables.domain.outbox.actions import Action, ActionKind, Proposed
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.states import TRANSITIONS, Event, State

OUTBOX = "outbox"  # who says what no person said
IDS_PER_QUERY = 500  # SQLite takes some thousands of bound values at most
_WANTED_AGAIN = frozenset(state.value for state in TRANSITIONS[Event.PROPOSED].before if state)
# What each action and each letter asks and says, built once: building takes as long as the database does.
_EVENT_NO = select(action_state.c.event_no).where(action_state.c.action_id == bindparam("moved"))
_EVENT = insert(action_event)
_LATEST_STOP = select(outbox_stop).order_by(outbox_stop.c.recorded_at.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The latest word on the whole outbox."""

    said_by: str
    why: str
    recorded_at: str


def propose(writing: Writing, actions: Sequence[Action]) -> Proposed:
    """Keep intentions, in the transaction of the decisions they come from. A known id changes nothing.

    An action that was superseded, or that nobody could be reached for, waits again. A payload that differs from the
    first one is not kept: what is sent is decided anew by the last look.
    """
    told = {each.action_id: each for each in actions}
    known = {row.action_id: row for ids in _parts(sorted(told)) for row in _known(writing.connection, ids)}
    new = [each for action_id, each in told.items() if action_id not in known]
    _insert(writing, new)
    again = [
        action_id
        for action_id, row in known.items()
        if row.state in _WANTED_AGAIN
        and not row.retry_at
        and append(writing, action_id, Event.PROPOSED, why=f"wanted again on {told[action_id].decided_on}")
    ]
    return Proposed(
        new=tuple(each.action_id for each in new),
        again=tuple(again),
        known=tuple(known),
        changed=tuple(action_id for action_id, row in known.items() if row.payload != told[action_id].payload),
    )


def append(
    writing: Writing,
    action_id: str,
    event: Event,
    *,
    by: str = OUTBOX,
    why: str = "",
    held_claim: str = "",
    also: Any = None,
    claim: str = "",
    until: str = "",
    retry_at: str = "",
) -> bool:
    """Append an event where the action's state allows it. False, and nothing is written, where it does not.

    `held_claim`: only for the worker whose claim it is. `also`: a further condition on `action_state`.
    `claim`, `until` and `retry_at` are what the state has afterwards.
    """
    connection, move = writing.connection, _move(event, if_held=bool(held_claim))
    new = {"claim": claim, "until": until, "retry_at": retry_at, "recorded_at": writing.recorded_at}
    moved = {"moved": action_id} | ({"held": held_claim} if held_claim else {})
    if connection.execute(move if also is None else move.where(also), moved | new).rowcount != 1:
        return False
    event_no = connection.execute(_EVENT_NO, {"moved": action_id}).scalar_one()
    row = {"action_id": action_id, "event_no": event_no, "event": event.value}
    told = {"said_by": by, "why": why, "retry_at": retry_at, "recorded_at": writing.recorded_at}
    connection.execute(_EVENT, row | told)
    return True


@cache
def _move(event: Event, *, if_held: bool) -> Update:
    """Moves the action `moved` on where its state allows it, `if_held` by the claim `held` only.

    Executed with the other columns' new values besides.
    """
    transition, c = TRANSITIONS[event], action_state.c
    allowed = [state.value for state in transition.before if state]
    move = update(action_state).where(c.action_id == bindparam("moved"), c.state.in_(allowed))
    move = move.values(state=transition.after.value, event_no=c.event_no + 1)
    return move.where(c.claim == bindparam("held")) if if_held else move


def claim(writing: Writing, action_id: str, *, token: str, until: str, now: str) -> bool:
    """Take the action for one worker until the moment `until`. False when another has it, or it is not due."""
    retried = and_(action_state.c.state == State.FAILED.value, action_state.c.retry_at != "")
    due = or_(action_state.c.state != State.FAILED.value, and_(retried, action_state.c.retry_at <= now))
    return append(writing, action_id, Event.CLAIMED, why=token, also=due, claim=token, until=until)


def still_claimed(writing: Writing, action_id: str, token: str, until: str) -> bool:
    """Is the claim still this worker's? It is prolonged until `until`, in the same transaction as what comes next."""
    mine = (action_state.c.action_id == action_id, action_state.c.claim == token)
    query = update(action_state).where(*mine, action_state.c.state == State.CLAIMED.value).values(until=until)
    return bool(writing.connection.execute(query).rowcount == 1)


def recover(writing: Writing, now: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Claims whose worker is gone: let go where nothing had begun, in doubt where it had. Returns both, as ids."""
    lapsed = (action_state.c.state == State.CLAIMED.value, action_state.c.until < now)
    query = select(action_state.c.action_id).where(*lapsed).order_by(action_state.c.action_id)
    let_go, in_doubt = [], []
    for action_id in list(writing.connection.execute(query).scalars()):
        begun = hand_over_of(writing.connection, action_id)
        if begun is None:
            append(writing, action_id, Event.LET_GO, why="its worker was gone before anything was handed over")
            let_go.append(action_id)
        else:
            append(writing, action_id, Event.IN_DOUBT, why="its worker was gone while it was being handed over")
            in_doubt.append(action_id)
    return tuple(let_go), tuple(in_doubt)


def hand_over_of(connection: Connection, action_id: str) -> Row[Any] | None:
    """The message of the action that was begun to be handed over and has no later word, or is in doubt."""
    unclear = (MessageEvent.HANDING_OVER.value, MessageEvent.IN_DOUBT.value)
    return next((row for row in reversed(letters_of(connection, action_id)) if row.event in unclear), None)


def waiting(connection: Connection, kinds: Sequence[ActionKind], now: str) -> list[Row[Any]]:
    """Actions that may be performed now, the oldest first: their columns, `state`, and `event_no`."""
    retried = and_(action_state.c.retry_at != "", action_state.c.retry_at <= now)
    due = or_(
        action_state.c.state.in_([State.PROPOSED.value, State.APPROVED.value]),
        and_(action_state.c.state == State.FAILED.value, retried),
    )
    query = (
        select(action, action_state.c.state, action_state.c.event_no)
        .join(action_state, action_state.c.action_id == action.c.action_id)
        .where(due, action.c.kind.in_([kind.value for kind in kinds]))
        .order_by(action.c.recorded_at, action.c.action_id)
    )
    return list(connection.execute(query))


def stop_in_force(connection: Connection) -> Stop | None:
    """The stop of the whole outbox, while it lasts."""
    row = connection.execute(_LATEST_STOP).first()
    return Stop(said_by=row.said_by, why=row.why, recorded_at=row.recorded_at) if row and row.stopped else None


def say_stop(writing: Writing, *, stopped: bool, by: str, why: str) -> None:
    """Stop everything that would leave the house, or let it go on."""
    row = {"recorded_at": writing.recorded_at, "stopped": stopped, "said_by": by, "why": why}
    writing.connection.execute(insert(outbox_stop).values(**row))


def attempts_of(connection: Connection, message_id: str) -> int:
    """How often it was begun to hand this message over."""
    begun = (message_event.c.message_id == message_id, message_event.c.event == MessageEvent.HANDING_OVER.value)
    return int(connection.execute(select(func.count()).select_from(message_event).where(*begun)).scalar_one())


def _insert(writing: Writing, actions: Sequence[Action]) -> None:
    if not actions:
        return
    recorded = {"recorded_at": writing.recorded_at}
    rows = [
        {name: getattr(each, name) for name in action.c.keys() if name != "recorded_at"} | recorded  # noqa: SIM118 - columns, no dict
        for each in actions
    ]
    ids = [{"action_id": each.action_id, "event_no": 1} | recorded for each in actions]
    told = {"event": Event.PROPOSED.value, "said_by": OUTBOX, "why": "", "retry_at": ""}
    state = {"state": TRANSITIONS[Event.PROPOSED].after.value, "claim": "", "until": "", "retry_at": ""}
    writing.connection.execute(insert(action), rows)
    writing.connection.execute(insert(action_event), [row | told for row in ids])
    writing.connection.execute(insert(action_state), [row | state for row in ids])


def _known(connection: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    query = (
        select(action.c.action_id, action.c.payload, action_state.c.state, action_state.c.retry_at)
        .join(action_state, action_state.c.action_id == action.c.action_id)
        .where(action.c.action_id.in_(ids))
        .order_by(action.c.action_id)
    )
    return list(connection.execute(query))


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + IDS_PER_QUERY] for start in range(0, len(ids), IDS_PER_QUERY))
