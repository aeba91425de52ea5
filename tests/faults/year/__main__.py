"""`python -m tests.faults.year`: see `year`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.year.year import Temper, grounds, live


def main() -> None:
    """Run the seeds; a failing one is named with the command that repeats it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument(
        "--kill-nine", type=float, default=0.0, help="share of the tasks that a child does first, killed"
    )
    options = parser.parse_args()
    temper = Temper(kill_nine=options.kill_nine)
    failed, counts, days, began = [], Counter[str](), 0, time.process_time()
    with tempfile.TemporaryDirectory() as folder, grounds(Path(folder)) as ground:
        for seed in range(options.first, options.first + options.seeds):
            outcome = live(ground, seed, options.days, temper)
            counts, days = counts + outcome.counts, days + outcome.days
            if outcome.complaints:
                failed.append(seed)
                told = "\n  ".join(outcome.complaints)
                print(f"seed {seed}, day {outcome.days}: {told}\n  repeat: {outcome.command}", flush=True)
    spent = time.process_time() - began
    print(f"{options.seeds} seeds, {days} days, {spent:.0f} s of CPU, {len(failed)} failed")
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
