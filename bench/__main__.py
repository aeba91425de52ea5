"""`make bench`: every measurement in turn, then bench/RESULTS.md from the newest row of each.

python -m bench             all of them
python -m bench camt        some, by the name of their module
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import accuracy, growth, outbox
from bench.measure import kept_rows

BENCHES = (
    "recon_csv", "charge_export", "camt", "mt940", "ledger_load", "receivables_import", "matching", "growth",
    "decisions", "explain_bill", "reconciliation_table", "escalation", "workbook", "dag_parse",
    "generate", "day_through_airflow", "notices", "outbox", "accuracy",
)  # fmt: skip
HERE = Path(__file__).parent
INTRODUCTION = """# Measurements

Written by `make bench`; every row is one command in `bench/`, which measures its floor in the same run, in processes of
their own, in turns. The ratio is best against best; budgets are DESIGN's. Seconds depend on the machine, ratios less.
The load is the average over the last minute: what is above 2 on two cores waited for others.

| what | floor s | ours s (best / median) | ratio | budget | peak MB | limit MB | within | load | measured | machine |
| --- | --: | --: | --: | --: | --: | --: | --- | --: | --- | --- |
"""


def main(names: list[str]) -> int:
    """Run the benches named (all by default); the exit code is the number of those that could not be run."""
    failed = [name for name in names or BENCHES if not _ran(name)]
    rows = "".join(_row(result) for result in kept_rows())
    page = INTRODUCTION + rows + growth.section() + outbox.section() + accuracy.section()
    (HERE / "RESULTS.md").write_text(page, encoding="utf-8")
    for name in failed:
        print(f"bench.{name} ended with an error")
    return len(failed)


def _ran(name: str) -> bool:
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode == 0


def _row(result: dict[str, Any]) -> str:
    floor, ours, budget = result["floor"], result["ours"], result["budget"]
    seconds = sorted(ours["seconds"])
    cells = [
        result["name"],
        f"{min(floor['seconds']):.2f}",
        f"{seconds[0]:.2f} / {seconds[len(seconds) // 2]:.2f}",
        f"{result['ratio']:.2f}",
        _limit(budget["ratio"]) or _limit(budget["seconds"], " s"),
        f"{ours['peak_mb']:.0f}",
        _limit(budget["peak_mb"]),
        "yes" if result["within_budget"] else "**no**",
        f"{result['load'][0]:g}" if result["load"] else "",
        result["measured_at"],
        result["machine"],
    ]
    return f"| {' | '.join(cells)} |\n"


def _limit(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:g}{unit}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
