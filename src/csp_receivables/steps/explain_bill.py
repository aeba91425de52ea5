"""Explaining one customer's bill of a month against the month before, out of the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from csp_receivables.domain.charges.bill import ExplainedBill, explain
from csp_receivables.domain.charges.bill_lines import BillLine, BillSource, bill_lines
from csp_receivables.domain.pricing.price_book import PriceRule
from csp_receivables.money_ports import ChargeBook, ChargeTables


class NoBill(LookupError):
    """There is nothing to explain; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainBill:
    """What it needs. `rules`: what the customer pays; none: amounts are what Microsoft charges."""

    book: ChargeBook
    tables: ChargeTables
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    rules: Sequence[PriceRule] = ()

    def explain(self, customer_id: str, month: date) -> ExplainedBill:
        """The bill of `month` (its first day) against the one before. Raises NoBill."""
        known = self.book.customer(customer_id)
        if known is None:
            raise NoBill(f"no customer {customer_id!r} is known; use the customer_id of the customers file")
        month_before = (month - timedelta(days=1)).replace(day=1)
        sources = self.book.bill_sources(customer_id, (month_before, month))
        if not any(one.month == month for one in sources):
            raise NoBill(f"nothing was charged for {customer_id} in {month:%Y-%m}; import that month's vendor invoice")
        with self.engine() as connection:
            before, after = (
                self._lines(connection, [one for one in sources if one.month == of]) for of in (month_before, month)
            )
        name, language, country = known
        return ExplainedBill(
            customer_id=customer_id,
            name=name,
            language=language,
            country=country,
            month=month,
            month_before=month_before,
            explanations=explain(before, after),
            at_cost=not self.rules,
            unsure=tuple(one.invoice_id for one in sources if not one.released),
        )

    def _lines(self, connection: duckdb.DuckDBPyConnection, sources: Iterable[BillSource]) -> list[BillLine]:
        found: list[BillLine] = []
        for source in sources:
            self.tables.keep_of_tenants(connection, "charges_of_customer", source.charges_path, source.costs)
            found += bill_lines(connection, "charges_of_customer", source, self.rules)
        return found
