"""The states of an action and what may follow what, as data.

An action's story is its events, oldest first; its state is what the newest one made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"  # it waits to be performed
    APPROVED = "approved"  # a named person wants it: no breaker holds it back
    DECLINED = "declined"  # a named person does not want it
    EXPIRED = "expired"  # a person was asked and nobody answered
    HELD = "held"  # a named person keeps it back for now
    CLAIMED = "claimed"  # one worker is at it, and no other
    DONE = "done"
    FAILED = "failed"  # tried again at `retry_at`; never, where there is none
    IN_DOUBT = "in_doubt"  # it may have happened: never repeated, settled by evidence
    SUPERSEDED = "superseded"  # the last look found that it is not wanted any more


class Event(StrEnum):
    """What happens to an action."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    HELD = "held"
    RELEASED = "released"
    CLAIMED = "claimed"
    LET_GO = "let_go"  # nothing was handed over: the gate was closed, or the worker died before
    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SETTLED_ACCEPTED = "settled_accepted"
    SETTLED_NOT_ACCEPTED = "settled_not_accepted"
    BOUNCED = "bounced"  # it was taken for done and came back: another contact is written to
    UNDELIVERABLE = "undeliverable"  # it came back, and nobody is left to write to
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states an event is possible (None: there is no action yet), and what it makes of them."""

    before: frozenset[State | None]
    after: State
    by_person: bool = False  # only a named person, with a reason


class NotAllowed(ValueError):
    """The action is not in a state in which this can happen; the message says where it stands."""


def _from(*states: State | None) -> frozenset[State | None]:
    return frozenset(states)


_WAITING = (State.PROPOSED, State.APPROVED, State.FAILED)
TRANSITIONS: Mapping[Event, Transition] = MappingProxyType(
    {
        # What was superseded, or had nobody to go to, may be wanted again later: under the same id, so never twice.
        Event.PROPOSED: Transition(_from(None, State.SUPERSEDED, State.EXPIRED, State.FAILED), State.PROPOSED),
        Event.APPROVED: Transition(_from(State.PROPOSED, State.HELD), State.APPROVED, by_person=True),
        Event.DECLINED: Transition(_from(*_WAITING, State.HELD, State.SUPERSEDED), State.DECLINED, by_person=True),
        Event.EXPIRED: Transition(_from(State.PROPOSED), State.EXPIRED),
        Event.HELD: Transition(_from(*_WAITING), State.HELD, by_person=True),
        Event.RELEASED: Transition(_from(State.HELD, State.DECLINED, State.FAILED), State.PROPOSED, by_person=True),
        Event.CLAIMED: Transition(_from(*_WAITING), State.CLAIMED),
        Event.LET_GO: Transition(_from(State.CLAIMED), State.PROPOSED),
        Event.DONE: Transition(_from(State.CLAIMED), State.DONE),
        Event.FAILED: Transition(_from(State.CLAIMED), State.FAILED),
        Event.IN_DOUBT: Transition(_from(State.CLAIMED), State.IN_DOUBT),
        Event.SETTLED_ACCEPTED: Transition(_from(State.IN_DOUBT), State.DONE),
        Event.SETTLED_NOT_ACCEPTED: Transition(_from(State.IN_DOUBT), State.PROPOSED),
        Event.BOUNCED: Transition(_from(State.DONE, State.IN_DOUBT), State.PROPOSED),
        Event.UNDELIVERABLE: Transition(_from(State.DONE, State.IN_DOUBT), State.FAILED),
        Event.SUPERSEDED: Transition(_from(*_WAITING, State.CLAIMED), State.SUPERSEDED),
    }
)
PERFORMABLE = frozenset(TRANSITIONS[Event.CLAIMED].before)


def after(state: State | None, event: Event) -> State:
    """The state that `event` leads to. Raises NotAllowed."""
    transition = TRANSITIONS[event]
    if state not in transition.before:
        stands = f"is {state.value}" if state else "is not there"
        possible = ", ".join(sorted(each.value if each else "new" for each in transition.before))
        raise NotAllowed(f"the action {stands}; {event.value.replace('_', ' ')} is for one that is {possible}")
    return transition.after
