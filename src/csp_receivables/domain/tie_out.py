"""Invariant I5: what came in equals where it went, to the cent. The two sides come from different tables."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.money import to_text
from csp_receivables.domain.records import TIE_OUT
from csp_receivables.domain.relations import ask, load

CASH = "received - returned = allocated + unapplied + refunded + not customer money"
BILLED = "billed = paid + credited + written off + open"
GROSS = "reconciliation: billed = paid + credited + written off + open"
COST = "reconciliation: cost = vendor invoices"

_TERMS = f"""
    SELECT '{CASH}' AS equation, currency, 'received' AS term, true AS is_left, amount
      FROM payments WHERE status = 'booked' AND amount > 0
    UNION ALL SELECT '{CASH}', currency, 'returned', true, amount FROM payments
      WHERE status = 'booked' AND kind = 'return'
    UNION ALL SELECT '{CASH}', currency, 'allocated', false, amount FROM allocations WHERE source_kind = 'payment'
    UNION ALL SELECT '{CASH}', currency, 'unapplied', false, amount FROM unapplied_view WHERE status = 'booked'
    UNION ALL SELECT '{CASH}', currency, 'refunded', false, -amount FROM payment_positions
      WHERE kind = 'other' AND amount < 0 AND allocated <> 0
    UNION ALL SELECT '{CASH}', currency, 'not customer money (' || coalesce(s.kind, 'other') || ')', false, amount
      FROM payments LEFT JOIN set_aside s USING (payment_id)
      WHERE status = 'booked' AND payments.kind = 'other' AND amount > 0
    UNION ALL SELECT '{BILLED}', currency, 'billed', true, amount FROM receivables WHERE kind = 'invoice'
    UNION ALL SELECT '{BILLED}', currency, 'paid', false, amount FROM allocations
      WHERE source_kind <> 'credit_note' AND receivable_id <> ''
    UNION ALL SELECT '{BILLED}', currency, 'credited', false, amount FROM allocations WHERE source_kind = 'credit_note'
    UNION ALL SELECT '{BILLED}', currency, 'written off', false, difference FROM allocations
    UNION ALL SELECT '{BILLED}', currency, 'open', false, open FROM standings
    UNION ALL SELECT '{GROSS}', currency, 'billed', true, amount FROM receivables WHERE kind = 'invoice'
    UNION ALL SELECT '{GROSS}', currency, 'paid', false, paid FROM reconciliation
    UNION ALL SELECT '{GROSS}', currency, 'credited', false, credited FROM reconciliation
    UNION ALL SELECT '{GROSS}', currency, 'written off', false, written_off FROM reconciliation
    UNION ALL SELECT '{GROSS}', currency, 'open', false, open FROM reconciliation
    UNION ALL SELECT '{COST}', currency, 'vendor invoices', true, pre_tax FROM vendor_invoices
    UNION ALL SELECT '{COST}', currency, 'cost', false, cost FROM reconciliation
"""
_SUMS = f"""
SELECT equation, currency, term, is_left, sum(amount)::BIGINT AS amount FROM ({_TERMS}) GROUP BY ALL
 ORDER BY equation, currency, is_left DESC, term
"""
_SUM = pa.schema(
    [
        ("equation", pa.string()),
        ("currency", pa.string()),
        ("term", pa.string()),
        ("is_left", pa.bool_()),
        ("amount", pa.int64()),
    ]
)


def tie_out_table(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> pa.Table:
    """The equations of I5 (schema TIE_OUT); `tables`: standings, reconciliation, unapplied_view as shown."""
    for name, table in tables.items():
        load(connection, name, table)
    sums = ask(connection, _SUMS, _SUM).to_pylist()
    rows = [_equation(list(terms)) for _, terms in groupby(sums, key=lambda row: (row["equation"], row["currency"]))]
    return pa.Table.from_pylist(rows, schema=TIE_OUT)


def _equation(terms: list[dict[str, Any]]) -> dict[str, Any]:
    left = sum(term["amount"] for term in terms if term["is_left"])
    right = sum(term["amount"] for term in terms if not term["is_left"])
    currency = terms[0]["currency"]
    words = ", ".join(f"{term['term']} {to_text(term['amount'], currency)}" for term in terms)
    equation = {"equation": terms[0]["equation"], "currency": currency, "terms": words}
    return {**equation, "left": left, "right": right, "difference": left - right}


def tie_out_findings(tie_out: pa.Table) -> pa.Table:
    """One HELD finding for each equation that does not hold."""
    return findings_table(
        Finding(
            code="day.does_not_tie",
            severity=Severity.HELD,
            found=f"{row['equation']}: {to_text(row['left'], row['currency'])} is not "
            f"{to_text(row['right'], row['currency'])} {row['currency']} ({row['terms']})",
            remedy="Do not act on this day; an allocation or an import is wrong. Send this finding to engineering.",
            amount=row["difference"],
            currency=row["currency"],
        )
        for row in tie_out.to_pylist()
        if row["difference"]
    )
