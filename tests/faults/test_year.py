"""Made-up days under faults: no invariant breaks; and a bug that is planted makes one of them complain.

`make simulate` lives through whole years of a thousand seeds; a simulated day costs most of a second here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults.year.planted import BUGS
from tests.faults.year.year import USUAL, Grounds, Temper, grounds, live

DAYS, DAYS_FOR_A_BUG = 12, 24
pytestmark = pytest.mark.timeout(900)  # of a machine that others use, too
WORLDS = {"killed by exceptions": (0, USUAL), "killed by the kernel": (1, Temper(kill_nine=0.35))}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    with grounds(tmp_path_factory.mktemp("year")) as ground:
        yield ground


@pytest.mark.parametrize("name", list(WORLDS))
def test_no_invariant_breaks_whatever_goes_wrong(ground: Grounds, name: str) -> None:
    seed, temper = WORLDS[name]

    outcome = live(ground, seed, DAYS, temper)

    assert not outcome.complaints, f"{outcome.complaints}; repeat: {outcome.command}"
    assert outcome.counts["letters"] > 3
    assert outcome.counts["before a write"] + outcome.counts["after a write"] > 0
    assert outcome.counts["kill -9"] >= 6 or not temper.kill_nine


@pytest.mark.parametrize("name", list(BUGS))
def test_a_planted_bug_is_found(ground: Grounds, name: str) -> None:
    bug = BUGS[name]
    with bug.plant():
        outcome = live(ground, bug.seed, DAYS_FOR_A_BUG, bug.temper)

    found = {match[0] for each in outcome.complaints if (match := re.match(r"I\d+", each))}
    assert found & set(bug.breaks), f"nobody noticed: {outcome.complaints or dict(outcome.counts)}"
