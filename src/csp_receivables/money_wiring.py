"""From charges to money, plugged together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from csp_receivables.adapters.bill_words import BillTable, bill_tables
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake_tables import LakeTables
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.charge_book import LedgerChargeBook
from csp_receivables.adapters.ledger.invoice_parts import LedgerInvoiceParts
from csp_receivables.adapters.ledger.payable_book import LedgerPayableBook
from csp_receivables.adapters.ledger.raised_book import LedgerRaisedBook
from csp_receivables.adapters.price_book import read_price_book
from csp_receivables.adapters.vendor_payment_files import VendorPaymentFiles
from csp_receivables.domain.charges.bill import ExplainedBill
from csp_receivables.domain.charges.readiness import InvoiceReadiness
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.pricing.check import Checked, check_billing
from csp_receivables.domain.pricing.price_book import PriceBook
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings
from csp_receivables.steps.explain_bill import ExplainBill
from csp_receivables.steps.look_at_charges import ChargeLook, look_at_readiness
from csp_receivables.steps.look_at_charges import say_it_is_all as say_it_is_all_step
from csp_receivables.steps.raise_receivables import RaiseReceivables
from csp_receivables.steps.show_payables import ShowPayables
from csp_receivables.steps.show_payables import import_vendor_payments as import_vendor_payments_step
from csp_receivables.wiring import bank_line_policy, matching_policy, reconciler


def charge_look(settings: Settings, ledger: Ledger) -> ChargeLook:
    """Where charges that lie in the lake are looked at."""
    return ChargeLook(
        book=LedgerChargeBook(ledger),
        tables=LakeTables(root=settings.lake),
        engine=partial(engine, settings.home / "spill"),
    )


def charges_ready(settings: Settings, ledger: Ledger, plan: RunPlan) -> tuple[InvoiceReadiness, ...]:
    """Which vendor invoices may be billed from."""
    return look_at_readiness(plan, LedgerBooks(ledger, settings.time_zone))


def say_it_is_all(ledger: Ledger, invoice_id: str, by: str, why: str) -> str:
    """Keep a person's word that a legacy invoice has only one file. Raises NothingToLookAt and ByHandRefused."""
    return say_it_is_all_step(LedgerInvoiceParts(ledger), invoice_id, person(by, why))


def show_payables(settings: Settings, ledger: Ledger) -> ShowPayables:
    """What the partner owes Microsoft."""
    return ShowPayables(
        books=LedgerBooks(ledger, settings.time_zone),
        engine=partial(engine, settings.home / "spill"),
        policy=matching_policy(settings),
        lines=bank_line_policy(settings),
        term_days=settings.vendor_term_days,
    )


def import_vendor_payments(ledger: Ledger, path: Path) -> FileReport:
    """Import one file of payments to Microsoft."""
    return import_vendor_payments_step(path, VendorPaymentFiles(), LedgerPayableBook(ledger))


def price_book(settings: Settings, path: Path | None = None) -> PriceBook:
    """What customers pay, as the partner keeps it. Raises FileFaults with all that is wrong."""
    return read_price_book(path or settings.include / "price_book.yaml")


def raise_receivables(settings: Settings, ledger: Ledger) -> RaiseReceivables:
    """What raises receivables from charges. Raises FileFaults for a price book that can't be used."""
    return RaiseReceivables(
        books=LedgerBooks(ledger, settings.time_zone),
        raised=LedgerRaisedBook(ledger),
        tables=LakeTables(root=settings.lake),
        engine=partial(engine, settings.home / "spill"),
        book=price_book(settings),
        seller=settings.seller,
    )


def check_receivables(settings: Settings, ledger: Ledger, plan: RunPlan) -> tuple[Checked, ...]:
    """Where receivables and charges do not fit. Raises FileFaults for a price book that can't be used."""
    floor = price_book(settings).margin_floor
    return check_billing(reconciler(settings, ledger).look(plan).day.reconciliation, floor)


def explain_bill(settings: Settings, ledger: Ledger) -> ExplainBill:
    """What explains a bill: in the customer's prices, or at cost while the price book is the example."""
    book = price_book(settings)
    return ExplainBill(
        book=LedgerChargeBook(ledger),
        tables=LakeTables(root=settings.lake),
        engine=partial(engine, settings.home / "spill"),
        rules=() if book.is_example else book.rules,
    )


def bill_in_words(settings: Settings, bill: ExplainedBill, language: str = "") -> tuple[BillTable, ...]:
    """An explained bill as a customer reads it."""
    return bill_tables(bill, settings.include / "templates" / "bills", language)
