"""What the partner owes Microsoft on a day: gathered from the books, the bank and Microsoft's own words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.accounting import FileRefused
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.payables.payables import Covered, Payables, payables
from csp_receivables.domain.payables.payments import bank_debits, with_files
from csp_receivables.domain.payables.settling import Owed
from csp_receivables.domain.payables.words import VendorWords
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.money_ports import PayableBook, VendorPaymentReader
from csp_receivables.ports import Books


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPayables:
    """What it needs. `term_days`: when Microsoft wants its money, for invoices whose charges are not imported."""

    books: Books
    book: PayableBook
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: MatchingPolicy
    lines: BankLinePolicy
    term_days: int

    def show(self, plan: RunPlan) -> Payables:
        """Everything owed as the plan sees it; books nothing."""
        facts = self.books.facts(plan)
        rows, words = self.book.told(plan.as_of, facts.known_at)
        owed = _owed(facts.vendor_invoices, words, self.term_days)
        with self.engine() as connection:
            day, _ = compute_day(connection, facts, self.policy, self.lines, mode=plan.mode, is_demo=False)
            debits = bank_debits(connection, [one.invoice_id for one in owed])
        evidence = {one.invoice_id: one.paid for one in words}
        return payables(owed, with_files(debits, rows), _covered(day.coverage), evidence, plan.as_of)


def import_vendor_payments(path: Path, reader: VendorPaymentReader, book: PayableBook) -> FileReport:
    """Import a file of vendor payments; anything else is refused."""
    file = reader.identify(path)
    try:
        return book.import_file(reader.recognise(path, file), reader.payments(path))
    except FileRefused as refusal:
        return book.refuse_file(file, refusal.findings)


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
