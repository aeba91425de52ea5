"""The payables of one day, from its facts: what is owed, the money that went to Microsoft, and what customers paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.facts import Facts
from csp_receivables.domain.payables.payables import Covered, Payables, payables
from csp_receivables.domain.payables.payments import bank_debits, with_files
from csp_receivables.domain.payables.settling import Owed
from csp_receivables.domain.payables.words import VendorWords


def day_payables(connection: duckdb.DuckDBPyConnection, facts: Facts, coverage: pa.Table, term_days: int) -> Payables:
    """Everything owed on the day; needs `set_aside` and `payments` of the day, and its COVERAGE.

    `term_days`: when Microsoft wants its money, for invoices whose charges are not imported.
    """
    told = facts.payables
    owed = _owed(facts.vendor_invoices, told.words, term_days)
    debits = bank_debits(connection, [one.invoice_id for one in owed])
    evidence = {one.invoice_id: one.paid for one in told.words}
    return payables(owed, with_files(debits, told.payments), _covered(coverage), evidence, facts.as_of)


def _owed(invoices: pa.Table, words: tuple[VendorWords, ...], term_days: int) -> list[Owed]:
    """Every invoice that was imported, as Microsoft corrected it, and those that only Microsoft's list tells of."""
    said = {one.invoice_id: one for one in words}
    owed = [_imported(row, said.pop(row["invoice_id"], None)) for row in invoices.to_pylist()]
    return owed + [listed for one in said.values() if (listed := _listed(one, term_days))]


def _imported(row: dict[str, Any], said: VendorWords | None) -> Owed:
    stated = row["total"] if row["stated_total"] is None else row["stated_total"]
    return Owed(
        invoice_id=row["invoice_id"],
        currency=row["currency"],
        invoiced_on=row["invoiced_on"],
        due_on=row["due_on"],
        total=stated,
        is_void=said is not None and said.is_void,
        amends=said.amends if said else "",
    )


def _listed(said: VendorWords, term_days: int) -> Owed | None:
    """An invoice without charges; None where its day or total is not told, for then nothing can be said of it."""
    if said.invoiced_on is None or said.total is None:
        return None
    return Owed(
        invoice_id=said.invoice_id,
        currency=said.currency,
        invoiced_on=said.invoiced_on,
        due_on=said.invoiced_on + timedelta(days=term_days),
        total=said.total,
        is_void=said.is_void,
        amends=said.amends,
    )


def _covered(coverage: pa.Table) -> dict[str, Covered]:
    return {
        row["vendor_invoice"]: Covered(
            collected_net=row["collected_net"], missing=row["missing"], per_mille=row["covered_per_mille"]
        )
        for row in coverage.to_pylist()
    }
