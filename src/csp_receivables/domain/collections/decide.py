"""One customer, one policy, one day: one answer. Pure: live runs, backfills, simulations and backtests ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from csp_receivables.domain.collections.cases import Case, Round
from csp_receivables.domain.collections.climb import KeptBack, is_act, outranked, step_of
from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.collections.guards import above_minimum, covered_reasons, first_guard
from csp_receivables.domain.collections.holds import JUDGED
from csp_receivables.domain.collections.ladder import Ladder, Step, ladder_of
from csp_receivables.domain.collections.open_items import OpenItem, Situation, look
from csp_receivables.domain.collections.outlook import once_late, outlook
from csp_receivables.domain.collections.policy import CLEAR, Act, CollectionsPolicy
from csp_receivables.domain.collections.reinstatement import reasons_to_reinstate
from csp_receivables.domain.collections.rounds import (
    RoundView,
    due_views,
    is_due_round,
    next_round_id,
    open_rounds,
    overdue_views,
)
from csp_receivables.domain.made_by_the_million import maker_of

_made = maker_of(Decision)
Climbed = tuple[Ladder, Step, tuple[KeptBack, ...]]


def decide(case: Case, policy: CollectionsPolicy, on: date) -> Decision:
    """The one answer for `case` under `policy` as of the end of `on`. The order within the case decides nothing."""
    situation = look(case, policy, on)
    if because := reasons_to_reinstate(situation):
        return _reinstates(situation, because)
    if because := first_guard(situation):
        return _left_alone(situation, because)
    climbed, too_little = _climb(situation)
    if not climbed and too_little:
        return _left_alone(situation, too_little)
    if not climbed:
        stage, on_day = once_late(situation)
        return replace(_left_alone(situation, (_not_overdue(situation),)), next_stage=stage, next_on=on_day)
    return _answer(situation, climbed, too_little)


def _climb(situation: Situation) -> tuple[list[Climbed], tuple[Reason, ...]]:
    """Every round's step, the one that counts first; and why currencies are left alone."""
    overdue, too_little = above_minimum([i for i in situation.chased if i.days > 0], situation)
    views = overdue_views(situation, overdue)
    near, far = due_views(situation, situation.chased)
    climbed = _steps(views, situation)
    # What is far off waits, and what waits says nothing beside an act: 1 of 2.5 rounds of who is late is left out.
    for view in near if any(is_act(step) for _, step, _ in climbed) else (*near, *far):
        items, too_little_yet = above_minimum(view.items, situation)
        too_little += too_little_yet if not views and not too_little else ()
        enough = [view if len(items) == len(view.items) else replace(view, items=items)] if items else []
        views += enough
        climbed += _steps(enough, situation)
    return sorted(climbed, key=_rank), too_little


def _steps(views: Sequence[RoundView], situation: Situation) -> list[Climbed]:
    ladders = [ladder for view in views if (ladder := ladder_of(view, situation))]
    return [(ladder, *step_of(ladder)) for ladder in ladders]


def _rank(climbed: Climbed) -> tuple[bool, int, date, str, str]:
    """The hardest act first; ties go to the oldest debt, then the currency's code, then the round."""
    ladder, step, _ = climbed
    oldest = min(item.debt.due_on for item in ladder.view.items)
    return (not is_act(step), -step.place, oldest, step.currency, ladder.view.round_id)


def _answer(situation: Situation, climbed: Sequence[Climbed], too_little: tuple[Reason, ...]) -> Decision:
    ladder, step, kept = climbed[0]
    next_stage, next_on = _soonest(climbed) if not is_act(step) else outlook(ladder, step, kept)
    others = tuple(
        outranked(other, later.place, later.because) for other, later, _ in climbed[1:] if is_act(later)
    ) + tuple(reason for _, later, _ in climbed[1:] for reason in later.kept_back)
    aside = (*situation.set_aside, *covered_reasons(situation), *too_little, *_judged(situation), *_feed(situation))
    naming = _naming(situation, step)
    return _decision(
        situation,
        step.answer,
        step.stage,
        step.currency,
        (*step.because, *aside),
        days_overdue=max(0, *(item.days for item in step.items)),
        outranked=(*step.kept_back, *others),
        next_stage=next_stage,
        next_on=next_on,
        round_id=naming[0],
        receivable_ids=naming[1],
        opens=naming[2],
    )


def _naming(situation: Situation, step: Step) -> tuple[str, tuple[str, ...], Round | None]:
    """The round and receivables of the step, and the round that opens with it."""
    if not is_act(step):
        return step.view.round_id if step.view.is_open else "", (), None
    names = tuple(item.debt.receivable_id for item in step.items)
    if is_due_round(step.view.round_id) or (step.view.is_open and not step.anew):
        return step.view.round_id, names, None
    round_id = next_round_id(situation.case, open_rounds(situation)[0]) if step.anew else step.view.round_id
    opens = Round(
        round_id=round_id,
        opened_on=situation.on,
        policy_version=situation.policy.version,
        receivable_ids=frozenset(names),
    )
    return round_id, names, opens


def _soonest(climbed: Sequence[Climbed]) -> tuple[str, date | None]:
    """Of the rounds that all wait the step that comes first; the one without a day only where no other has one."""
    looked = [outlook(ladder, step, kept) for ladder, step, kept in climbed]
    coming = [(day is None, day or date.max, place) for place, (stage, day) in enumerate(looked) if stage]
    return looked[min(coming)[2]] if coming else ("", None)


def _decision(
    situation: Situation, answer: Answer, stage: str, currency: str, because: Sequence[Reason], **more: Any
) -> Decision:
    """What every decision has, and `more` of its fields. `closes`: rounds of which nothing is left."""
    return _made(
        customer_id=situation.case.customer_id,
        on=situation.on,
        answer=answer,
        stage=stage,
        currency=currency,
        open=situation.open(currency) if currency else 0,
        overdue=situation.overdue(currency) if currency else 0,
        because=tuple(because),
        closes=tuple(r.round_id for r in open_rounds(situation)[1]) if situation.case.rounds else (),
        policy_version=situation.policy.version,
        **more,
    )


def _left_alone(situation: Situation, because: tuple[Reason, ...]) -> Decision:
    """Wait, by a guard; with the step that it keeps back and the day the holds are over."""
    items = situation.items
    without = look(situation.case, situation.policy, situation.on, despite_holds=True) if situation.holds else situation
    climbed, _ = _climb(without) if items else ([], ())
    steps = [(ladder, step) for ladder, step, _ in climbed if is_act(step)]
    ends = _holds_end(situation)
    stage = max((ladder.standing() for ladder, *_ in climbed), default=-1)
    next_stage = steps[0][1].stage if steps and ends else ""
    return _decision(
        situation,
        Answer.WAIT,
        situation.policy.stages[stage].name if stage >= 0 else CLEAR,
        _oldest_currency(items),
        (*because, *(r for r in _judged(situation) if r not in because), *_feed(situation)),
        days_overdue=_days_overdue(situation),
        outranked=tuple(outranked(ladder, step.place, step.because) for ladder, step in steps),
        next_stage=next_stage,
        next_on=ends if next_stage else None,
    )


def _days_overdue(situation: Situation) -> int:
    return max((item.days for item in situation.items if item.is_overdue), default=0)


def _oldest_currency(items: Sequence[OpenItem]) -> str:
    return min(((i.debt.due_on, i.debt.currency) for i in items), default=(date.max, ""))[1]


def _holds_end(situation: Situation) -> date | None:
    """The first day on which none of the holds holds any more; None where a person must end one, or none holds."""
    last_days = []
    for standing in situation.holds:
        if not standing.holds:
            continue
        promised = max((i.due_on for i in standing.hold.instalments), default=None)
        last_days.append(standing.hold.until or promised)
    known = [day for day in last_days if day]
    return max(known) + timedelta(days=1) if known and len(known) == len(last_days) else None


def _not_overdue(situation: Situation) -> Reason:
    oldest = situation.items[0].debt
    return Reason(rule="overdue", threshold="past its due date", actual=f"the oldest is due {oldest.due_on}")


def _judged(situation: Situation) -> tuple[Reason, ...]:
    """Promises and plans that were kept, partly kept or broken: they hold nothing back, and it is said."""
    return tuple(standing.reason() for standing in situation.holds if standing.state in JUDGED)


def _feed(situation: Situation) -> tuple[Reason, ...]:
    """How old the data is that the answer rests on, where it is known."""
    until = situation.case.feed_until
    if until is None or situation.case.feed_stale or not situation.items:
        return ()
    return (Reason(rule="bank_feed", threshold="", actual=f"covers every account until {until}"),)


def _reinstates(situation: Situation, because: tuple[Reason, ...]) -> Decision:
    suspension = situation.case.suspension
    assert suspension is not None
    stage = next((s.name for s in situation.policy.stages if s.act is Act.PROPOSE_SUSPENSION), CLEAR)
    return _decision(
        situation,
        Answer.REINSTATE,
        stage,
        _oldest_currency(situation.items),
        (*because, *_feed(situation)),
        days_overdue=_days_overdue(situation),
        round_id=suspension.round_id,
        receivable_ids=tuple(sorted(suspension.receivable_ids)),
    )
