"""The daily reconciliation as one value: every table that pages, workbooks and files are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

CUSTOMERS_NAMED_MAX = 5  # of a limited day, in its one line that says so


class Mode(StrEnum):
    """A live run speaks for the partner's yesterday and may book; a historical run only looks."""

    LIVE = "live"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one day shows, as of its end. Tables have the schemas of `records` (named beside each) and a fixed order."""

    as_of: date
    known_at: str  # UTC ISO 8601
    mode: Mode
    is_demo: bool
    summary: pa.Table  # SUMMARY
    reconciliation: pa.Table  # RECONCILIATION
    standings: pa.Table  # STANDING
    non_payment: pa.Table  # NON_PAYMENT
    late: pa.Table  # LATE
    allocations: pa.Table  # ALLOCATION_VIEW
    unapplied: pa.Table  # UNAPPLIED_VIEW
    not_customer_money: pa.Table  # NOT_CUSTOMER_MONEY
    coverage: pa.Table  # COVERAGE
    tie_out: pa.Table  # TIE_OUT
    feeds: pa.Table  # FEED
    suggestions: pa.Table  # SUGGESTION_VIEW
    findings: pa.Table  # FINDING
    customers: tuple[str, ...] = ()  # the day is limited to these; none: it is whole

    @classmethod
    def table_names(cls) -> tuple[str, ...]:
        """What the tables are called, in the order a reader wants them."""
        return tuple(field.name for field in fields(cls) if field.type == "pa.Table")

    def tables(self) -> dict[str, pa.Table]:
        """The tables by name, in the order a reader wants them."""
        return {name: getattr(self, name) for name in self.table_names()}

    def only(self, customers: Sequence[str]) -> Day:
        """The same day for a few customers: others' rows are left out, totals stay those of all (`limits` says so)."""
        wanted = pa.array(list(customers), pa.string())
        kept = {
            name: table.filter(pc.is_in(table["customer_id"], value_set=wanted))
            for name, table in self.tables().items()
            if "customer_id" in table.column_names
        }
        return replace(self, customers=tuple(sorted(set(customers))), **kept)

    @property
    def limits(self) -> str:
        """What a reader of a limited day must know; "" for a whole one."""
        if not self.customers:
            return ""
        named = ", ".join(self.customers[:CUSTOMERS_NAMED_MAX])
        others = len(self.customers) - CUSTOMERS_NAMED_MAX
        who = f"{named} and {others} more" if others > 0 else named
        return f"shows {who} only; the totals are of all customers, and so are coverage and tie-out"
