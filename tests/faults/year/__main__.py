"""`python -m tests.faults.year`: see `year`. Seeds are lived through side by side, each process in its own world."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tests.faults.year.branches import Fork
from tests.faults.year.side_by_side import Alike, lived
from tests.faults.year.simulation import Turn
from tests.faults.year.year import HAPPENS, WORLDS, Outcome

_Kind = TypeVar("_Kind", Turn, Fork)


def main() -> None:
    """Run the seeds; a failing one is named with the command that repeats it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--kill-nine", type=float, default=0.0, help="share of the tasks that a child does first, killed"
    )
    parser.add_argument("--world", choices=sorted(WORLDS), default="usual")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--turns", type=_turns, default=(), help="of one history of a seed: DAY:CHANCES,…")
    parser.add_argument("--forks", type=_forks, default=(), help="a seed becomes several histories: DAY:INTO,…")
    options = parser.parse_args()
    if options.forks and (options.turns or options.database == "postgresql"):
        parser.error("--forks makes its own turns, in a file of SQLite's")
    temper = replace(WORLDS[options.world], kill_nine=options.kill_nine)
    alike = Alike(
        days=options.days,
        temper=temper,
        on_postgresql=options.database == "postgresql",
        turns=options.turns,
        forks=options.forks,
    )
    seeds = range(options.first, options.first + options.seeds)
    came_to = Came()
    for outcomes, seconds in lived(seeds, alike, options.processes):
        came_to.add(outcomes, seconds)
        print(came_to, file=sys.stderr, flush=True)
    print(f"{options.seeds} seeds, {came_to}")
    print("\n".join(f"{count:8} {name}" for name, count in sorted(came_to.counts.items())))
    if missed := [name for name in HAPPENS if not came_to.counts[name]]:
        print(f"what never happened is not proved: {', '.join(missed)}")
    sys.exit(1 if came_to.failed else 0)


@dataclass(slots=True)
class Came:
    """What all seeds came to so far. What histories have in common counts in each of them, but for `lived`."""

    histories: int = 0
    lived: int = 0
    seconds: float = 0.0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, outcomes: list[Outcome], seconds: float) -> None:
        """Count, and tell at once which history broke a promise, with the command that repeats it."""
        self.seconds += seconds
        self.histories += len(outcomes)
        for each in outcomes:
            self.lived += each.lived
            self.counts += each.counts
            if each.complaints:
                self.failed += 1
                told = "\n  ".join(each.complaints)
                print(f"seed {each.seed}, day {each.days}: {told}\n  repeat: {each.command}", flush=True)

    def __str__(self) -> str:
        spent = f"{self.seconds:.0f} s of CPU"
        return f"{self.histories} histories, {self.lived} days lived, {spent}, {self.failed} failed"


def _turns(text: str) -> tuple[Turn, ...]:
    return _pairs(Turn, text)


def _forks(text: str) -> tuple[Fork, ...]:
    return _pairs(Fork, text)


def _pairs(kind: Callable[[int, int], _Kind], text: str) -> tuple[_Kind, ...]:
    """`60:3,75:1`."""
    return tuple(kind(int(day), int(number)) for day, number in (each.split(":") for each in text.split(",")))


if __name__ == "__main__":
    main()
