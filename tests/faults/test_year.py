"""Made-up days under faults: no invariant breaks; and a bug that is planted makes one of them complain.

`make simulate` lives through whole years of a thousand seeds. Here are as many days as a run of the suite can spare: in
twelve of them the ladder is climbed from the first letter to the suspension, and back by the payment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.faults.year.planted import BUGS
from tests.faults.year.year import HAPPENS, USUAL, Grounds, Outcome, grounds, live
from tests.postgresql import Databases

DAYS, DAYS_OF_KILLS, DAYS_FOR_A_BUG = 12, 4, 24
EVERYTHING = (0, 1, 4, 5, 8, 9, 10)  # in these worlds together everything happens that may
MORE = ((11, 12), (13, 14), (15, 16))  # tests of their own, so that workers share them
KILLED = tuple(range(first, first + 3) for first in (300, 303, 306, 309))
KILLED_OFTEN = replace(USUAL, kill_nine=0.5)
POSTGRESQL = 200
pytestmark = pytest.mark.timeout(1800)  # of a machine that others use, too


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    with grounds(tmp_path_factory.mktemp("year")) as ground:
        yield ground


def unbroken(outcomes: Sequence[Outcome]) -> Counter[str]:
    """What happened in all of them. Fails with the command that repeats whichever broke a promise."""
    broken = [f"{each.complaints}; repeat: {each.command}" for each in outcomes if each.complaints]
    assert not broken, "\n".join(broken)
    return sum((each.counts for each in outcomes), Counter[str]())


def test_no_invariant_breaks_whatever_goes_wrong(ground: Grounds) -> None:
    counts = unbroken([live(ground, seed, DAYS) for seed in EVERYTHING])

    assert not [name for name in HAPPENS if not counts[name]], "a world in which nothing happens proves nothing"


@pytest.mark.parametrize("seeds", MORE)
def test_no_invariant_breaks_in_more_worlds(ground: Grounds, seeds: Sequence[int]) -> None:
    counts = unbroken([live(ground, seed, DAYS) for seed in seeds])

    assert counts["letters"] and counts["before a write"] + counts["after a write"]


@pytest.mark.parametrize("seeds", KILLED)
def test_no_invariant_breaks_when_the_kernel_kills(ground: Grounds, seeds: Sequence[int]) -> None:
    outcomes = [live(ground, seed, DAYS_OF_KILLS, KILLED_OFTEN) for seed in seeds]

    assert unbroken(outcomes)["letters"]
    assert all(each.counts["kill -9"] >= 2 for each in outcomes)


def test_no_invariant_breaks_on_postgresql(ground: Grounds, databases: Databases) -> None:
    name = databases.lend()
    counts = unbroken([live(ground, POSTGRESQL, DAYS, USUAL, databases.address(name))])
    databases.take_back(name)

    assert counts["letters"] and counts["before a write"] + counts["after a write"]


@pytest.mark.parametrize("name", list(BUGS))
def test_a_planted_bug_is_found(ground: Grounds, name: str) -> None:
    bug = BUGS[name]
    with bug.plant():
        outcome = live(ground, bug.seed, DAYS_FOR_A_BUG, bug.temper)

    found = {match[0] for each in outcome.complaints if (match := re.match(r"I\d+", each))}
    assert found & set(bug.breaks), f"nobody noticed: {outcome.complaints or dict(outcome.counts)}"
