"""A suspension's own warning (I1): accepted in the same round, long enough ago and not too long, naming it all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from csp_receivables.domain.collections.cases import Case, Delivery
from csp_receivables.domain.collections.conditions import look_at
from csp_receivables.domain.collections.decisions import Decision, Reason
from csp_receivables.domain.collections.ladder import Ladder
from csp_receivables.domain.collections.open_items import OpenItem
from csp_receivables.domain.collections.policy import CollectionsPolicy, Forewarning, Stage


class WarningState(StrEnum):
    """Where the warning of a suspension stands."""

    NONE = "none"  # never accepted in this round
    YOUNG = "young"  # accepted, and its days are not over
    GOOD = "good"
    SPENT = "spent"  # too old, or it does not name what causes the suspension: it takes a new round to warn again


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionWarning:
    """The warning of one suspension: `place` of its stage, and which receivables it names that cause the suspension."""

    state: WarningState
    place: int
    reason: Reason
    causes: tuple[OpenItem, ...] = ()
    in_days: int = 0  # of a young one: until its days are over
    is_too_old: bool = False


def warning_of(ladder: Ladder, place: int, stage: Stage) -> SuspensionWarning:
    """The warning for the suspension `stage` at `place`, whose condition holds."""
    asked = stage.warned_by
    assert asked is not None, "the policy gives every suspension its warning"
    warning_place = next(p for p, s in ladder.stages if s.name == asked.stage)
    threshold = f"accepted {asked.days_min} to {asked.days_max} days before"
    accepted = ladder.view.accepted(asked.stage)
    if accepted is None:
        reason = Reason(rule=f"warned_by_{asked.stage}", threshold=threshold, actual="not accepted in this round")
        return SuspensionWarning(state=WarningState.NONE, place=warning_place, reason=reason)
    age = (ladder.situation.on - accepted.on).days
    named = _standing_on(ladder, place, stage, accepted.receivable_ids)
    enough = bool(named)
    actual = f"{age} days, accepted {accepted.on}" + ("" if enough else ", does not name all that causes it")
    return SuspensionWarning(
        state=_state(age, asked, enough=enough),
        place=warning_place,
        reason=Reason(rule=f"warned_by_{asked.stage}", threshold=threshold, actual=actual),
        causes=named,
        in_days=max(asked.days_min - age, 0),
        is_too_old=age > asked.days_max,
    )


def why_too_old(case: Case, policy: CollectionsPolicy, decision: Decision, today: date) -> str:
    """Why a suspension that is decided must not begin on `today`; "" when it may (invariant I1).

    A decision speaks for the end of a day, and what it asks for happens on a later one: the days since the warning are
    counted to the day on which access is taken.
    """
    asked = next((s.warned_by for s in policy.stages if s.name == decision.stage), None)
    heard = [n.on for n in case.notices if asked and n.stage == asked.stage and n.round_id == decision.round_id
             and n.delivery is Delivery.ACCEPTED]  # fmt: skip
    if asked is None or not heard:
        return ""
    age = (today - max(heard)).days
    if age <= asked.days_max:
        return ""
    return f"the warning was accepted on {max(heard)}, {age} days before {today}; {asked.days_max} are the most"


def _state(age: int, asked: Forewarning, *, enough: bool) -> WarningState:
    if age > asked.days_max or not enough:
        return WarningState.SPENT
    return WarningState.YOUNG if age < asked.days_min else WarningState.GOOD


def _standing_on(ladder: Ladder, place: int, stage: Stage, warned: frozenset[str]) -> tuple[OpenItem, ...]:
    """The receivables that the warning names and on which alone the suspension would stand."""
    named = [item for item in ladder.causing(place) if item.debt.receivable_id in warned]
    groups = [
        [i for i in named if i.debt.currency == currency] for currency in sorted({i.debt.currency for i in named})
    ]
    enough = {g[0].debt.currency for g in groups if look_at(stage, g, ladder.situation.case).holds}
    return tuple(item for item in named if item.debt.currency in enough)
