"""Raising receivables from a vendor invoice's charges, by the price book; and checking those of another system.

Nothing is raised from an invoice that is late, partial or voided. The same data raised again gives nothing; a crash
leaves nothing, or everything, for documents and their numbers are kept in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from csp_receivables.domain.charges.readiness import Readiness, readiness
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.pricing.documents import Raised, Raising, Terms, draft
from csp_receivables.domain.pricing.issuing import Issue, Issued, number_documents
from csp_receivables.domain.pricing.price_book import PriceBook
from csp_receivables.domain.pricing.priced import PricedLine, charge_lines, price_lines
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.money_ports import ChargeTables, RaisedBook
from csp_receivables.ports import Books


class NotToBeRaised(ValueError):
    """Nothing may be raised from this vendor invoice; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A vendor invoice's charges, priced; and the tenants whose charges nobody is billed for."""

    invoice: dict[str, Any]  # row of VENDOR_INVOICE
    lines: tuple[PricedLine, ...]
    countries: dict[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseReceivables:
    """What it needs. `seller` issues the documents."""

    books: Books
    raised: RaisedBook
    tables: ChargeTables
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    book: PriceBook
    seller: str

    def preview(self, plan: RunPlan, vendor_invoice: str, issued_on: date) -> Raising:
        """The documents that the invoice wants now; keeps nothing. Raises NotToBeRaised."""
        priced = self._priced(plan, vendor_invoice)
        return self._draft(priced, self.raised.raised(vendor_invoice, self._series), issued_on)

    def issue(
        self, plan: RunPlan, vendor_invoice: str, issued_on: date, by: str, *, confirmed: str = ""
    ) -> tuple[Raising, Issued]:
        """Number and keep the documents that the invoice wants now. Raises NotToBeRaised and NumberTaken.

        `confirmed`: the code of the preview that a person agreed to; other documents than those are not issued.
        """
        if self.book.is_example:
            raise NotToBeRaised("include/price_book.yaml is the example; put your prices there and remove `is_example`")
        priced, made = self._priced(plan, vendor_invoice), []
        issue = Issue(
            seller=self.seller,
            vendor_invoice=vendor_invoice,
            version=priced.invoice["version"],
            issued_on=issued_on,
            raised_by=by,
        )

        def decide(raised: Raised) -> Issued:
            made.append(self._draft(priced, raised, issued_on))
            _refuse_unconfirmed(made[-1], confirmed, vendor_invoice)
            return number_documents(made[-1].drafts, self.book, issue, raised.last_number)

        issued = self.raised.issue(vendor_invoice, self._series, decide)
        return made[-1], issued

    @property
    def _series(self) -> str:
        return f"{self.seller}/{self.book.prefix}"

    def _priced(self, plan: RunPlan, vendor_invoice: str) -> Priced:
        facts = self.books.facts(plan)
        invoice = next((r for r in facts.vendor_invoices.to_pylist() if r["invoice_id"] == vendor_invoice), None)
        if invoice is None:
            raise NotToBeRaised(f"vendor invoice {vendor_invoice} is not imported; import it: csp import microsoft")
        self._refuse_unready(facts, plan, vendor_invoice)
        customers = _customers(facts)
        costs = {
            r["tenant_id"]: r["pre_tax"] for r in facts.customer_costs.to_pylist() if r["invoice_id"] == vendor_invoice
        }
        with self.engine() as connection:
            self.tables.relate(connection, "charges", [invoice["charges_path"]])
            lines = price_lines(charge_lines(connection, "charges"), costs, customers, self.book.rules)
        return Priced(
            invoice=invoice,
            lines=lines,
            countries={r["customer_id"]: r["country"] for r in facts.customers.to_pylist()},
            findings=tuple(_unmapped(tenant, costs[tenant], invoice) for tenant in sorted(set(costs) - set(customers))),
        )

    def _refuse_unready(self, facts: Facts, plan: RunPlan, vendor_invoice: str) -> None:
        found = readiness(facts.vendor_invoices, facts.payables, plan.as_of)
        ready = next(one for one in found if one.invoice_id == vendor_invoice)
        allowed = {Readiness.READY, Readiness.UNPROVED} if self.book.bill_unproved else {Readiness.READY}
        if ready.readiness not in allowed:
            until = f", Microsoft makes it good until {ready.deadline}" if ready.deadline else ""
            raise NotToBeRaised(
                f"vendor invoice {vendor_invoice} is {ready.readiness.value}: {ready.because}{until}. "
                "Import its file and its JSON again when they are whole"
            )

    def _draft(self, priced: Priced, raised: Raised, issued_on: date) -> Raising:
        currency = priced.invoice["currency"]
        if raised.currency not in ("", currency):
            raise NotToBeRaised(
                f"documents for {priced.invoice['invoice_id']} were raised in {raised.currency}, its charges are in "
                f"{currency} now. Credit them by hand first"
            )
        terms = Terms(currency=currency, issued_on=issued_on, countries=priced.countries)
        raising = draft(priced.lines, raised, self.book, terms)
        return Raising(drafts=raising.drafts, findings=(*priced.findings, *raising.findings))


def _refuse_unconfirmed(raising: Raising, confirmed: str, vendor_invoice: str) -> None:
    if confirmed and raising.drafts and raising.code != confirmed:
        raise NotToBeRaised(
            f"what was confirmed ({confirmed}) is not what {vendor_invoice} wants now ({raising.code}): charges, "
            "prices, customers or the day changed. Look at it again and confirm the new code"
        )


def _customers(facts: Facts) -> dict[str, str]:
    """The customer of each tenant that is one customer's alone."""
    found: dict[str, set[str]] = {}
    for row in facts.tenants.to_pylist():
        found.setdefault(row["tenant_id"], set()).add(row["customer_id"])
    return {tenant: next(iter(customers)) for tenant, customers in found.items() if len(customers) == 1}


def _unmapped(tenant_id: str, cost: int, invoice: dict[str, Any]) -> Finding:
    return Finding(
        code="tenant.not_mapped",
        severity=Severity.HELD,
        found=f"tenant {tenant_id} is charged on {invoice['invoice_id']} and is not one customer's: nobody is billed",
        remedy="Correct the tenant in the customers file, import it, and raise again",
        subject=tenant_id,
        amount=cost,
        currency=invoice["currency"],
    )
