"""The reconciliation table over a month of ten million charges, each of its columns proved against its source.

    python -m bench.reconciliation_table [--lines 10000000] [--rounds 3] [--home DIR]

Measured: the day computed from ledger and lake (`csp reconcile`, without booking), then every column's sum per currency
compared with a plain sum over where it comes from: cost with the charges in the lake, the others with receivables and
allocations. A difference ends the bench. Floor: DuckDB's GROUP BY of the same charges by tenant and currency. The month
is made and imported before, which takes minutes; `--home` keeps it for another time. `cpu_seconds` is what building and
proving once more costs in this process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench.charged_home import TENANTS, Month, import_months, know_customers, settings_of
from bench.measure import Budget, measure_pair, report
from csp_receivables import wiring
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain.records import ALLOCATION, BANK_LINE, RECEIVABLE, RECEIVABLE_LINE
from csp_receivables.domain.references import issue_rf
from csp_receivables.domain.run_plan import RunPlan, plan_run

BUDGET = Budget(seconds=5.0, peak_mb=1536)  # as DESIGN's for standings and decisions: part 11 has no row for this table
INVOICE = "G012345678"  # of `worlds`
CUSTOMERS = range(TENANTS - 20)  # the other tenants are nobody's
UNBILLED, ABROAD, CREDITED = 9, 11, 7  # every so manyth customer
AS_OF = date(2026, 11, 8)
SHORT = 2  # hundredths
OVERDUE, EARLY, CURRENT = date(2026, 9, 20), date(2026, 10, 5), date(2026, 11, 5)  # days of issue
APPLIED = "allocations WHERE receivable_id <> ''"
PRE_TAX = "round(sum(subtotal)::DECIMAL(33, 13) * 100::DECIMAL(3, 0))"  # of kronor, exact, rounded once
OPEN = f"""
    SELECT currency, amount FROM receivables WHERE kind = 'invoice' {{due}}
    UNION ALL SELECT a.currency, -a.amount - a.difference
      FROM (FROM {APPLIED}) a JOIN receivables USING (receivable_id) WHERE kind = 'invoice' {{due}}
"""
SOURCES = {  # column → where its sum comes from: rows of (currency, amount)
    "cost": f"""
        SELECT currency, {PRE_TAX} AS amount
          FROM charges GROUP BY invoice_id, currency""",
    "billed_net": "SELECT currency, net AS amount FROM receivables WHERE kind = 'invoice'",
    "tax": "SELECT currency, tax AS amount FROM receivables WHERE kind = 'invoice'",
    "billed_gross": "SELECT currency, amount FROM receivables WHERE kind = 'invoice'",
    "credited": f"SELECT currency, amount FROM {APPLIED} AND source_kind = 'credit_note'",
    "paid": f"SELECT currency, amount FROM {APPLIED} AND source_kind <> 'credit_note'",
    "written_off": f"SELECT currency, difference AS amount FROM {APPLIED}",
    "open": OPEN.format(due=""),
    "overdue": OPEN.format(due="AND due_on < $as_of"),
    "unapplied_credit": """
        SELECT currency, amount FROM receivables WHERE kind = 'credit_note'
        UNION ALL SELECT currency, -amount FROM allocations WHERE source_kind = 'credit_note'""",
    "not_billed": """
        SELECT currency, pre_tax AS amount FROM customer_costs WHERE tenant_id NOT IN (
            SELECT tenant_id FROM tenants JOIN receivables USING (customer_id) WHERE kind = 'invoice'
               AND issued_on >= $billed_from)""",
    "margin": f"""
        SELECT currency, CASE kind WHEN 'invoice' THEN net ELSE -net END AS amount FROM receivables
        UNION ALL SELECT currency, -{PRE_TAX}
          FROM charges GROUP BY invoice_id, currency""",
}
_COMPARED = """
SELECT currency, coalesce(sum(shown), 0)::BIGINT, coalesce(sum(proved), 0)::BIGINT FROM (
    SELECT currency, {column} AS shown, 0 AS proved FROM reconciliation
    UNION ALL SELECT currency, 0, amount FROM ({source})) GROUP BY currency ORDER BY currency
"""


def make_home(home: Path, lines: int) -> None:
    """A month of `lines` charges in lake and ledger, with receivables and payments of its customers, booked."""
    ledger = import_months(home, Month(lines=lines))
    know_customers(ledger, CUSTOMERS)
    made = list(_receivables())
    of_invoices = [row for row in made if row["kind"] == "invoice"]
    with ledger.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        rows = pa.Table.from_pylist(made, RECEIVABLE)
        insert_new(writing.connection, tables.receivable, rows, file_digest="", **at)
        naming = pa.Table.from_pylist(
            [_line(row) for row in of_invoices if row["issued_on"] == CURRENT], RECEIVABLE_LINE
        )
        insert_new(writing.connection, tables.receivable_line, naming, **at)
        paid = pa.Table.from_pylist([_payment(row) for row in of_invoices if _is_paid(row)], BANK_LINE)
        insert_new(writing.connection, tables.payment, paid, counts=True, **at)
        booked = pa.Table.from_pylist([_allocation(row) for row in of_invoices if _is_short(row)], ALLOCATION)
        insert_new(writing.connection, tables.allocation, booked, run_id="", **at)
    wiring.reconciler(settings_of(home), ledger).reconcile(plan_of(home))
    ledger.engine.dispose()


def _receivables() -> Iterator[dict[str, Any]]:
    """What every customer was billed: before the month, for the month by a line that names it, and a credit note."""
    for who in CUSTOMERS:
        yield _receivable(f"{who}1", who, OVERDUE, 3000_00 + 7 * who)
        if who % UNBILLED:
            yield _receivable(f"{who}2", who, CURRENT, 90_000_00 + 11 * who)
        if who % CREDITED == 0:
            yield _receivable(f"{who}3", who, EARLY, 500_00 + who, kind="credit_note", credits_number=f"{who}1")
        if who % CREDITED == 1:
            yield _receivable(f"{who}3", who, EARLY, 200_00 + who, kind="credit_note")


def _receivable(number: str, who: int, issued_on: date, net: int, **more: str) -> dict[str, Any]:
    tax = net // 4
    return {
        "receivable_id": f"partner/{number}", "seller": "partner", "number": number, "kind": "invoice",
        "customer_id": f"K{who}", "issued_on": issued_on, "due_on": issued_on + timedelta(days=30),
        "currency": "EUR" if who % ABROAD == 0 else "SEK", "amount": net + tax, "net": net, "tax": tax,
        "reference": issue_rf(number).text, "credits_number": "", **more,
    }  # fmt: skip


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "receivable_id": row["receivable_id"], "line_no": 1, "description": "Azure", "net": row["net"] - 100_00,
        "tax_rate": "25", "tax": row["tax"], "vendor_invoice": INVOICE, "subscription_id": "",
    }  # fmt: skip


def _is_paid(row: dict[str, Any]) -> bool:
    return int(row["number"][:-1]) % 3 > 0


def _is_short(row: dict[str, Any]) -> bool:
    """Paid two hundredths less than in full, which somebody has booked as a difference."""
    return _is_paid(row) and int(row["number"][:-1]) % 2 > 0


def _allocation(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "allocation_id": f"A{row['number']}", "source_kind": "payment", "source_id": f"P{row['number']}",
        "receivable_id": row["receivable_id"], "amount": row["amount"] - SHORT, "difference": SHORT,
        "currency": row["currency"], "rule": "manual", "outcome": "with_difference", "because": "",
        "effective_on": AS_OF, "reverses": "",
    }  # fmt: skip


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    """The rules find it by its reference, unless it is booked."""
    short = SHORT if _is_short(row) else 0
    return {
        "payment_id": f"P{row['number']}", "entry_id": "", "statement_id": "S1", "family": "camt.053", "entry_no": 1,
        "detail_no": 0, "account": "SE00", "booked_on": AS_OF, "value_on": AS_OF, "currency": row["currency"],
        "amount": row["amount"] - short, "status": "booked", "kind": "payment", "bank_ref": "", "end_to_end": "",
        "payer_name": "", "payer_account": "", "reference": row["reference"], "text": "", "instructed_currency": "",
        "instructed_amount": 0,
    }  # fmt: skip


def plan_of(home: Path) -> RunPlan:
    """A live run for AS_OF."""
    settings = settings_of(home)
    return plan_run(now=settings.clock(), zone=settings.time_zone, as_of=AS_OF)


def floor(home: str) -> int:
    """DuckDB adds up the same charges by tenant and currency, and nothing else."""
    with duckdb.connect(config={"threads": 2}) as connection:
        query = f"SELECT invoice_id, tenant_id, currency, sum(subtotal) FROM '{_charges(home)}' GROUP BY ALL"
        return len(connection.execute(query).fetchall())


def ours(home: str) -> dict[str, str]:
    """Build the table and prove its columns. Raises ValueError where a column is not what its source adds up to."""
    ledger = wiring.open_ledger(settings_of(home))
    shown = wiring.reconciler(settings_of(home), ledger).look(plan_of(Path(home))).day.reconciliation
    found = proved(home, ledger, shown)
    wrong = [f"{name} {currency}: {one} is not {other}" for name, currency, one, other in found if one != other]
    if wrong:
        raise ValueError("; ".join(wrong))
    return {"rows": str(shown.num_rows), "sums": ", ".join(f"{name} {one} {of}" for name, of, one, _ in found)}


def proved(home: str, ledger: Ledger, shown: pa.Table) -> list[tuple[str, str, int, int]]:
    """For each column and currency: its sum in the table, and the sum of its source; minor units."""
    facts = LedgerBooks(ledger, settings_of(home).time_zone).facts(plan_of(Path(home)))
    with engine(Path(home) / "spill") as connection:
        facts.load(connection)
        connection.register("reconciliation", shown)
        connection.execute(f"CREATE TEMP VIEW charges AS FROM '{_charges(home)}'")
        values = {"as_of": AS_OF, "billed_from": EARLY}
        found = []
        for column, source in SOURCES.items():
            used = {name: value for name, value in values.items() if f"${name}" in source}
            rows = connection.execute(_COMPARED.format(column=column, source=source), used).fetchall()
            found += [(column, *row) for row in rows]
    return found


def _charges(home: str) -> str:
    return f"{home}/lake/charges/*/*/*.parquet"


def main() -> None:
    """Make the month, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, help="A folder to keep the month in; used as it is where it has one.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        if not (home / "lake").is_dir():
            make_home(home, options.lines)
        base, done = measure_pair(
            ("bench.reconciliation_table:floor", str(home)),
            ("bench.reconciliation_table:ours", str(home)),
            options.rounds,
        )
        started = time.process_time()
        ours(str(home))
        cpu = time.process_time() - started
    report("reconciliation_table", base, done, BUDGET, lines=options.lines, cpu_seconds=cpu, returned=done.returned)
    print(f"CPU {cpu:.2f} s; {done.returned}")


if __name__ == "__main__":
    main()
