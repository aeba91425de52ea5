"""What a hold does on a day: it holds, it is over, or what was promised was kept, partly kept or broken.

A promise or plan is judged by the money received from the customer, in its currency, since the day it was placed. A day
that no bank is open on is met by money of the next one. Judged at its end: money of the day itself counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.cases import Case, Hold, HoldKind
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.money import to_text


class HoldState(StrEnum):
    """What became of a hold by a day. Only HOLDS keeps anybody from being chased."""

    HOLDS = "holds"
    OVER = "over"  # not begun, past its last day, or ended by a person
    KEPT = "kept"  # everything promised was received
    PARTLY_KEPT = "partly kept"
    BROKEN = "broken"


JUDGED = (HoldState.KEPT, HoldState.PARTLY_KEPT, HoldState.BROKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStanding:
    """A hold on a day. `promised` by then and `received` since it was placed: minor units, 0 where none is promised."""

    hold: Hold
    state: HoldState
    promised: int = 0
    received: int = 0

    @property
    def holds(self) -> bool:
        """Does it keep its customer or receivable from being chased?"""
        return self.state is HoldState.HOLDS

    def reason(self) -> Reason:
        """It as a reason: until when, what it is, why and by whom; of a judged promise what was promised and came."""
        hold = self.hold
        if self.state in JUDGED:
            promised = f"{to_text(self.promised, hold.currency)} {hold.currency} by then"
            received = f"{self.state}: {to_text(self.received, hold.currency)} {hold.currency} received"
            return Reason(rule=hold.kind.value, threshold=promised, actual=received)
        until = f"until {hold.until}" if hold.until else _last_instalment(hold) or "until somebody ends it"
        said = f"{hold.kind}: {hold.reason} ({hold.placed_by}, {hold.placed_on})"
        return Reason(rule="hold", threshold=until, actual=said)


def _last_instalment(hold: Hold) -> str:
    return f"until {max(i.due_on for i in hold.instalments)}" if hold.instalments else ""


def standing_of(hold: Hold, case: Case, on: date) -> HoldStanding:
    """What `hold` does on `on`."""
    ended = hold.ended_on is not None and on >= hold.ended_on
    if on < (hold.holds_from or hold.placed_on) or ended:
        return HoldStanding(hold=hold, state=HoldState.OVER)
    is_placed = on >= hold.placed_on  # what is promised is not judged before that
    if hold.kind in (HoldKind.PROMISE, HoldKind.PLAN) and hold.instalments and is_placed:
        judged = _judged(hold, case, on)
        if judged.state in JUDGED:
            return judged
    past = hold.until is not None and on > hold.until
    return HoldStanding(hold=hold, state=HoldState.OVER if past else HoldState.HOLDS)


def _judged(hold: Hold, case: Case, on: date) -> HoldStanding:
    came = [r for r in case.received if r[1] == hold.currency and hold.placed_on <= r[0] <= on]
    received = sum(amount for _, _, amount in came)
    whole = sum(i.amount for i in hold.instalments)
    due = 0
    for instalment in sorted(hold.instalments, key=lambda i: i.due_on):
        last_day = working_day_from(instalment.due_on, case.country)
        if on <= last_day:
            break
        due += instalment.amount
        by_then = sum(amount for day, _, amount in came if day <= last_day)
        if by_then < due:  # and money that comes later does not make it kept
            state = HoldState.PARTLY_KEPT if by_then > 0 else HoldState.BROKEN
            return HoldStanding(hold=hold, state=state, promised=due, received=by_then)
    state = HoldState.KEPT if received >= whole else HoldState.HOLDS
    return HoldStanding(hold=hold, state=state, promised=whole if state is HoldState.KEPT else due, received=received)
