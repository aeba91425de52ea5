"""A reconciliation CSV of a million lines and 47 columns into the lake, against DuckDB scanning the same columns.

    python -m bench.recon_csv [--lines 1000000] [--rounds 3]

Prints seconds, the ratio to the floor and peak memory, for the plain file and for the gzip file.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.measure import Budget, measure_pair, report
from bench.worlds import MONEY_AND_NUMBERS, write_recon
from csp_receivables import wiring
from csp_receivables.settings import Settings

BUDGET = Budget(ratio=2.0, peak_mb=1000)


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
        done = wiring.import_microsoft(settings, wiring.open_ledger(settings), Path(path))
        return f"{done.outcome.value}: {done.new_facts} lines"


def _settings(home: str) -> Settings:
    return Settings.from_environment({"CSP_HOME": home, "CSP_CLOCK": datetime(2026, 11, 9, tzinfo=UTC).isoformat()})


def main() -> None:
    """Write the files, measure both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        ledger = make_ledger(Path(home))
        for name in ("recon.csv", "recon.csv.gz"):
            path = Path(folder) / name
            write_recon(path, options.lines)
            base, done = measure_pair(
                ("bench.recon_csv:floor", str(path)), ("bench.recon_csv:ours", str(path), str(ledger)), options.rounds
            )
            report(name, base, done, BUDGET, lines=options.lines, returned=done.returned)
            path.unlink()


if __name__ == "__main__":
    main()
