"""Made-up days under faults: no invariant breaks; and a bug that is planted makes one of them complain.

`make simulate` lives through whole years of a thousand seeds. Here are fifty histories of ninety days killed by
exceptions, and a dozen killed by the kernel. Histories of a seed have their beginning in common (`FORKS`), which is
lived once: so 680 days are lived for the fifty, and not 4,500.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from tests.faults.year.branches import Fork, histories
from tests.faults.year.planted import BUGS
from tests.faults.year.simulation import Turn
from tests.faults.year.year import HAPPENS, USUAL, Grounds, Outcome, grounds, live
from tests.postgresql import Databases

DAYS, DAYS_ON_POSTGRESQL, DAYS_FOR_A_BUG = 90, 12, 24
FORKS = (Fork(76, 2), Fork(86, 5))  # ten histories of a seed
FORKS_OF_KILLS = (Fork(60, 2), Fork(74, 2), Fork(86, 3))  # a dozen
SEEDS = (1, 2, 4, 5, 10)
# What must happen in the histories of a seed together: between them everything that may.
RARE = "mail refused_address"
SEEN: Mapping[int, tuple[str, ...]] = MappingProxyType({1: tuple(set(HAPPENS) - {RARE}), 4: (RARE,)})
KILLED = 306
KILLED_OFTEN = replace(USUAL, kill_nine=0.06)
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


@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_breaks_whatever_goes_wrong(ground: Grounds, seed: int) -> None:
    outcomes = list(histories(ground, seed, DAYS, FORKS, USUAL))
    counts = unbroken(outcomes)

    assert len({each.turns for each in outcomes}) == 10
    assert {each.days for each in outcomes} == {DAYS}
    assert counts["letters"] and counts["before a write"] and counts["after a write"]
    assert not [name for name in SEEN.get(seed, ()) if not counts[name]], (
        "worlds in which nothing happens prove nothing"
    )


def test_no_invariant_breaks_when_the_kernel_kills(ground: Grounds) -> None:
    outcomes = list(histories(ground, KILLED, DAYS, FORKS_OF_KILLS, KILLED_OFTEN))

    assert unbroken(outcomes)["letters"]
    assert [each.counts["kill -9"] >= 20 for each in outcomes] == 12 * [True]


def test_a_history_among_others_is_what_it_is_alone(ground: Grounds) -> None:
    first, second = histories(ground, 4, 8, (Fork(4, 2),), USUAL)
    alone = live(ground, 4, 8, USUAL, turns=[Turn(4, 1)])

    assert second.command == "make simulate SEEDS=1 FROM=4 DAYS=8 TURNS=4:1"
    assert (alone.command, alone.counts) == (second.command, second.counts)
    assert first.counts == live(ground, 4, 8).counts != second.counts


def test_no_invariant_breaks_on_postgresql(ground: Grounds, databases: Databases) -> None:
    name = databases.lend()
    counts = unbroken([live(ground, POSTGRESQL, DAYS_ON_POSTGRESQL, USUAL, databases.address(name))])
    databases.take_back(name)

    assert counts["letters"] and counts["before a write"] + counts["after a write"]


@pytest.mark.parametrize("name", list(BUGS))
def test_a_planted_bug_is_found(ground: Grounds, name: str) -> None:
    bug = BUGS[name]
    with bug.plant():
        outcome = live(ground, bug.seed, DAYS_FOR_A_BUG, bug.temper)

    found = {match[0] for each in outcome.complaints if (match := re.match(r"I\d+", each))}
    assert found & set(bug.breaks), f"nobody noticed: {outcome.complaints or dict(outcome.counts)}"
