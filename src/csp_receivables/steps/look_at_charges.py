"""Looking at charges that lie in the lake: what a new version changed, and whether daily usage agrees with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import duckdb

from csp_receivables.domain.charge_data import ChargeKind, KeptVersion
from csp_receivables.domain.charges.readiness import PART_WORDS, InvoiceReadiness, readiness
from csp_receivables.domain.charges.usage import UsageComparison, compare_usage
from csp_receivables.domain.charges.versions import ChargeChange, changes
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.money_ports import ChargeBook, ChargeTables, InvoiceParts
from csp_receivables.ports import Books


class NothingToLookAt(LookupError):
    """The invoice has not what was asked for; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDifference:
    """Two versions of an invoice's charges, and what differs between them."""

    before: KeptVersion
    after: KeptVersion
    changes: tuple[ChargeChange, ...]


def look_at_readiness(plan: RunPlan, books: Books) -> tuple[InvoiceReadiness, ...]:
    """Which vendor invoices may be billed from as the plan sees it, and until when the others may come."""
    facts = books.facts(plan)
    return readiness(facts.vendor_invoices, facts.payables, plan.as_of)


def say_it_is_all(book: InvoiceParts, invoice_id: str, who: Person) -> str:
    """Keep a person's word that a legacy invoice has only the file that is here; returns what the other would hold.

    Raises NothingToLookAt where nothing of it is here, or both are.
    """
    there = book.parts(invoice_id)
    lacking = [kind for kind in ChargeKind if kind.is_part and kind.value not in there]
    if len(lacking) != 1:
        found = "both its files are here" if there else "it is no legacy invoice of which a file was imported"
        raise NothingToLookAt(f"invoice {invoice_id}: {found}, so there is nothing to say")
    book.say_none(invoice_id, lacking[0], who)
    return PART_WORDS[lacking[0].value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLook:
    """Where charges are looked at."""

    book: ChargeBook
    tables: ChargeTables
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]

    def difference(self, invoice_id: str, *, usage: bool = False) -> VersionDifference:
        """The version that counts against the one before it. Raises NothingToLookAt where there are no two."""
        versions = self.book.usage_versions(invoice_id) if usage else self.book.versions(invoice_id)
        if len(versions) < 2:
            what = "one version" if versions else "no charges"
            raise NothingToLookAt(f"invoice {invoice_id} has {what}; a difference needs two imports of its data")
        after, before = versions[:2]
        with self.engine() as connection:
            self.tables.relate(connection, "charges_before", [before.charges_path])
            self.tables.relate(connection, "charges_after", [after.charges_path])
            found = changes(connection, "charges_before", "charges_after")
        return VersionDifference(before=before, after=after, changes=found)

    def usage(self, invoice_id: str) -> tuple[UsageComparison, ...]:
        """The invoice's charges for usage against its daily usage. Raises NothingToLookAt where one is missing."""
        charges, used = self.book.versions(invoice_id), self.book.usage_versions(invoice_id)
        if not charges or not used:
            missing = "daily usage" if charges else "charges"
            raise NothingToLookAt(f"invoice {invoice_id} has no {missing}; import its file: csp import microsoft")
        with self.engine() as connection:
            self.tables.relate(connection, "charges", [charges[0].charges_path])
            self.tables.relate(connection, "used", [used[0].charges_path])
            return compare_usage(connection, "charges", "used")
