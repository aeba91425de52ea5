"""The step one round takes today: the hardest that is due and that nothing keeps back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from csp_receivables.domain.collections.decisions import Answer, Reason
from csp_receivables.domain.collections.ladder import (
    NOT_REACHED,
    Ladder,
    Step,
    gap_reason,
    pause_reason,
    takes,
    waits,
)
from csp_receivables.domain.collections.policy import Act, Stage
from csp_receivables.domain.collections.warning import WarningState, warning_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """A step that is due and not taken, why, and in how many days the why is over (None: when somebody sees to it)."""

    place: int
    because: tuple[Reason, ...]
    in_days: int | None = None


def step_of(ladder: Ladder) -> tuple[Step, tuple[KeptBack, ...]]:
    """What the round asks for today, with the harder steps that are due and kept back, hardest first."""
    if doubt := _in_doubt(ladder):
        return waits(ladder, doubt.because), (doubt,)
    kept: list[KeptBack] = []
    for place, stage in reversed(ladder.stages):
        if place <= ladder.reached or not ladder.holding(place):
            continue
        tried = _try(ladder, place, stage)
        if isinstance(tried, Step):
            return replace(tried, kept_back=_reasons_of(ladder, kept)) if kept else tried, tuple(kept)
        kept.append(tried)
    because = [reason for each in kept for reason in each.because] or _nothing_due(ladder)
    step = waits(ladder, tuple(dict.fromkeys(because)))
    return replace(step, kept_back=_reasons_of(ladder, kept)) if kept else step, tuple(kept)


def _reasons_of(ladder: Ladder, kept: Sequence[KeptBack]) -> tuple[Reason, ...]:
    return tuple(outranked(ladder, each.place, each.because) for each in kept)


def outranked(ladder: Ladder, place: int, because: Sequence[Reason]) -> Reason:
    """A step that was considered and not taken, as one reason."""
    stage = ladder.situation.policy.stages[place]
    return Reason(rule=stage.name, threshold=stage.act.value, actual="; ".join(map(str, because)))


def _in_doubt(ladder: Ladder) -> KeptBack | None:
    """A notice of which nobody knows whether it went out is settled before another is sent."""
    for place, stage in reversed(ladder.stages) if ladder.view.notices else ():
        if doubtful := ladder.view.doubtful(stage.name):
            reason = Reason(rule="notice_in_doubt", threshold="settled", actual=f"{stage.name} of {doubtful.on}")
            return KeptBack(place=place, because=(reason,))
    return None


def _try(ladder: Ladder, place: int, stage: Stage) -> Step | KeptBack:
    if stage.act is Act.SEND_NOTICE:
        return _try_notice(ladder, place) or takes(ladder, place)
    if stage.act is Act.PROPOSE_SUSPENSION:
        return _try_suspension(ladder, place, stage)
    return _try_escalation(ladder, place, stage)


def _try_notice(ladder: Ladder, place: int) -> KeptBack | None:
    """What keeps a notice back; None when nothing does."""
    if early := _too_early(ladder, place):
        return early
    case, policy = ladder.situation.case, ladder.situation.policy
    if case.feed_stale and policy.stages[place].name in policy.warning_stages:
        return KeptBack(place=place, because=(_stale(ladder),))
    if not case.has_address:
        return KeptBack(place=place, because=(Reason(rule="address", threshold="one that works", actual="none"),))
    return None


def _try_suspension(ladder: Ladder, place: int, stage: Stage) -> Step | KeptBack:
    if kept := _too_early_to_suspend(ladder, place):
        return kept
    warning = warning_of(ladder, place, stage)
    if warning.state is WarningState.NONE or warning.state is WarningState.SPENT:
        return _warns(ladder, place, warning.place, warning.reason, anew=warning.state is WarningState.SPENT)
    if warning.state is WarningState.YOUNG:
        return KeptBack(place=place, because=(warning.reason,), in_days=warning.in_days)
    if doubts := _doubts(ladder):
        return KeptBack(place=place, because=doubts)
    return takes(ladder, place, warning.reason, items=warning.causes)


def _too_early_to_suspend(ladder: Ladder, place: int) -> KeptBack | None:
    suspension = ladder.situation.case.suspension
    if suspension is not None:
        since = Reason(rule="suspended", threshold="once", actual=f"since {suspension.on}")
        return KeptBack(place=place, because=(since,))
    if hysteresis := _would_return_at_once(ladder, place):
        return KeptBack(place=place, because=(hysteresis,))
    return _too_early(ladder, place)


def _too_early(ladder: Ladder, place: int) -> KeptBack | None:
    for timed in (pause_reason(ladder, place), gap_reason(ladder, place)):
        if timed:
            return KeptBack(place=place, because=(timed[1],), in_days=timed[0])
    return None


def _doubts(ladder: Ladder) -> tuple[Reason, ...]:
    """Why nothing hard may happen (invariant I2)."""
    case = ladder.situation.case
    doubts = tuple(Reason(rule="doubt", threshold="none", actual=doubt) for doubt in sorted(case.doubts))
    return (*doubts, _stale(ladder)) if case.feed_stale else doubts


def _warns(ladder: Ladder, place: int, warning_place: int, missing: Reason, *, anew: bool) -> Step | KeptBack:
    """The warning that a suspension lacks, however late the debt."""
    if kept := _try_notice(ladder, warning_place):
        return KeptBack(place=place, because=(missing, *kept.because), in_days=kept.in_days)
    return takes(ladder, warning_place, missing, anew=anew)


def _would_return_at_once(ladder: Ladder, place: int) -> Reason | None:
    """Who would get access back at once is not suspended for so little: access does not flap."""
    below = ladder.situation.policy.reinstate_below
    owed: dict[str, int] = {}
    for item in ladder.causing(place):
        owed[item.debt.currency] = owed.get(item.debt.currency, 0) + item.owed
    if any(amount > below.get(currency, 0) for currency, amount in owed.items()):
        return None
    return Reason(rule="reinstate_below", threshold="more", actual="no more than what access returns at")


def _try_escalation(ladder: Ladder, place: int, stage: Stage) -> Step | KeptBack:
    if early := _too_early(ladder, place):
        return early
    if unheard := _not_heard_yet(ladder, place):
        return KeptBack(place=place, because=(unheard,))
    return takes(ladder, place, Reason(rule="owner", threshold="", actual=stage.owner))


def _not_heard_yet(ladder: Ladder, place: int) -> Reason | None:
    """Nobody is handed over before they heard of it, nor while a suspension may still be proposed on a warning."""
    if ladder.is_suspended or not ladder.situation.case.has_address:
        return None
    for milder, stage in reversed([(p, s) for p, s in ladder.stages if p < place and ladder.holding(p)]):
        if milder <= ladder.reached:
            return None
        if stage.act is Act.SEND_NOTICE:
            return Reason(rule=stage.name, threshold="accepted first", actual="not accepted")
        if stage.act is Act.PROPOSE_SUSPENSION and ladder.situation.case.suspension is None:
            warning = warning_of(ladder, milder, stage)
            if warning.is_too_old:
                return None
            return Reason(rule=stage.name, threshold="decided first", actual=str(warning.reason))
    return None


def _stale(ladder: Ladder) -> Reason:
    return Reason(
        rule="bank_feed",
        threshold=f"at most {ladder.situation.policy.feed_hours_max} hours old",
        actual=ladder.situation.case.feed_stale,
    )


def _nothing_due(ladder: Ladder) -> list[Reason]:
    """What was done last, and what the next stage still lacks."""
    because = []
    for place, stage in ladder.stages:
        if place == ladder.reached and (done := ladder.view.accepted(stage.name)):
            because.append(Reason(rule=stage.name, threshold="once", actual=f"done on {done.on}"))
    following = next((place for place, _ in ladder.stages if place > ladder.reached), NOT_REACHED)
    if following != NOT_REACHED:
        nearest = min(ladder.causes(following).values(), key=lambda held: (held.in_days is None, held.in_days or 0))
        because.extend(nearest.reasons)
    return because or [Reason(rule="ladder", threshold="a stage", actual="none is left")]


def is_act(step: Step) -> bool:
    """Does the step ask for anything?"""
    return step.answer is not Answer.WAIT
