"""What comes next for a round if nothing changes but the calendar, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from csp_receivables.domain.collections.anchors import anchor_of
from csp_receivables.domain.collections.climb import KeptBack, is_act
from csp_receivables.domain.collections.conditions import look_at
from csp_receivables.domain.collections.ladder import (
    Ladder,
    Step,
    days_after_last,
    days_until,
    pause_reason,
    stage_name,
)
from csp_receivables.domain.collections.open_items import OpenItem, Situation
from csp_receivables.domain.collections.policy import Act, Stage
from csp_receivables.domain.collections.rounds import is_due_round


def outlook(ladder: Ladder, step: Step, kept: Sequence[KeptBack]) -> tuple[str, date | None]:
    """The next stage and its day. No day: somebody has to see to something first. "": nothing is left to come."""
    for each in kept:
        if each.in_days is None and not is_act(step):
            return stage_name(ladder, each.place), None
    reached = step.place if is_act(step) else ladder.reached
    coming = [
        (day, -place)
        for place, stage in ladder.stages
        if place > reached and (day := _earliest(ladder, step, place, stage))
    ]
    if not coming:
        return once_late(ladder.situation) if is_due_round(ladder.view.round_id) else ("", None)
    day, place = min(coming)
    return stage_name(ladder, -place), day


def _earliest(ladder: Ladder, step: Step, place: int, stage: Stage) -> date | None:
    """The first day on which the stage can come; None where other things than days must change first."""
    on = ladder.situation.on
    in_days = days_until(ladder, place)
    if in_days is None:
        return None
    days = [on + timedelta(days=max(in_days, 1))]
    if last := _last_step(ladder, step, place):
        days.append(last + timedelta(days=days_after_last(ladder, place)))
    if not is_act(step) and (pause := pause_reason(ladder, place)):
        days.append(on + timedelta(days=pause[0]))
    if stage.act is Act.PROPOSE_SUSPENSION:
        warned = _warned_on(ladder, step, stage)
        if warned is None or stage.warned_by is None or ladder.situation.case.suspension is not None:
            return None
        days.append(warned + timedelta(days=stage.warned_by.days_min))
        if max(days) > warned + timedelta(days=stage.warned_by.days_max):
            return None
    return max(days)


def _last_step(ladder: Ladder, step: Step, place: int) -> date | None:
    """The day of the last notice of a milder stage, today's among them."""
    if is_act(step):
        return ladder.situation.on
    return max((n.on for p, s in ladder.stages if p < place and (n := ladder.view.accepted(s.name))), default=None)


def _warned_on(ladder: Ladder, step: Step, stage: Stage) -> date | None:
    warns = stage.warned_by.stage if stage.warned_by else ""
    if is_act(step) and step.stage == warns:
        return ladder.situation.on
    accepted = ladder.view.accepted(warns)
    return accepted.on if accepted else None


def once_late(situation: Situation) -> tuple[str, date | None]:
    """The first stage that what falls due next would reach if it were not paid, and its day."""
    waiting = [item for item in situation.chased if not item.is_overdue]
    nearest = min((item.debt.due_on for item in waiting), default=None)
    groups: dict[str, list[OpenItem]] = {}
    for item in waiting:
        if item.debt.due_on == nearest:
            groups.setdefault(item.debt.currency, []).append(_from_anchor(item, situation))
    coming = [
        (held.in_days, place)
        for place, stage in enumerate(situation.policy.stages)
        if not stage.is_before_due
        for items in groups.values()
        if (held := look_at(stage, items, situation.case)).in_days is not None
    ]
    if not coming:
        return "", None
    in_days, place = min(coming)
    return situation.policy.stages[place].name, situation.on + timedelta(days=max(in_days or 1, 1))


def _from_anchor(item: OpenItem, situation: Situation) -> OpenItem:
    """The item with its days counted as they will be once it is late: from its anchor, with grace."""
    anchor = anchor_of(item.debt, situation.policy.anchor, item.rules.grace_days, situation.case.country)
    days = (situation.on - anchor).days
    return replace(item, days=days, ladder_days=days)
