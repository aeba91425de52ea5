"""What is wrong with a policy's overrides, and the check of a policy as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from csp_receivables.domain.collections.policy import CollectionsPolicy, Override, Stage
from csp_receivables.domain.collections.policy_check import (
    Place,
    PolicyFault,
    condition_faults,
    ladder_faults,
    stage_faults,
)

_SELECTORS = ("receivables", "customers", "tags", "countries")


def policy_faults(policy: CollectionsPolicy) -> tuple[PolicyFault, ...]:
    """Everything that is wrong with `policy`; none when it can be used."""
    return (*stage_faults(policy), *_override_faults(policy), *_conflicts(policy))


def _override_faults(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    days = {stage.name: stage.when.days_min for stage in policy.stages}
    for at, override in enumerate(policy.overrides):
        place: Place = ("overrides", at)
        kinds = [name for name in _SELECTORS if getattr(override, name)]
        if len(kinds) != 1:
            found = f"an override is for {' and '.join(kinds) or 'nobody'}"
            remedy = f"Name exactly one of {', '.join(_SELECTORS)}; write several overrides for several kinds"
            yield PolicyFault(place=place, found=found, remedy=remedy)
        if not override.because:
            remedy = "Add `because:` with the reason; decisions show it"
            yield PolicyFault(place=(*place, "because"), found="an override gives no reason", remedy=remedy)
        changes = _changes(override)
        if not changes:
            remedy = "Say exempt, grace_days, minimum or stage_days, or remove it"
            yield PolicyFault(place=place, found="an override changes nothing", remedy=remedy)
        if override.exempt and len(changes) > 1:
            found = "who is never chased needs no other rules"
            yield PolicyFault(place=(*place, "exempt"), found=found, remedy="Keep exempt alone, or remove it")
        for name in override.stage_days:
            if days.get(name) is None:
                found = f"{name} is no stage" if name not in days else f"{name} has no days_min under `when` to replace"
                remedy = f"Write one of {', '.join(each for each, day in days.items() if day is not None)}"
                where = (*place, "stage_days", name)
                yield PolicyFault(place=where, found=found, remedy=remedy, also=(("stages",),))
        yield from _ladder_under(policy, at)


def _ladder_under(policy: CollectionsPolicy, at: int) -> Iterator[PolicyFault]:
    """What the override breaks that was right before."""
    override = policy.overrides[at]
    if not override.stage_days:
        return
    place: Place = ("overrides", at, "stage_days")
    changed = stages_under(policy.stages, override)
    known = {fault.found for fault in ladder_faults(policy)}
    for fault in (*ladder_faults(replace(policy, stages=changed)), *condition_faults(replace(policy, stages=changed))):
        if fault.found not in known and fault.place[:1] == ("stages",):
            yield PolicyFault(place=place, found=fault.found, remedy=fault.remedy, also=(("stages",),))


def stages_under(stages: Sequence[Stage], override: Override) -> tuple[Stage, ...]:
    """The stages with the days that `override` gives them."""
    return tuple(
        replace(stage, when=replace(stage.when, days_min=override.stage_days[stage.name]))
        if stage.name in override.stage_days and stage.when.days_min is not None
        else stage
        for stage in stages
    )


def _changes(override: Override) -> dict[str, object]:
    """What the override sets: by key, and each stage a key of its own."""
    changes: dict[str, object] = {"exempt": True} if override.exempt else {}
    if override.grace_days is not None:
        changes["grace_days"] = override.grace_days
    if override.minimum is not None:
        changes["minimum"] = dict(override.minimum)  # it stands in for the policy's as a whole
    return changes | {f"stage_days.{name}": days for name, days in override.stage_days.items()}


def _conflicts(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    """An override that an earlier one of its kind always outranks, since among equals the first in the file holds."""
    for at, override in enumerate(policy.overrides):
        for before, other in enumerate(policy.overrides[:at]):
            if (same := _both_fit(other, override)) and (keys := _differing(override, other)):
                found = f"override {before + 1} of the list says something else of {same}: {keys[0]}"
                place: Place = ("overrides", at)
                remedy = "Keep one of them, or put the one for fewer first"
                yield PolicyFault(place=place, found=found, remedy=remedy, also=(("overrides", before),))


def _both_fit(earlier: Override, later: Override) -> str:
    """Whom both are for, so that the earlier one holds; "" for nobody. Of tags a customer must have all."""
    for kind in ("receivables", "customers", "countries"):
        if shared := sorted(getattr(earlier, kind) & getattr(later, kind)):
            return f"{kind} {shared[0]}"
    if earlier.tags and earlier.tags <= later.tags:
        return f"tags {', '.join(sorted(later.tags))}"
    return ""


def _differing(one: Override, other: Override) -> list[str]:
    if one.exempt != other.exempt:
        return ["exempt"]
    first, second = _changes(one), _changes(other)
    return sorted(key for key in first.keys() & second.keys() if first[key] != second[key])
