"""The breaker of suspensions (invariant I10): a day that wants more than usual, or whose facts look wrong, does none.

Whoever releases it must be somebody else than who approved what waits: two people, told apart by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from csp_receivables.domain.access.approvals import Approver
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.policy import Breaker, nothing
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.money import to_text
from csp_receivables.domain.outbox.breaker import Load, tripped


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRate:
    """How many of so many payments were matched without a person."""

    matched: int
    payments: int

    @property
    def per_mille(self) -> int:
        return self.matched * 1000 // self.payments if self.payments else 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLoad:
    """What a run wants, and how today's facts compare. Amounts in minor units by currency."""

    load: Load
    value: Mapping[str, int] = field(default_factory=nothing)  # overdue of whom would be suspended today, done or not
    open: Mapping[str, int] = field(default_factory=nothing)  # of all customers
    verified_today: int = 0  # customers of whom a reading showed it: of a canary only that counts
    feed_stale: str = ""  # why the bank feed can't be trusted
    lately: MatchRate = field(default_factory=lambda: MatchRate(matched=0, payments=0))
    usually: MatchRate = field(default_factory=lambda: MatchRate(matched=0, payments=0))


PAYMENTS_MIN = 20  # of fewer payments no rate says anything


def why_tripped(load: AccessLoad, limits: Breaker, policy: AccessPolicy) -> tuple[Reason, ...]:
    """The limits that are passed; () when the run may go ahead. As few as the canaries pass any share."""
    if not load.load.wanted:
        return ()
    found = list(tripped(load.load, limits))
    if load.feed_stale:
        found.append(Reason(rule="bank_feed", threshold="fresh", actual=load.feed_stale))
    if load.load.wanted + load.load.done_today > limits.canary:
        found += _by_value(load, policy.value_per_mille_max)
    found += _by_matching(load, policy.matched_drop_per_mille_max)
    return tuple(found)


def _by_value(load: AccessLoad, per_mille_max: int) -> Iterable[Reason]:
    for currency, amount in sorted(load.value.items()):
        open_ = load.open.get(currency, 0)
        if amount * 1000 > per_mille_max * open_:
            told = f"{to_text(amount, currency)} of {to_text(open_, currency)} {currency} open"
            yield Reason(rule="value_per_mille", threshold=str(per_mille_max), actual=told)


def _by_matching(load: AccessLoad, drop_max: int) -> Iterable[Reason]:
    lately, usually = load.lately, load.usually
    if min(lately.payments, usually.payments) < PAYMENTS_MIN:
        return
    if usually.per_mille - lately.per_mille > drop_max:
        told = f"{lately.per_mille} of a thousand payments matched lately, usually {usually.per_mille}"
        yield Reason(rule="matched_per_mille", threshold=f"{drop_max} below the usual", actual=told)


_LIKELY = (
    ("bank_feed", "Likely a bank file is missing or was refused: import it, and who has paid drops out"),
    ("matched_per_mille", "Likely payments came with references that match nothing: look at Unapplied and match them"),
    ("usual_multiple", "Likely a bank file is missing or receivables were imported twice: compare with yesterday"),
    ("share_per_mille", "Likely a bank file is missing or receivables were imported twice: compare with yesterday"),
    ("value_per_mille", "A few customers owe much: look at each before anything else"),
    ("number", "More customers are due than the policy allows on a day"),
)


def likely_cause(reasons: Sequence[Reason]) -> str:
    """What is probably behind it, in words: what speaks of the facts outranks what speaks of numbers."""
    rules = {reason.rule for reason in reasons}
    return next((words for rule, words in _LIKELY if rule in rules), "")


def _may_be_the_same(one: Approver, other: Approver) -> bool:
    """By id; of ids that different auth managers gave, nothing can be said, so the name tells."""
    if one.auth_manager == other.auth_manager:
        return one.id.casefold() == other.id.casefold()
    return other.id.casefold() == one.id.casefold() or other.name.casefold() == one.name.casefold()


def check_releaser(who: Approver, approvers: Iterable[Approver | None]) -> None:
    """Raises ByHandRefused when the person who releases a batch approved any of it."""
    if not who.id.strip() or not who.name.strip():
        raise ByHandRefused("releasing the breaker needs the person who does it: an id and a name")
    if any(each and _may_be_the_same(each, who) for each in approvers):
        raise ByHandRefused(f"{who.name} approved some of what waits; the breaker is released by a second person")
