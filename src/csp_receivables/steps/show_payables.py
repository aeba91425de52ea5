"""What the partner owes Microsoft on a day: gathered from the books, the bank and Microsoft's own words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from csp_receivables.domain.accounting import FileRefused
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.payables.day import day_payables
from csp_receivables.domain.payables.payables import Payables
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.money_ports import PayableBook, VendorPaymentReader
from csp_receivables.ports import Books


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPayables:
    """What it needs. `term_days`: when Microsoft wants its money, for invoices whose charges are not imported."""

    books: Books
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: MatchingPolicy
    lines: BankLinePolicy
    term_days: int

    def show(self, plan: RunPlan) -> Payables:
        """Everything owed as the plan sees it; books nothing."""
        facts = self.books.facts(plan)
        with self.engine() as connection:
            day, _ = compute_day(
                connection,
                facts,
                self.policy,
                self.lines,
                mode=plan.mode,
                is_demo=False,
                vendor_term_days=self.term_days,
            )
            return day_payables(connection, facts, day.coverage, self.term_days)


def import_vendor_payments(path: Path, reader: VendorPaymentReader, book: PayableBook) -> FileReport:
    """Import a file of vendor payments; anything else is refused."""
    file = reader.identify(path)
    try:
        return book.import_file(reader.recognise(path, file), reader.payments(path))
    except FileRefused as refusal:
        return book.refuse_file(file, refusal.findings)
