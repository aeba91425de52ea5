"""Does a stage's condition hold for some receivables of one currency? Each part that was looked at is a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.open_items import OpenItem
from csp_receivables.domain.collections.policy import Condition, Stage
from csp_receivables.domain.money import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether a condition holds, and in how many days the calendar alone brings it (0: now; None: it never does)."""

    holds: bool
    in_days: int | None
    reasons: tuple[Reason, ...]


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
    return Held(holds=own.holds and nearest.holds, in_days=in_days, reasons=(*own.reasons, *nearest.reasons))


def _says_nothing(condition: Condition) -> bool:
    parts = (condition.amount_min, condition.tags, condition.without_tags, condition.any_of)
    return condition.days_min is None and condition.receivables_min is None and not any(parts)


def _all_parts(stage: Stage, condition: Condition, items: Sequence[OpenItem], case: Case) -> Held:
    """Every part but `any_of`."""
    currency = items[0].debt.currency
    reasons: list[Reason] = []
    missing_days, holds_but_for_days = 0, True
    if condition.days_min is not None or _says_nothing(condition):
        missing_days, reason = _days(stage, condition, items)
        reasons.append(reason)
    if (least := condition.amount_min.get(currency)) is not None:
        owed = sum(item.owed for item in items)
        holds_but_for_days &= owed >= least
        reasons.append(
            Reason(
                rule="amount_overdue",
                threshold=f"{to_text(least, currency)} {currency}",
                actual=f"{to_text(owed, currency)} {currency}",
            )
        )
    if condition.receivables_min is not None:
        holds_but_for_days &= len(items) >= condition.receivables_min
        reasons.append(
            Reason(rule="receivables_overdue", threshold=str(condition.receivables_min), actual=str(len(items)))
        )
    if condition.tags or condition.without_tags:
        holds_but_for_days &= condition.tags <= case.tags and not condition.without_tags & case.tags
        reasons.append(_tags(condition, case))
    return Held(
        holds=holds_but_for_days and missing_days == 0,
        in_days=missing_days if holds_but_for_days else None,
        reasons=tuple(reasons),
    )


def _days(stage: Stage, condition: Condition, items: Sequence[OpenItem]) -> tuple[int, Reason]:
    """How many days are missing until the days hold, and the reason by the receivable that is nearest."""
    # Without days of its own a condition speaks of what is overdue: from the first day after the anchor.
    own = 1 if condition.days_min is None else condition.days_min
    is_own = condition is stage.when and condition.days_min is not None  # an override's days replace no alternative's
    item, needed, missing = items[0], own, own - items[0].ladder_days
    for each in items:
        its = _needed(stage, own, each) if is_own else own
        if (its - each.ladder_days, its) < (missing, needed) or each is item:
            item, needed, missing = each, its, its - each.ladder_days
    counted = "" if item.days == item.ladder_days else f", counted as {item.ladder_days} since live_from"
    days = f"{item.days}{counted}"
    return max(missing, 0), Reason(rule="days_overdue", threshold=str(needed), actual=days)


def _needed(stage: Stage, own: int, item: OpenItem) -> int:
    return item.rules.stage_days.get(stage.name, own) if item.rules.stage_days else own


def _tags(condition: Condition, case: Case) -> Reason:
    wanted = [f"with {tag}" for tag in sorted(condition.tags)]
    unwanted = [f"without {tag}" for tag in sorted(condition.without_tags)]
    return Reason(rule="tags", threshold=", ".join(wanted + unwanted), actual=", ".join(sorted(case.tags)) or "none")
