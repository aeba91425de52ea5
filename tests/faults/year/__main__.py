"""`python -m tests.faults.year`: see `year`. Seeds are lived through side by side, each process in its own world."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import replace

from tests.faults.year.side_by_side import Alike, lived
from tests.faults.year.simulation import Turn
from tests.faults.year.year import HAPPENS, WORLDS


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
    options = parser.parse_args()
    temper = replace(WORLDS[options.world], kill_nine=options.kill_nine)
    on_postgresql = options.database == "postgresql"
    failed, counts, days, spent, done = 0, Counter[str](), 0, 0.0, 0
    seeds = range(options.first, options.first + options.seeds)
    alike = Alike(days=options.days, temper=temper, on_postgresql=on_postgresql, turns=options.turns)
    for outcome, seconds in lived(seeds, alike, options.processes):
        counts, days, spent, done = counts + outcome.counts, days + outcome.days, spent + seconds, done + 1
        if outcome.complaints:
            failed += 1
            told = "\n  ".join(outcome.complaints)
            print(f"seed {outcome.seed}, day {outcome.days}: {told}\n  repeat: {outcome.command}", flush=True)
        print(f"{done}/{options.seeds} seeds, {days} days, {failed} failed", file=sys.stderr, flush=True)
    print(f"{options.seeds} seeds, {days} days, {spent:.0f} s of CPU, {failed} failed")
    print("\n".join(f"{count:8} {name}" for name, count in sorted(counts.items())))
    if missed := [name for name in HAPPENS if not counts[name]]:
        print(f"what never happened is not proved: {', '.join(missed)}")
    sys.exit(1 if failed else 0)


def _turns(text: str) -> tuple[Turn, ...]:
    return tuple(map(Turn.read, text.split(",")))


if __name__ == "__main__":
    main()
