"""Which receivables are chased together: the rounds that are open, the one that would open next, and those that close.

A receivable belongs to the newest open round that names it, unless a return reopened it after that round had opened: it
was settled then, and what is owed anew needs a warning anew. What no open round has any more closes it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from csp_receivables.domain.collections.cases import Case, Delivery, Notice, Round
from csp_receivables.domain.collections.open_items import OpenItem, Situation
from csp_receivables.domain.collections.policy import Anchor, Stage

DUE = "due-"  # begins the id of a round before anything is due: the due day follows


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """One round with what is chased of it, oldest due first, and the notices it has had, oldest first."""

    round_id: str
    is_open: bool  # False: it would open with its first notice
    items: tuple[OpenItem, ...]
    notices: tuple[Notice, ...] = ()

    def accepted(self, stage: str) -> Notice | None:
        """The newest accepted notice of `stage`."""
        return next((n for n in reversed(self.notices) if n.stage == stage and n.delivery is Delivery.ACCEPTED), None)

    def doubtful(self, stage: str) -> Notice | None:
        """The newest notice of `stage`, when nobody knows whether it was sent."""
        newest = next((n for n in reversed(self.notices) if n.stage == stage), None)
        return newest if newest and newest.delivery is Delivery.IN_DOUBT else None


def is_due_round(round_id: str) -> bool:
    """Is it a round of what is not due yet?"""
    return round_id.startswith(DUE)


def place_of(round_id: str) -> tuple[int, int]:
    """Episode and number: "2.10" is (2, 10)."""
    episode, _, number = round_id.partition(".")
    return int(episode), int(number)


def open_rounds(situation: Situation) -> tuple[list[Round], list[Round]]:
    """The customer's open rounds that still have a receivable, and those that close now; both oldest first."""
    if "rounds" not in situation.worked_out:
        unclosed = [r for r in _numbered(situation.case) if r.closed_on is None]
        belongs = belonging(situation, unclosed)
        alive = set(belongs.values())
        kept = [r for r in unclosed if r.round_id in alive], [r for r in unclosed if r.round_id not in alive]
        situation.worked_out["rounds"] = kept
        if not kept[1]:  # what belongs to which of those that stay open is what belongs to which of all
            situation.worked_out["belongs"] = belongs
    rounds: tuple[list[Round], list[Round]] = situation.worked_out["rounds"]
    return rounds


def belonging(situation: Situation, unclosed: Sequence[Round]) -> dict[str, str]:
    """receivable id → the open round it belongs to, of all that is open."""
    belongs: dict[str, str] = {}
    if not unclosed:
        return belongs
    for item in situation.items:
        debt = item.debt
        newest = next((r for r in reversed(unclosed) if debt.receivable_id in r.receivable_ids), None)
        if newest and not (debt.reopened_on and debt.reopened_on > newest.opened_on):
            belongs[debt.receivable_id] = newest.round_id
    return belongs


def _numbered(case: Case) -> list[Round]:
    if not case.rounds:
        return []
    return sorted((r for r in case.rounds if not is_due_round(r.round_id)), key=lambda r: place_of(r.round_id))


def next_round_id(case: Case, still_open: Collection[Round]) -> str:
    """The id of a round that opens beside `still_open`: the next of their episode, or the first of a new one."""
    places = [place_of(r.round_id) for r in _numbered(case)]
    if not still_open:
        return f"{max((episode for episode, _ in places), default=0) + 1}.1"
    episode = max(place_of(r.round_id)[0] for r in still_open)
    return f"{episode}.{max(number for e, number in places if e == episode) + 1}"


def overdue_views(situation: Situation, chased: Sequence[OpenItem]) -> list[RoundView]:
    """The rounds of what is overdue of `chased`: those that are open, oldest first, then the one that would open."""
    alive, _ = open_rounds(situation)
    belongs = situation.worked_out.get("belongs")
    if belongs is None:
        belongs = belonging(situation, alive)
    overdue = [item for item in chased if item.days > 0]
    views = [
        _view(situation.case, r.round_id, tuple(i for i in overdue if belongs.get(i.debt.receivable_id) == r.round_id))
        for r in alive
    ]
    unnamed = tuple(i for i in overdue if i.debt.receivable_id not in belongs)
    if unnamed:
        new = next_round_id(situation.case, alive)
        views.append(RoundView(round_id=new, is_open=False, items=unnamed))
    return [view for view in views if view.items]


def due_views(situation: Situation, chased: Sequence[OpenItem]) -> tuple[list[RoundView], list[RoundView]]:
    """The rounds of what is not due yet, one a due day, the nearest first; and, of what is too far off for any stage,
    the next one: nothing can be due for it."""
    leads = [-lead for _, s in situation.policy.before_due for lead in _leads(situation, s)]
    if not leads:
        return [], []
    # Days that are counted from another anchor than the due date say nothing of how far off a due day is.
    from_due = situation.policy.anchor is Anchor.DUE_DATE
    furthest = situation.on + timedelta(days=max(leads))
    days: dict[date, list[OpenItem]] = {}
    for item in chased:
        if item.days <= 0 and item.debt.due_on >= situation.on:
            days.setdefault(item.debt.due_on, []).append(item)
    near = sorted(day for day in days if day <= furthest)
    far = [min(day for day in days if day > furthest)] if len(near) < len(days) else []
    views = [_view(situation.case, f"{DUE}{day}", tuple(days[day])) for day in (*near, *far)]
    return (views[: len(near)], views[len(near) :]) if from_due else (views, [])


def _leads(situation: Situation, stage: Stage) -> list[int]:
    """The days at which the stage may begin, by the policy or an override."""
    others = [o.stage_days[stage.name] for o in situation.rules.fitting if stage.name in o.stage_days]
    return [stage.when.days_min or 0, *others]


def _view(case: Case, round_id: str, items: tuple[OpenItem, ...]) -> RoundView:
    of_round = [n for n in case.notices if n.round_id == round_id]
    notices = tuple(sorted(of_round, key=lambda n: (n.on, n.delivery)))
    return RoundView(round_id=round_id, is_open=not is_due_round(round_id), items=items, notices=notices)
