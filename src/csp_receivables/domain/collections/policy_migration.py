"""Who would stand elsewhere under another policy, on the same facts and the same day. Nothing is changed by asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.policy import CollectionsPolicy

# How hard an answer is on the customer; access that returns is the mildest.
_HARDNESS = {
    Answer.REINSTATE: 0,
    Answer.WAIT: 1,
    Answer.SEND_NOTICE: 2,
    Answer.PROPOSE_SUSPENSION: 3,
    Answer.ESCALATE: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One customer whose answer, stage or next step differs: what it is now, and what it would be."""

    customer_id: str
    name: str
    now: Decision
    then: Decision

    @property
    def is_harder(self) -> bool:
        """Would something harder happen, or the same kind of thing at a harder stage or sooner?"""
        now, then = _HARDNESS[self.now.answer], _HARDNESS[self.then.answer]
        if now != then:
            return then > now
        if self.now.stage == self.then.stage and self.now.next_on and self.then.next_on:
            return self.then.next_on < self.now.next_on
        return False

    @property
    def differs(self) -> tuple[str, ...]:
        """What is different: `answer`, `stage`, `next_stage`, `next_on`."""
        return tuple(key for key in _COMPARED if getattr(self.now, key) != getattr(self.then, key))


_COMPARED = ("answer", "stage", "next_stage", "next_on")


def who_would_move(
    cases: Iterable[Case], versions: Mapping[str, CollectionsPolicy], old: CollectionsPolicy, new: CollectionsPolicy,
    on: date,
) -> Iterator[Moved]:  # fmt: skip
    """The customers that `new` would treat differently on `on`, in the order of `cases`.

    A customer with open rounds is judged now by the version they are pinned to, by id in `versions`; where that version
    is not there, and without open rounds, by `old`.
    """
    for case in cases:
        if moved := moved_by(new, case, decide(case, _pinned(case, versions, old), on)):
            yield moved


def moved_by(new: CollectionsPolicy, case: Case, now: Decision) -> Moved | None:
    """What `new` would do otherwise with a customer about whom `now` was decided; None when it is the same."""
    moved = Moved(customer_id=case.customer_id, name=case.name, now=now, then=decide(case, new, now.on))
    return moved if moved.differs else None


def moves_between(now: Iterable[Decision], then: Iterable[Decision], names: Mapping[str, str]) -> list[Moved]:
    """The customers about whom two runs over the same day decided differently, by id. `names`: by id, where known."""
    others = {decision.customer_id: decision for decision in then}
    pairs = ((decision, others[decision.customer_id]) for decision in now if decision.customer_id in others)
    moves = (Moved(customer_id=a.customer_id, name=names.get(a.customer_id, ""), now=a, then=b) for a, b in pairs)
    return sorted((move for move in moves if move.differs), key=lambda move: move.customer_id)


def _pinned(case: Case, versions: Mapping[str, CollectionsPolicy], old: CollectionsPolicy) -> CollectionsPolicy:
    """The version of the oldest open round: an episode keeps the rules under which it began."""
    pinned = next((each.policy_version for each in case.rounds if each.closed_on is None), old.version)
    return versions.get(pinned, old)


def moves_by_step(moves: Iterable[Moved]) -> list[tuple[str, str, int]]:
    """How many would go from which step to which: ("reminder", "final_notice: send_notice", 12), most first."""
    counted = Counter((_step(move.now), _step(move.then)) for move in moves)
    return sorted(((now, then, many) for (now, then), many in counted.items()), key=lambda row: (-row[2], row[:2]))


def _step(decision: Decision) -> str:
    return decision.stage if decision.answer is Answer.WAIT else f"{decision.stage}: {decision.answer.value}"
