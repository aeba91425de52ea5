"""The breaker (invariant I10): a run that wants more than usual performs nothing and asks a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.policy import Breaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a run wants to do. `usual`: the numbers of each of the last thirty days that had any, in any order."""

    wanted: int  # what waits for no person's word
    done_today: int
    owing: int  # customers that owe anything
    usual: Sequence[int] = ()


def tripped(load: Load, limits: Breaker) -> tuple[Reason, ...]:
    """The limits that this load passes; none when it may go ahead.

    What is done today counts, so no split gets round it. As few as the canaries pass any share and multiple: with four
    customers that owe something every single notice would be a quarter.
    """
    number = load.wanted + load.done_today
    if not load.wanted:
        return ()
    found = []
    if number > limits.number_max:
        found.append(Reason(rule="number", threshold=str(limits.number_max), actual=str(number)))
    if number <= limits.canary:
        return tuple(found)
    if number * 1000 > limits.share_per_mille_max * load.owing:
        share = f"{number} of {load.owing}"
        found.append(Reason(rule="share_per_mille", threshold=str(limits.share_per_mille_max), actual=share))
    median = _median(load.usual)
    if limits.usual_multiple_max is not None and median and number > limits.usual_multiple_max * median:
        threshold = f"{limits.usual_multiple_max} × {median}"
        found.append(Reason(rule="usual_multiple", threshold=threshold, actual=str(number)))
    return tuple(found)


def _median(numbers: Sequence[int]) -> int:
    """The lower middle: of two middles the smaller one, so that the limit is rather tight. 0 for none."""
    return sorted(numbers)[(len(numbers) - 1) // 2] if numbers else 0
