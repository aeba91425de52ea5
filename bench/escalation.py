"""The escalation report of a partner with 50 k customers: from the ledger to the files that are mailed.

    python -m bench.escalation [customers]

Each customer has six invoices, of which four are paid by a payment of their own; one in seven is late, and for one in
twenty money came that nothing says what it pays, so that some thousands of rows wait. Floor: reading
the facts of the day from the ledger, which any report must do.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from bench.measure import Budget, measure_pair, report
from csp_receivables import escalation_wiring, wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain import records
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings

CUSTOMERS = 50_000
EACH, PAID = 6, 4
BUDGET = Budget(seconds=30, peak_mb=1024)
ON = date(2026, 10, 31)
INCLUDE = Path(__file__).parents[1] / "include"
PLAN = RunPlan(as_of=ON, known_at=None, mode=Mode.LIVE, because="it is yesterday")
_CUSTOMERS = """
SELECT 'C' || lpad(i::VARCHAR, 8, '0') AS customer_id, 'Customer ' || i AS name, '' AS org_number,
       ['SE', 'DE', 'NO'][1 + i % 3] AS country, 'en' AS language, 'company' AS party_kind FROM range($customers) c(i)
"""
_RECEIVABLES = """
SELECT 'partner/' || i AS receivable_id, 'partner' AS seller, i::VARCHAR AS number, 'invoice' AS kind,
       'C' || lpad((i // $each)::VARCHAR, 8, '0') AS customer_id, due_on - 30 AS issued_on, due_on,
       ['SEK', 'EUR', 'NOK'][1 + (i // $each) % 3] AS currency, amount, amount AS net, 0::BIGINT AS tax,
       'R' || i AS reference, '' AS credits_number
  FROM (SELECT i, (10000 + hash(i) % 500000)::BIGINT AS amount,
               $on::DATE + CASE WHEN i % $each < $paid THEN ((i % $each) - 5)::INTEGER * 30
                                WHEN (i // $each) % 7 = 0 THEN -20 ELSE 10 + ((i // $each) % 15)::INTEGER END AS due_on
          FROM range($receivables) r(i))
"""
_PAYMENTS = """
SELECT 'P' || number AS payment_id, '' AS entry_id, 'S1' AS statement_id, 'camt.053' AS family, 1::BIGINT AS entry_no,
       0::BIGINT AS detail_no, 'SE00' AS account, due_on AS booked_on, due_on AS value_on, currency, amount,
       'booked' AS status, 'payment' AS kind, '' AS bank_ref, '' AS end_to_end, 'Customer' AS payer_name,
       '' AS payer_account, reference, '' AS text, '' AS instructed_currency, 0::BIGINT AS instructed_amount
  FROM receivables WHERE number::BIGINT % $each < $paid
"""
_NOBODYS = """
SELECT 'N' || i AS payment_id, '' AS entry_id, 'S1' AS statement_id, 'camt.053' AS family, 1::BIGINT AS entry_no,
       0::BIGINT AS detail_no, 'SE00' AS account, $on::DATE - (i % 60)::INTEGER AS booked_on,
       $on::DATE AS value_on, 'SEK' AS currency, (77 + hash(i) % 9000)::BIGINT AS amount, 'booked' AS status,
       'payment' AS kind, '' AS bank_ref, '' AS end_to_end, 'Somebody ' || i AS payer_name, '' AS payer_account,
       '' AS reference, 'thanks' AS text, '' AS instructed_currency, 0::BIGINT AS instructed_amount
  FROM range($customers // 20) n(i)
"""
_ALLOCATIONS = """
SELECT 'A' || number AS allocation_id, 'payment' AS source_kind, 'P' || number AS source_id, receivable_id, amount,
       0::BIGINT AS difference, currency, 'reference' AS rule, 'full' AS outcome, '' AS because,
       due_on AS effective_on, '' AS reverses
  FROM receivables WHERE number::BIGINT % $each < $paid
"""


def floor(home: str) -> int:
    """Read the facts of the day. How many receivables."""
    settings = _settings(Path(home))
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    return int(LedgerBooks(ledger, settings.time_zone).facts(PLAN).receivables.num_rows)


def reported(home: str) -> dict[str, int]:
    """Compile the report, keep it, write its files. How many rows it has."""
    settings = _settings(Path(home))
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    made = escalation_wiring.escalation_reporter(settings, ledger).report(ReportKind.DAILY, PLAN)
    return {"items": len(made.report.items), "measures": len(made.report.measures)}


def _settings(home: Path) -> Settings:
    return Settings(
        home=home,
        ledger_url=f"sqlite:///{home}/ledger.db",
        time_zone=ZoneInfo("Europe/Stockholm"),
        fixed_clock=datetime(2026, 11, 1, 6, tzinfo=UTC),
        include=INCLUDE,
    )


def _make(home: Path, customers: int) -> None:
    ledger = wiring.open_ledger(_settings(home))
    values = {"customers": customers, "receivables": customers * EACH, "each": EACH, "paid": PAID, "on": ON}
    with duckdb.connect() as connection, ledger.writing() as writing:

        def made(sql: str, schema: pa.Schema) -> pa.Table:
            used = {name: value for name, value in values.items() if f"${name}" in sql}
            return connection.sql(sql, params=used).to_arrow_table().select(schema.names).cast(schema)

        same = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, tables.customer, made(_CUSTOMERS, records.CUSTOMER), **same)
        receivables = made(_RECEIVABLES, records.RECEIVABLE)
        connection.register("receivables", receivables)
        insert_new(writing.connection, tables.receivable, receivables, file_digest="", **same)
        for sql in (_PAYMENTS, _NOBODYS):
            insert_new(writing.connection, tables.payment, made(sql, records.BANK_LINE), counts=True, **same)
        insert_new(writing.connection, tables.allocation, made(_ALLOCATIONS, records.ALLOCATION), run_id="", **same)
    ledger.engine.dispose()


def main(customers: int = CUSTOMERS) -> bool:
    """Measure, report, and say whether the budgets were kept."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        _make(home, customers)
        lower, ours = measure_pair(("bench.escalation:floor", name), ("bench.escalation:reported", name))
        return report("escalation", lower, ours, BUDGET, customers=customers, made=ours.returned)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
