"""How right cash application is: ten fixed seeds of some 25,000 payments each, played day by day against their truth.

    python -m bench.accuracy [seed …]

A seed is played in a process of its own, as many at a time as there are cores. The figures go into bench/RESULTS.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from bench.measure import Measurement, keep, kept_rows, machine, measure

SEEDS = tuple(range(1, 11))
CUSTOMERS, MONTHS = 3_100, 6  # some 25,000 payments
TARGETS = {"right": 9_999, "with_reference": 9_500, "booked": 8_500, "first_place": 9_000}  # of 10,000
_HEAD = """
## Accuracy of cash application

`python -m bench.accuracy`: made-up worlds of `csp generate`, whose habits and rates come from the sources named in
`made_up/habits.py`, played day by day by `csp evaluate` with the policy as it ships. Targets: bookings ≥ 99.99 % right
by count, ≥ 95 % of payments with a structured reference and ≥ 85 % of all payments booked, ≥ 90 % of suggestions right
in first place, and received = allocated + unapplied to the cent.

| seed | payments | bookings | wrong | right | reference booked | all booked | suggested | right first | to the cent \
| days | s | peak MB | measured |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- |
"""


def evaluated(seed: int, customers: int = CUSTOMERS, months: int = MONTHS) -> dict[str, Any]:
    """The world of `seed`, made and judged."""
    from csp_receivables import worlds_wiring
    from csp_receivables.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "world"
        worlds_wiring.generate_world(out, customers=customers, months=months, seed=seed)
        found = worlds_wiring.evaluate_world(Settings.from_environment({"CSP_HOME": folder}), out)
    return {
        "seed": seed,
        "payments": found.payments,
        "bookings": found.bookings,
        "right": found.right,
        "booked": found.booked,
        "with_reference": found.with_reference,
        "with_reference_booked": found.with_reference_booked,
        "suggested": found.suggested,
        "right_first": found.right_first,
        "conserved": found.is_conserved,
        "days": found.days,
        "rules": [asdict(rule) for rule in found.rules],
        "wrong": [asdict(wrong) for wrong in found.wrong],
    }


def keeps_targets(row: dict[str, Any]) -> bool:
    """Does the seed, or the sum of all, keep every target?"""
    shares = {
        "right": (row["right"], row["bookings"]),
        "with_reference": (row["with_reference_booked"], row["with_reference"]),
        "booked": (row["booked"], row["payments"]),
        "first_place": (row["right_first"], row["suggested"]),
    }
    kept = all(part * 10_000 >= TARGETS[name] * whole for name, (part, whole) in shares.items())
    return kept and bool(row["conserved"])


def section() -> str:
    """The table of the newest row of each seed and of their sum; "" when none was measured."""
    rows = sorted(kept_rows("accuracy"), key=itemgetter("seed"))
    if not rows:
        return ""
    return _HEAD + "".join(map(_line, [*rows, _total(rows)]))


def main(seeds: tuple[int, ...] = SEEDS) -> bool:
    """Play the seeds, keep their figures, and tell whether the sum of them keeps the targets."""
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        taken = [pool.submit(measure, "bench.accuracy:evaluated", seed, rounds=1) for seed in seeds]
        rows = [_keep(each.result()) for each in taken]
    total = _total(rows)
    print(f"accuracy: {_line(total)}{'keeps' if keeps_targets(total) else 'MISSES'} the targets")
    return keeps_targets(total)


def _keep(measured: Measurement) -> dict[str, Any]:
    row: dict[str, Any] = measured.returned | {
        "seconds": round(measured.best, 1),
        "peak_mb": round(measured.peak_mb),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
    }
    keep(f"accuracy/{row['seed']}", row)
    print(_line(row), end="", flush=True)
    return row


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    summed = (
        "payments", "bookings", "right", "booked", "with_reference", "with_reference_booked", "suggested",
        "right_first", "days", "seconds",
    )  # fmt: skip
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in summed}
    total["seed"], total["measured_at"] = f"all {len(rows)}", ""
    total["conserved"] = all(row["conserved"] for row in rows)
    total["peak_mb"] = max(row["peak_mb"] for row in rows)
    return total


def _line(row: dict[str, Any]) -> str:
    cells = (
        row["seed"], row["payments"], row["bookings"], row["bookings"] - row["right"],
        _share(row["right"], row["bookings"], decimals=3),
        _share(row["with_reference_booked"], row["with_reference"]), _share(row["booked"], row["payments"]),
        row["suggested"], _share(row["right_first"], row["suggested"]), "yes" if row["conserved"] else "**no**",
        row["days"], f"{row['seconds']:.0f}", row["peak_mb"], row["measured_at"],
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |\n"


def _share(part: int, whole: int, decimals: int = 2) -> str:
    """Per cent, rounded down: a target is never shown as kept when it is missed by a hair."""
    if not whole:
        return "–"
    scale = 10**decimals
    return f"{part * 100 * scale // whole / scale:.{decimals}f} %"


if __name__ == "__main__":
    sys.exit(0 if main(tuple(map(int, sys.argv[1:])) or SEEDS) else 1)
