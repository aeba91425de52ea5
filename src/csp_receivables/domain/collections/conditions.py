"""Does a stage's condition hold for some receivables of one currency? Each part that was looked at is a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.open_items import OpenItem
from csp_receivables.domain.collections.policy import Condition, Stage
from csp_receivables.domain.made_by_the_million import maker_of
from csp_receivables.domain.money import to_text

_ladder_days = attrgetter("ladder_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether a condition holds, and in how many days the calendar alone brings it (0: now; None: it never does).

    What was looked at is kept and put into words when asked: of three conditions only one is ever told.
    """

    holds: bool
    in_days: int | None
    condition: Condition
    items: Sequence[OpenItem]
    case: Case
    nearest: tuple[OpenItem, int] | None  # the receivable that the days are counted by, and the days it needs
    branch: Held | None = None  # of `any_of` the one that holds, or is nearest

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Each part that was looked at, in words."""
        return (*_reasons(self), *(self.branch.reasons if self.branch else ()))


_held = maker_of(Held)


def look_at(stage: Stage, items: Sequence[OpenItem], case: Case) -> Held:
    """The condition of `stage` for `items`, which share a currency and are not empty."""
    return _look(stage, stage.when, items, case)


def _look(stage: Stage, condition: Condition, items: Sequence[OpenItem], case: Case) -> Held:
    own = _all_parts(stage, condition, items, case)
    if not condition.any_of:
        return own
    branches = [_look(stage, branch, items, case) for branch in condition.any_of]
    nearest = min(branches, key=lambda b: (not b.holds, b.in_days is None, b.in_days or 0))
    in_days = None if own.in_days is None or nearest.in_days is None else max(own.in_days, nearest.in_days)
    return replace(own, holds=own.holds and nearest.holds, in_days=in_days, branch=nearest)


def _says_nothing(condition: Condition) -> bool:
    parts = (condition.amount_min, condition.tags, condition.without_tags, condition.any_of)
    return condition.days_min is None and condition.receivables_min is None and not any(parts)


def _all_parts(stage: Stage, condition: Condition, items: Sequence[OpenItem], case: Case) -> Held:
    """Every part but `any_of`."""
    missing_days, holds_but_for_days = 0, True
    nearest: tuple[OpenItem, int] | None = None
    if condition.days_min is not None or _says_nothing(condition):
        item, needed = nearest = _nearest(stage, condition, items)
        missing_days = max(needed - item.ladder_days, 0)
    if (least := condition.amount_min.get(items[0].debt.currency)) is not None:
        holds_but_for_days &= _owed(items) >= least
    if condition.receivables_min is not None:
        holds_but_for_days &= len(items) >= condition.receivables_min
    if condition.tags or condition.without_tags:
        holds_but_for_days &= condition.tags <= case.tags and not condition.without_tags & case.tags
    return _held(
        holds=holds_but_for_days and missing_days == 0,
        in_days=missing_days if holds_but_for_days else None,
        condition=condition,
        items=items,
        case=case,
        nearest=nearest,
    )


def _reasons(held: Held) -> Iterator[Reason]:
    """Every part but `any_of`, in words."""
    condition, currency = held.condition, held.items[0].debt.currency
    if held.nearest:
        item, needed = held.nearest
        counted = "" if item.days == item.ladder_days else f", counted as {item.ladder_days} since live_from"
        yield Reason(rule="days_overdue", threshold=str(needed), actual=f"{item.days}{counted}")
    if (least := condition.amount_min.get(currency)) is not None:
        yield Reason(
            rule="amount_overdue",
            threshold=f"{to_text(least, currency)} {currency}",
            actual=f"{to_text(_owed(held.items), currency)} {currency}",
        )
    if condition.receivables_min is not None:
        yield Reason(rule="receivables_overdue", threshold=str(condition.receivables_min), actual=str(len(held.items)))
    if condition.tags or condition.without_tags:
        yield _tags(condition, held.case)


def _owed(items: Sequence[OpenItem]) -> int:
    return sum([item.owed for item in items])


def _nearest(stage: Stage, condition: Condition, items: Sequence[OpenItem]) -> tuple[OpenItem, int]:
    """The receivable that lacks the fewest days, the first of equals, and how many days it needs."""
    # Without days of its own a condition speaks of what is overdue: from the first day after the anchor.
    own = 1 if condition.days_min is None else condition.days_min
    is_own = condition is stage.when and condition.days_min is not None  # an override's days replace no alternative's
    if not is_own or not any([item.rules.stage_days for item in items]):
        return max(items, key=_ladder_days), own
    needs = [(_needed(stage, own, item) - item.ladder_days, _needed(stage, own, item)) for item in items]
    nearest = min(needs)
    return items[needs.index(nearest)], nearest[1]


def _needed(stage: Stage, own: int, item: OpenItem) -> int:
    return item.rules.stage_days.get(stage.name, own) if item.rules.stage_days else own


def _tags(condition: Condition, case: Case) -> Reason:
    wanted = [f"with {tag}" for tag in sorted(condition.tags)]
    unwanted = [f"without {tag}" for tag in sorted(condition.without_tags)]
    return Reason(rule="tags", threshold=", ".join(wanted + unwanted), actual=", ".join(sorted(case.tags)) or "none")
