"""What is wrong with a policy as a whole: stages that nothing reaches, a suspension without its warning, and the like.

Each rule takes the policy and tells faults; places are keys and positions as in the file. Whether templates exist, and
what a single value may be, the reader of the file checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csp_receivables.domain.collections.notice_content import LETTERS
from csp_receivables.domain.collections.policy import (
    CLEAR,
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Minimum,
    Stage,
)

Place = tuple[str | int, ...]
_HARDNESS = {Act.SEND_NOTICE: 0, Act.PROPOSE_SUSPENSION: 1, Act.ESCALATE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFault:
    """Something that keeps a policy from being used, and what to do. `also`: other places it speaks of."""

    place: Place
    found: str
    remedy: str
    also: tuple[Place, ...] = ()


def stage_faults(policy: CollectionsPolicy) -> tuple[PolicyFault, ...]:
    """What is wrong with the stages and limits; of overrides `policy_override_check` tells."""
    rules = (_names, _acts, condition_faults, ladder_faults, _limits)
    return tuple(fault for rule in rules for fault in rule(policy))


def _names(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    if not policy.stages:
        yield PolicyFault(place=("stages",), found="no stages", remedy="Add at least one stage")
    first: dict[str, int] = {}
    for at, stage in enumerate(policy.stages):
        place: Place = ("stages", at, "name")
        if stage.name == CLEAR:
            remedy = "Give the stage another name"
            yield PolicyFault(place=place, found=f"{CLEAR} means that no stage concerns a customer", remedy=remedy)
        if stage.name in LETTERS:
            found = f"{stage.name} is a letter beside the ladder, and its notices would not count"
            yield PolicyFault(place=place, found=found, remedy="Give the stage another name; see letters")
        if stage.name in first:
            found = f"a stage is named {stage.name} already (stage {first[stage.name] + 1} of the list)"
            yield PolicyFault(place=place, found=found, remedy="Give each stage a name of its own")
        first.setdefault(stage.name, at)


def _acts(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    """Keys that an act needs, and keys that it would ignore."""
    for at, stage in enumerate(policy.stages):
        needs = {
            "template": stage.act is not Act.ESCALATE,
            "warned_by": stage.act is Act.PROPOSE_SUSPENSION,
            "owner": stage.act is Act.ESCALATE,
        }
        for key, needed in needs.items():
            is_given = bool(getattr(stage, key))
            if needed and not is_given:
                yield PolicyFault(place=("stages", at, key), found=_MISSING[key].format(stage.name), remedy=_ADD[key])
            if is_given and not needed:
                found = f"{stage.act.value} has no use for {key}"
                yield PolicyFault(place=("stages", at, key), found=found, remedy="Remove the key")


_MISSING = {
    "template": "stage {} names no template of what is sent",
    "warned_by": "stage {} suspends without a warning before it",
    "owner": "stage {} hands over to nobody",
}
_ADD = {
    "template": "Add `template:` with the name of a notice, such as reminder",
    "warned_by": "Add `warned_by: {stage: final_notice, days_min: 10, days_max: 30}` with the stage that warns",
    "owner": "Add `owner:` with who takes over, such as head of finance",
}


def condition_faults(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    """Conditions that always or never hold."""
    for at, stage in enumerate(policy.stages):
        place: Place = ("stages", at, "when")
        if stage.when == Condition():
            found = "the condition is empty, so the stage would hold for everybody who is a day late"
            yield PolicyFault(place=place, found=found, remedy="Say at least `days_min: 1`")
        yield from _condition_faults(stage.when, place)
        if stage.is_before_due:
            yield from _before_due(policy, stage, place)


def _condition_faults(when: Condition, place: Place, inside: bool = False) -> Iterator[PolicyFault]:  # noqa: FBT001
    days = (*place, "days_min")
    if when.days_min == 0:
        found = "day 0 is the due date itself, on which nothing is overdue"
        yield PolicyFault(place=days, found=found, remedy="Write 1 for the day after, or a negative number for before")
    if inside and when.days_min is not None and when.days_min < 0:
        found = "a stage speaks either of what is not yet due or of what is overdue, not of both"
        yield PolicyFault(
            place=days, found=found, remedy="Make it a stage of its own, with days_min right under `when`"
        )
    if both := sorted(when.tags & when.without_tags):
        found = f"the stage can't be reached: nobody has the tag {both[0]} and lacks it"
        yield PolicyFault(place=(*place, "without_tags"), found=found, remedy="Remove the tag from one of the two")
    for at, part in enumerate(when.any_of):
        if part == Condition():
            found = "an empty alternative always holds, so any_of asks for nothing"
            yield PolicyFault(place=(*place, "any_of", at), found=found, remedy="Say what it asks for, or remove it")
        yield from _condition_faults(part, (*place, "any_of", at), inside=True)


def _before_due(policy: CollectionsPolicy, stage: Stage, place: Place) -> Iterator[PolicyFault]:
    days = (*place, "days_min")
    if policy.anchor is Anchor.ISSUE_DATE:
        found = "the stage can't be reached: before its issue date an invoice does not exist"
        yield PolicyFault(place=days, found=found, remedy="Write days after the issue date, or `anchor: due_date`")
    if stage.act is not Act.SEND_NOTICE:
        found = f"{stage.act.value} before anything is due"
        yield PolicyFault(place=days, found=found, remedy="Write a positive number of days")
    if stage.when.amount_min or stage.when.receivables_min or stage.when.any_of:
        found = "the stage can't be reached: it asks for overdue amounts before anything is due"
        yield PolicyFault(
            place=place, found=found, remedy="Keep days_min and tags alone for a stage before the due date"
        )


def ladder_faults(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    """Stages out of order, stages that nothing reaches, and suspensions without their warning."""
    yield from _order(policy.stages)
    yield from _unreachable(policy.stages)
    yield from _warnings(policy.stages)


def _order(stages: Sequence[Stage]) -> Iterator[PolicyFault]:
    timed = 0  # the stage before that has a day of its own
    for at, stage in enumerate(stages[1:], start=1):
        before = stages[at - 1]
        also: tuple[Place, ...] = (("stages", at - 1, "act"),)
        if _HARDNESS[stage.act] < _HARDNESS[before.act]:
            found = f"{stage.name} ({stage.act.value}) stands after {before.name} ({before.act.value}), which is harder"
            remedy = "Order the stages mildest first: notices, suspension, escalation"
            yield PolicyFault(place=("stages", at, "act"), found=found, remedy=remedy, also=also)
        if stage.act is before.act is Act.ESCALATE:
            found = f"the ladder ends with {before.name} already"
            yield PolicyFault(place=("stages", at), found=found, remedy="Keep one escalation", also=also)
        timed = at - 1 if before.when.days_alone is not None else timed
        yield from _days_in_order(stages, timed, at)


def _days_in_order(stages: Sequence[Stage], before: int, at: int) -> Iterator[PolicyFault]:
    stage, earlier = stages[at], stages[before]
    days, days_before = stage.when.days_alone, earlier.when.days_alone
    if days is None or days_before is None:
        return
    place: Place = ("stages", at, "when", "days_min")
    also: tuple[Place, ...] = (("stages", before, "when"),)
    wait = stage.days_after_previous_min
    if days < days_before:
        found = f"{stage.name} begins on day {days}, before {earlier.name} on day {days_before}"
        remedy = "Order the stages by days, mildest first"
        yield PolicyFault(place=place, found=found, remedy=remedy, also=also)
    elif days_before > 0 and days < days_before + wait:
        found = (
            f"{stage.name} can't begin on day {days}: {earlier.name} begins on day {days_before}, and "
            f"days_after_previous_min {wait} makes day {days_before + wait}"
        )
        yield PolicyFault(place=place, found=found, remedy="Write that day, or fewer days in between", also=also)


def _unreachable(stages: Sequence[Stage]) -> Iterator[PolicyFault]:
    """A stage that never is the hardest: whenever it holds, so does a harder one (or holds what ends the ladder)."""
    for at, stage in enumerate(stages):
        for later, harder in enumerate(stages[at + 1 :], start=at + 1):
            if stage.is_before_due != harder.is_before_due or harder.days_after_previous_min:
                continue
            if harder.warned_by and harder.warned_by.stage == stage.name:
                continue  # the warning is sent before, however late the debt
            if implies(stage.when, harder.when):
                found = f"the stage can't be reached: whenever it holds, {harder.name} holds too and is harder"
                remedy = f"Let {harder.name} begin later or ask for more, or remove {stage.name}"
                yield PolicyFault(place=("stages", at), found=found, remedy=remedy, also=(("stages", later, "when"),))
                break


def _warnings(stages: Sequence[Stage]) -> Iterator[PolicyFault]:
    by_name = {stage.name: at for at, stage in reversed(list(enumerate(stages)))}
    for at, stage in enumerate(stages):
        if stage.warned_by is None or stage.act is not Act.PROPOSE_SUSPENSION:
            continue
        place: Place = ("stages", at, "warned_by")
        warning = by_name.get(stage.warned_by.stage)
        if warning is None or warning >= at or stages[warning].act is not Act.SEND_NOTICE:
            earlier = [each.name for each in stages[:at] if each.act is Act.SEND_NOTICE and not each.is_before_due]
            found = f"{stage.warned_by.stage} is no earlier stage that sends a notice"
            remedy = f"Write one of {', '.join(earlier)}" if earlier else "Add a stage with send_notice before it"
            yield PolicyFault(place=(*place, "stage"), found=found, remedy=remedy, also=(("stages",),))
        elif stages[warning].is_before_due:
            found = f"{stage.warned_by.stage} is sent before anything is overdue and can't warn"
            remedy = "Name a notice that is sent when the debt is overdue"
            yield PolicyFault(place=(*place, "stage"), found=found, remedy=remedy, also=(("stages", warning, "when"),))
        else:
            yield from _warning_window(stages, at, warning)


def _warning_window(stages: Sequence[Stage], at: int, warning: int) -> Iterator[PolicyFault]:
    stage, warns = stages[at], stages[warning]
    assert stage.warned_by
    days_min, days_max = stage.warned_by.days_min, stage.warned_by.days_max
    place: Place = ("stages", at, "warned_by")
    if days_min < 1:
        found = f"{days_min} days of warning is none"
        yield PolicyFault(place=(*place, "days_min"), found=found, remedy="Give at least one day, rather ten")
    if days_min > days_max:
        found = f"days_min {days_min} is more than days_max {days_max}, so no warning ever fits"
        yield PolicyFault(place=(*place, "days_max"), found=found, remedy="Let days_max be the greater one")
        return
    days, days_warned = stage.when.days_alone, warns.when.days_alone
    if days is None or days_warned is None:
        return
    also: tuple[Place, ...] = (("stages", warning, "when"),)
    if days < days_warned + days_min:
        found = (
            f"{stage.name} can't be reached on day {days}: the warning {warns.name} is sent on day {days_warned} and "
            f"needs {days_min} days, which makes day {days_warned + days_min}"
        )
        yield PolicyFault(place=place, found=found, remedy="Begin later, or warn earlier", also=also)
    if days > days_warned + days_max:
        found = (
            f"{stage.name} can't be reached on day {days}: the warning {warns.name} is sent on day {days_warned} and "
            f"is too old after {days_max} days"
        )
        yield PolicyFault(place=place, found=found, remedy="Begin earlier, warn later, or raise days_max", also=also)


def implies(one: Condition, other: Condition) -> bool:
    """Does `other` hold whenever `one` does, as far as the two say so themselves?"""
    if other.days_min is not None and (one.days_min is None or one.days_min < other.days_min):
        return bool(one.any_of) and all(implies(_with(one, part), other) for part in one.any_of)
    enough = (
        all(one.amount_min.get(currency, -1) >= amount for currency, amount in other.amount_min.items())
        and (one.receivables_min or 1) >= (other.receivables_min or 1)
        and other.tags <= one.tags
        and other.without_tags <= one.without_tags
        and (not other.any_of or any(implies(one, part) for part in other.any_of))
    )
    return enough or (bool(one.any_of) and all(implies(_with(one, part), other) for part in one.any_of))


def _with(whole: Condition, part: Condition) -> Condition:
    """What holds when `whole` does by its alternative `part`."""
    days = [each.days_min for each in (whole, part) if each.days_min is not None]
    counts = [each.receivables_min for each in (whole, part) if each.receivables_min is not None]
    amounts = {
        currency: max(each.amount_min.get(currency, 0) for each in (whole, part))
        for currency in {*whole.amount_min, *part.amount_min}
    }
    return Condition(
        days_min=max(days, default=None),
        amount_min=amounts,
        receivables_min=max(counts, default=None),
        tags=whole.tags | part.tags,
        without_tags=whole.without_tags | part.without_tags,
        any_of=part.any_of,
    )


def _limits(policy: CollectionsPolicy) -> Iterator[PolicyFault]:
    """Limits that work against each other."""
    for currency, amount in policy.reinstate_below.items():
        for at, stage in enumerate(policy.stages):
            least = _least_overdue(policy, stage, currency)
            if stage.act is Act.PROPOSE_SUSPENSION and amount >= least:
                found = (
                    f"access would return at a debt for which {stage.name} takes it (from {least} minor units of "
                    f"{currency}), and go back and forth"
                )
                remedy = "Write less than the minimum of the currency and of the suspension's amount_min"
                place: Place = ("reinstate_below", currency)
                yield PolicyFault(place=place, found=found, remedy=remedy, also=(("minimum",), ("stages", at, "when")))
    for name in ("notices", "suspensions"):
        breaker = getattr(policy, name)
        if breaker.canary > breaker.number_max:
            found = f"canary {breaker.canary} is more than number_max {breaker.number_max}"
            remedy = "Let fewer go ahead than may go in all"
            yield PolicyFault(place=(name, "canary"), found=found, remedy=remedy)
    quiet = policy.quiet_hours
    if quiet and quiet.begins == quiet.ends:
        found = "the quiet hours end when they begin, so either nothing is ever sent or they are none"
        yield PolicyFault(
            place=("quiet_hours", "ends"), found=found, remedy="Write another time, or remove quiet_hours"
        )


def _least_overdue(policy: CollectionsPolicy, stage: Stage, currency: str) -> int:
    minimum = policy.minimum.get(currency, Minimum()).amount
    return max(minimum, stage.when.amount_min.get(currency, 0))
