"""One customer's bill explained out of ten million lines of two months, against DuckDB adding up that customer's lines.

    python -m bench.explain_bill [--lines 10000000] [--rounds 5] [--home DIR]

Each round is a process of its own: the ledger is opened, the lake read, the table said in words. The first question
about a large version makes its copy in the order of customers; it is measured apart. The files are made and imported
before, which takes minutes; `--home` keeps them for another time. `cpu_seconds` is what one more question costs in this
process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from bench.charged_home import Month, import_months, know_customers, settings_of, tenants_of
from bench.measure import Budget, measure, measure_pair, report
from csp_receivables import money_wiring, wiring

BUDGET = Budget(seconds=1.0)
SEVENTH = range(7, 8)
SEPTEMBER = {
    "InvoiceNumber": "'G012345677'",
    "ChargeStartDate": "'2026-09-01T00:00:00Z'",
    "ChargeEndDate": "'2026-09-30T00:00:00Z'",
    "PCToBCExchangeRate": "'10.212345678'",
}


def make_home(home: Path, lines: int) -> str:
    """A ledger and a lake of two months with `lines` in all, and one customer; returns its tenant."""
    months = (Month(lines=lines // 2, seed=6, changed=SEPTEMBER), Month(lines=lines // 2))
    ledger = import_months(home, *months)
    know_customers(ledger, SEVENTH)
    ledger.engine.dispose()
    return tenants_of(SEVENTH)[0]


def floor(home: str, tenant: str) -> int:
    """DuckDB adds up the customer's lines of both months, by month, and nothing else."""
    with duckdb.connect(config={"threads": 2}) as connection:
        query = f"SELECT invoice_id, count(*), sum(subtotal) FROM '{home}/lake/charges/*/*/*.parquet'"
        found = connection.execute(f"{query} WHERE tenant_id = '{tenant}' GROUP BY ALL").fetchall()
    return sum(row[1] for row in found)


def ours(home: str, _: str) -> str:
    """`csp explain bill`, to the words."""
    settings = settings_of(home)
    ledger = wiring.open_ledger(settings)
    found = money_wiring.explain_bill(settings, ledger).explain("K7", date(2026, 10, 1))
    [table] = money_wiring.bill_in_words(settings, found)
    [one] = found.explanations
    assert sum(cause.amount for cause in one.causes) == one.difference
    return f"{len(table.rows)} rows, difference {table.rows[-1][2]}"


def main() -> None:
    """Make both months, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="A folder to keep the lake in; used as it is where it has one.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        tenant = tenants_of(SEVENTH)[0] if (home / "lake").is_dir() else make_home(home, options.lines)
        measured(str(home), tenant, options.lines, options.rounds)


def measured(home: str, tenant: str, lines: int, rounds: int) -> None:
    """Ask once, then measure, and print."""
    first = measure("bench.explain_bill:ours", home, tenant, rounds=1)
    base, done = measure_pair(
        ("bench.explain_bill:floor", home, tenant), ("bench.explain_bill:ours", home, tenant), rounds
    )
    started = time.process_time()
    ours(home, tenant)
    cpu = time.process_time() - started
    facts = {"lines": lines, "first_seconds": first.seconds, "cpu_seconds": cpu}
    report("explain_bill", base, done, BUDGET, returned=done.returned, **facts)
    print(f"first {first.best:.2f} s; CPU {cpu:.2f} s; {done.returned}")


if __name__ == "__main__":
    main()
