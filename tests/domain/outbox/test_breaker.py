"""The breaker at, below and above each of its limits."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.policy import Breaker
from csp_receivables.domain.outbox.breaker import Load, tripped

LIMITS = Breaker(number_max=20, share_per_mille_max=200, usual_multiple_max=3, canary=5)


@pytest.mark.parametrize(
    ("load", "rules"),
    [
        (Load(wanted=20, done_today=0, owing=100), []),
        (Load(wanted=21, done_today=0, owing=1000), ["number"]),
        (Load(wanted=1, done_today=20, owing=1000), ["number"]),  # no split over two runs gets round it
        (Load(wanted=0, done_today=50, owing=1000), []),  # nothing more is wanted: nothing to stop
        (Load(wanted=20, done_today=0, owing=99), ["share_per_mille"]),
        (Load(wanted=15, done_today=0, owing=1000, usual=[5, 4, 6]), []),
        (Load(wanted=16, done_today=0, owing=1000, usual=[5, 4, 6]), ["usual_multiple"]),
        (Load(wanted=16, done_today=0, owing=1000, usual=[1, 9]), ["usual_multiple"]),  # of two middles the lower
        (Load(wanted=16, done_today=0, owing=1000, usual=[]), []),
        (Load(wanted=5, done_today=0, owing=5, usual=[1]), []),  # as few as the canaries
        (Load(wanted=6, done_today=0, owing=6, usual=[1]), ["share_per_mille", "usual_multiple"]),
        (Load(wanted=30, done_today=0, owing=30, usual=[1]), ["number", "share_per_mille", "usual_multiple"]),
    ],
)
def test_a_run_that_wants_more_than_a_limit_is_told_which(load: Load, rules: list[str]) -> None:
    assert [reason.rule for reason in tripped(load, LIMITS)] == rules


def test_a_number_of_nought_stops_everything() -> None:
    assert tripped(Load(wanted=1, done_today=0, owing=1000), Breaker(number_max=0, share_per_mille_max=1000))
