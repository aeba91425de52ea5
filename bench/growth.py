"""How matching grows: 10 k, 100 k, 1 M and 3 M payments and receivables, beside the floor and a plain pandas script.

    python -m bench.growth [rows …]

The same files for all three, each in processes of their own, in turns.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from bench.measure import keep, kept_rows, machine, measure
from bench.payment_world import make

SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
ROUNDS = 2
CALLS = {
    "floor": "bench.matching:floor",
    "pandas": "bench.plain_pandas:matched",
    "first_rules": "bench.matching:first_rules",
    "whole_ladder": "bench.matching:whole_ladder",
}
_HEAD = """
## Growth of matching

`python -m bench.growth`: payments and as many open receivables; best of two rounds, in turns. The pandas script does
what rules 1 and 4 do, without reasons, doubts or order.

| rows | floor s | pandas s (pairs) | rules 1-4 s (allocations) | whole ladder s (allocations) | peak MB | measured |
| ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Measure each size and keep its figures."""
    for rows in sizes:
        row = _size(rows)
        keep(f"growth/{rows}", row)
        print(_line(row), end="", flush=True)


def section() -> str:
    """The table of the newest row of each size; "" when none was measured."""
    rows = sorted(kept_rows("growth"), key=itemgetter("rows"))
    return _HEAD + "".join(map(_line, rows)) if rows else ""


def _size(rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        world = make(Path(folder), rows)
        files = (str(world.receivables), str(world.payments))
        taken = [{name: measure(call, *files, rounds=1) for name, call in CALLS.items()} for _ in range(ROUNDS)]
    figures = {
        name: {
            "seconds": min(one[name].best for one in taken),
            "peak_mb": max(one[name].peak_mb for one in taken),
            "returned": taken[-1][name].returned,
        }
        for name in CALLS
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"rows": rows, "figures": figures, "measured_at": now, "machine": machine()}


def _line(row: dict[str, Any]) -> str:
    figures = row["figures"]
    cells = [
        f"{row['rows']:,}",
        f"{figures['floor']['seconds']:.2f}",
        *(f"{figures[name]['seconds']:.2f} ({figures[name]['returned']:,})" for name in CALLS if name != "floor"),
        f"{figures['whole_ladder']['peak_mb']:.0f}",
        row["measured_at"],
    ]
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
