"""Where one round stands on the ladder: the hardest step that is due and allowed, and what keeps harder ones back.

Stages are tried from the hardest down to the one after the last that was reached: so late runs merge notices forward,
and milder ones are never sent afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from csp_receivables.domain.collections.conditions import Held, look_at
from csp_receivables.domain.collections.decisions import Answer, Reason
from csp_receivables.domain.collections.open_items import OpenItem, Situation
from csp_receivables.domain.collections.policy import CLEAR, Act, Stage
from csp_receivables.domain.collections.rounds import RoundView, is_due_round
from csp_receivables.domain.made_by_the_million import maker_of

NOT_REACHED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one round asks for. `place` is the stage's place in the policy, NOT_REACHED for "clear"."""

    view: RoundView
    answer: Answer
    stage: str
    place: int
    currency: str
    items: tuple[OpenItem, ...]
    because: tuple[Reason, ...]
    kept_back: tuple[Reason, ...] = ()  # harder steps that were due, and why they are not taken
    anew: bool = False  # it needs a new round for the same receivables: its warning can't be given again in this one


_step = maker_of(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """One round under the policy's stages: what holds for it, and how far it has come."""

    situation: Situation
    view: RoundView
    stages: tuple[tuple[int, Stage], ...]  # with their place in the policy, mildest first
    groups: Mapping[str, list[OpenItem]]  # the round's receivables by currency, in the order of the codes
    reached: int = NOT_REACHED
    looked_at: dict[int, Mapping[str, Held]] = field(default_factory=dict)  # conditions are asked for only when needed
    held_at: dict[int, dict[str, Held]] = field(default_factory=dict)

    def causes(self, place: int) -> Mapping[str, Held]:
        """The stage's condition in each currency."""
        known = self.looked_at.get(place)
        if known is None:
            stage, case = self.situation.policy.stages[place], self.situation.case
            known = {currency: look_at(stage, items, case) for currency, items in self.groups.items()}
            self.looked_at[place] = known
        return known

    def holding(self, place: int) -> dict[str, Held]:
        """The currencies in which the stage's condition holds now."""
        known = self.held_at.get(place)
        if known is None:
            known = {currency: held for currency, held in self.causes(place).items() if held.holds}
            self.held_at[place] = known
        return known

    def causing(self, place: int) -> tuple[OpenItem, ...]:
        """The receivables that make the stage's condition hold."""
        currencies = self.holding(place)
        if len(currencies) == len(self.groups):
            return self.view.items
        return tuple(item for item in self.view.items if item.debt.currency in currencies)

    @property
    def first(self) -> int:
        """The place of the mildest stage."""
        return self.stages[0][0]

    @property
    def is_suspended(self) -> bool:
        """Was access taken for this round?"""
        return _is_suspended(self.view, self.situation)

    def standing(self) -> int:
        """The hardest stage that was reached and whose condition still holds; NOT_REACHED when none does."""
        reached = (place for place, _ in reversed(self.stages) if place <= self.reached)
        return next((place for place in reached if self.holding(place)), NOT_REACHED)


def ladder_of(view: RoundView, situation: Situation) -> Ladder | None:
    """The ladder of one round; None where the policy has no stage for it."""
    stages = situation.policy.before_due if is_due_round(view.round_id) else situation.policy.once_overdue
    if not stages:
        return None
    groups: dict[str, list[OpenItem]] = {}
    for item in view.items:
        groups.setdefault(item.debt.currency, []).append(item)
    if len(groups) > 1:
        groups = dict(sorted(groups.items()))
    reached = [place for place, stage in stages if view.accepted(stage.name)] if view.notices else []
    if _is_suspended(view, situation):
        reached += [place for place, stage in stages if stage.act is Act.PROPOSE_SUSPENSION][-1:]
    return Ladder(
        situation=situation, view=view, stages=stages, groups=groups, reached=max(reached, default=NOT_REACHED)
    )


def _is_suspended(view: RoundView, situation: Situation) -> bool:
    suspension = situation.case.suspension
    return suspension is not None and suspension.round_id == view.round_id


def deciding_currency(ladder: Ladder, place: int) -> str:
    """Of the currencies in which the stage's condition holds the one with the oldest debt; ties by code."""
    holding = ladder.holding(place)
    if len(holding) == 1:  # as nearly always
        return next(iter(holding))
    return min(
        holding,
        key=lambda c: (min(i.debt.due_on for i in ladder.groups[c]), c),
    )


def stage_name(ladder: Ladder, place: int) -> str:
    """The stage's name, "clear" for none."""
    return CLEAR if place == NOT_REACHED else ladder.situation.policy.stages[place].name


def waits(ladder: Ladder, because: Sequence[Reason]) -> Step:
    """Nothing is due for this round, or all that is due is kept back."""
    place = ladder.standing()
    items = ladder.view.items
    currency = deciding_currency(ladder, place) if place != NOT_REACHED else items[0].debt.currency
    return _step(
        view=ladder.view,
        answer=Answer.WAIT,
        stage=stage_name(ladder, place),
        place=place,
        currency=currency,
        items=items,
        because=tuple(because),
    )


def takes(ladder: Ladder, place: int, *also: Reason, items: Sequence[OpenItem] = (), anew: bool = False) -> Step:
    """The act of the stage at `place` is due, because its condition holds and because of what `also` says."""
    stage = ladder.situation.policy.stages[place]
    # A warning may go out before its own condition holds: then a suspension that demands it is the reason.
    currency = deciding_currency(ladder, place) if ladder.holding(place) else ladder.view.items[0].debt.currency
    held = ladder.causes(place)[currency]
    return _step(
        view=ladder.view,
        answer=Answer(stage.act.value),
        stage=stage.name,
        place=place,
        currency=currency,
        items=tuple(items) or ladder.view.items,
        because=(*held.reasons, *also),
        anew=anew,
    )


def days_until(ladder: Ladder, place: int) -> int | None:
    """In how many days the condition of a stage holds if nothing but the calendar moves; None: it never does."""
    days = [held.in_days for held in ladder.causes(place).values() if held.in_days is not None]
    return min(days, default=None)


def gap_reason(ladder: Ladder, place: int) -> tuple[int, Reason] | None:
    """The days still missing since the last accepted notice of a milder stage, and the reason; None when none is."""
    wanted = days_after_last(ladder, place) if ladder.view.notices else 0
    if not wanted:
        return None
    milder = [n for p, s in ladder.stages if p < place and (n := ladder.view.accepted(s.name))]
    if not milder:
        return None
    newest = max(milder, key=lambda n: n.on)
    passed = (ladder.situation.on - newest.on).days
    if passed >= wanted:
        return None
    return wanted - passed, Reason(rule=f"days_after_{newest.stage}", threshold=str(wanted), actual=str(passed))


def days_after_last(ladder: Ladder, place: int) -> int:
    """So many days the stage waits after the last step of a milder one: its own word, else for the end of the ladder
    the days that lie between it and the stage before, so that who hears late has as long to answer as anybody."""
    stage = ladder.situation.policy.stages[place]
    if stage.days_after_previous_min or stage.act is not Act.ESCALATE:
        return stage.days_after_previous_min
    before = next((s for p, s in reversed(ladder.stages) if p < place and s.when.days_alone is not None), None)
    if before is None or stage.when.days_alone is None:
        return 0
    return max(0, min(_begins(stage, item) - _begins(before, item) for item in ladder.view.items))


def _begins(stage: Stage, item: OpenItem) -> int:
    return item.rules.stage_days.get(stage.name, stage.when.days_alone or 0)


def pause_reason(ladder: Ladder, place: int) -> tuple[int, Reason] | None:
    """The days that a part payment still holds harder stages back; None when it doesn't, or the stage is no harder."""
    days = ladder.situation.policy.part_payment_pause_days
    if not days or place <= max(ladder.reached, ladder.first):
        return None
    paid = [item.debt.part_paid_on for item in ladder.view.items if item.debt.part_paid_on]
    if not paid:
        return None
    passed = (ladder.situation.on - max(paid)).days
    if passed >= days:
        return None
    until = max(paid) + timedelta(days=days)
    return days - passed, Reason(rule="part_payment", threshold=f"{days} days", actual=f"{max(paid)}, until {until}")
