"""A reconciliation CSV of one and of ten million lines and 47 columns into the lake, against DuckDB scanning the same.

    python -m bench.recon_csv [--lines 1000000 10000000] [--rounds 3]

Prints seconds, the ratio to the floor and peak memory, for the plain and the gzip file of each number of lines: memory
must stay flat. More than a million lines are measured once. A plain file of ten million takes 8 GB of disk.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import duckdb
import pandas as pd  # noqa: F401 - imported before the clock starts, as all else: PyArrow does so at its first list

from bench.measure import Budget, measure_pair, report
from bench.worlds import MONEY_AND_NUMBERS, write_recon
from csp_receivables import wiring
from csp_receivables.settings import Settings

BUDGET = Budget(ratio=2.0, peak_mb=1000)
MILLION = 1_000_000


def floor(path: str) -> int:
    """DuckDB reads every column, the numbers as exact decimals, and keeps nothing."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "600MB"}) as connection:
        names = [
            column[0]
            for column in connection.execute(
                f"SELECT * FROM read_csv('{path}', all_varchar = true) LIMIT 0"
            ).description
        ]
        kinds = ", ".join(f"'{n}': '{'DECIMAL(38,18)' if n in MONEY_AND_NUMBERS else 'VARCHAR'}'" for n in names)
        read = ", ".join(f"sum({n})" if n in MONEY_AND_NUMBERS else f"max(strlen({n}))" for n in names)
        dialect = "header = true, auto_detect = false, quote = '\"', escape = '\"'"
        source = f"read_csv('{path}', columns = {{{kinds}}}, {dialect})"
        connection.execute(f"SELECT {read} FROM {source}").fetchall()
    return len(names)


def make_ledger(folder: Path) -> Path:
    """A new ledger, made once: laying out its tables is no part of importing a file."""
    settings = _settings(str(folder))
    wiring.open_ledger(settings).engine.dispose()
    return folder / "ledger.db"


def ours(path: str, ledger: str) -> str:
    """`csp import microsoft`, with a ledger as new (a copy of `ledger`) and an empty lake."""
    with tempfile.TemporaryDirectory() as home:
        shutil.copy(ledger, Path(home) / "ledger.db")
        settings = _settings(home)
        done = wiring.microsoft_import(settings, wiring.open_ledger(settings)).import_file(Path(path))
        return f"{done.outcome.value}: {done.new_facts} lines"


def _settings(home: str) -> Settings:
    return Settings.from_environment({"CSP_HOME": home, "CSP_CLOCK": datetime(2026, 11, 9, tzinfo=UTC).isoformat()})


def main() -> None:
    """Write the files, measure both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[MILLION, 10 * MILLION])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        ledger = make_ledger(Path(home))
        for lines, kind in product(options.lines, (".csv", ".csv.gz")):
            path = Path(folder) / f"recon{kind}"
            write_recon(path, lines)
            base, done = measure_pair(
                ("bench.recon_csv:floor", str(path)),
                ("bench.recon_csv:ours", str(path), str(ledger)),
                options.rounds if lines <= MILLION else 1,
            )
            name = path.name if lines == MILLION else f"{path.name}, {lines / MILLION:g} M"
            report(name, base, done, BUDGET, lines=lines, returned=done.returned)
            path.unlink()


if __name__ == "__main__":
    main()
