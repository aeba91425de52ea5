"""How an action ends, by how far its changes have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from csp_receivables.domain.access.changes import IN_THE_AIR, MAY_HAVE_HAPPENED, ChangeEvent
from csp_receivables.domain.outbox.states import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What becomes of the action. `how`: one word for counts; `again`: when it is tried again, of FAILED."""

    event: Event
    how: str
    why: str
    again: datetime | None = None


def ending_of(events: Sequence[tuple[ChangeEvent, datetime | None]], why_not: str, did: str) -> Ending:
    """`events`: where each change stands, and when it is tried again. `why_not`: the last look ended it half way.

    What was taken was taken: an action that did anything is done, so that what it took is given back in time.
    """
    counted = ", ".join(f"{sum(e is event for e, _ in events)} {event.value}" for event in ChangeEvent
                        if any(e is event for e, _ in events))  # fmt: skip
    # Of what is not wanted any more only what is in the air is looked at again: it is to be known what became of it.
    again = [moment for event, moment in events if moment and (not why_not or event in IN_THE_AIR)]
    if again:
        return Ending(event=Event.FAILED, how="later", why=counted, again=min(again))
    if any(event in MAY_HAVE_HAPPENED for event, _ in events):
        return Ending(event=Event.DONE, how=did, why=f"{counted}; {why_not}" if why_not else counted)
    if why_not:
        return Ending(event=Event.SUPERSEDED, how="superseded", why=why_not)
    return Ending(event=Event.FAILED, how="failed", why=counted or "nothing to change")
