"""A made-up world of 20,000 payments and one of ten times the months: memory must not grow with the world.

    python -m bench.generate

The floor is the small world's; the ratio is that of the seconds, which should be near ten.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import Budget, measure, report

CUSTOMERS, MONTHS, TIMES = 1_250, 12, 10
PEAK_GROWTH_MAX = 1.15


def world(months: int) -> dict[str, Any]:
    """Make the world in a folder that is thrown away."""
    from csp_receivables.made_up.world import generate

    folder = Path(tempfile.mkdtemp())
    try:
        made = generate(folder, customers_wanted=CUSTOMERS, months=months, seed=1)
        return {"lines": made.lines, "bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())}
    finally:
        shutil.rmtree(folder)


def main() -> bool:
    """Measure both; the budget is the small one's memory and a seventh."""
    small = measure("bench.generate:world", MONTHS, rounds=1)
    large = measure("bench.generate:world", MONTHS * TIMES, rounds=1)
    print(small.returned, large.returned)
    budget = Budget(ratio=1.2 * TIMES, peak_mb=round(small.peak_mb * PEAK_GROWTH_MAX))
    return report("generate", small, large, budget, **large.returned, small_peak_mb=round(small.peak_mb))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
