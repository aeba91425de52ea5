"""Does Microsoft's charge data add up to Microsoft's invoice? What does is released; what does not is held.

The documented formulas for a line's subtotal disagree with Microsoft's own examples, so lines are never recomputed:
only sums are compared. In some countries the lines carry no tax although the invoice does; there the comparison is
pre-tax (microsoft.md, facts 7 and 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import Money
from csp_receivables.domain.payables.words import VendorWords
from csp_receivables.domain.real_days import OUTSIDE, is_real
from csp_receivables.domain.vendor_totals import InvoiceSums

LINES_PER_UNIT = 1_000
PUBLISHED_AFTER_DAYS = 7  # new-commerce invoices are out between the 6th and the 8th of the next month; the 8th is safe


class Verdict(StrEnum):
    """What comparing the charges with the vendor invoice came to."""

    TIES = "ties"
    TIES_PRE_TAX = "ties_pre_tax"
    DIFFERS = "differs"
    NO_STATEMENT = "no_statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedInvoice:
    """What the vendor invoice itself says, from its JSON. Days are null where it does not say."""

    invoice_id: str
    currency: str
    total: int  # minor units, tax included
    invoiced_on: date | None = None
    period_from: date | None = None
    period_until: date | None = None
    tax: int | None = None  # minor units, where the statement tells it
    voided: bool = False  # Microsoft took it back; another one replaces it


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceStatement:
    """One invoice's own words, or why they can't be read; `digest` is of the JSON's bytes.

    `words`: of every invoice in that JSON, its amendments among them.
    """

    digest: str
    stated: StatedInvoice | None
    words: tuple[VendorWords, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TieOut:
    """One invoice's verdict, with what a person must know about it."""

    verdict: Verdict
    released: bool
    because: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDays:
    """When a vendor invoice is dated, due, and which month it bills."""

    invoiced_on: date
    due_on: date
    period_from: date
    period_until: date
    assumed: bool  # no statement told the invoice date


def tolerance(lines: int) -> int:
    """Minor units that the sum of `lines` may miss the invoice by: one for each thousand lines begun.

    Microsoft's lines carry more decimals than its invoice. The sum keeps them all and is rounded once, so an honest
    file is off by less than one unit. Where a product is rounded on the invoice on its own, errors of at most half
    a unit, up and down, partly cancel. One unit per thousand lines allows for that and stays far below the
    smallest charge worth missing: 10.00 on a million lines.
    """
    return max(1, -(-lines // LINES_PER_UNIT))


def tie_out(sums: InvoiceSums, stated: StatedInvoice | None, unreadable: int = 0, source: str = "") -> TieOut:
    """Compare the sums with the statement. `unreadable`: lines of this invoice whose money could not be read."""
    incomparable = _incomparable(sums, stated, unreadable)
    if incomparable:
        return _held(sums, stated, source, incomparable)
    if stated is None:
        return _unproved(sums, source)
    if stated.voided:
        return _voided(sums, source)
    allowed = tolerance(sums.lines)
    difference = stated.total - sums.total
    if abs(difference) <= allowed:
        return TieOut(verdict=Verdict.TIES, released=True, because=f"lines and invoice both say {_total(sums)}")
    if sums.tax == 0 and stated.tax is not None and abs(difference - stated.tax) <= allowed:
        return TieOut(
            verdict=Verdict.TIES_PRE_TAX,
            released=True,
            because=f"no line carries tax; the difference is the invoice's tax of {Money(stated.tax, stated.currency)}",
        )
    return _held(sums, stated, source, _differs(sums, stated))


def invoice_days(charges_by_month: Mapping[date, int], stated: StatedInvoice | None, term_days: int) -> InvoiceDays:
    """The invoice's days: as stated, else assumed from the billing month. Due `term_days` after the invoice date.

    Raises ValueError where no charge has a start date, or most have one that can't be believed.
    `charges_by_month` maps the first day of each month to how many charges ended in it.
    """
    month = billing_month(charges_by_month)
    if not is_real(month):
        raise ValueError(f"most of its charges start in {month:%Y-%m}, which {OUTSIDE}")
    told = stated.invoiced_on if stated else None
    period_from = (stated and stated.period_from) or month
    period_until = (stated and stated.period_until) or _next_month(period_from) - timedelta(days=1)
    invoiced_on = told or _next_month(period_from) + timedelta(days=PUBLISHED_AFTER_DAYS)
    return InvoiceDays(
        invoiced_on=invoiced_on,
        due_on=invoiced_on + timedelta(days=term_days),
        period_from=period_from,
        period_until=period_until,
        assumed=told is None,
    )


def billing_month(charges_by_month: Mapping[date, int]) -> date:
    """The first day of the month that most charges start in; of equals the later. ValueError when none has a date.

    The start, because licences are charged in advance: a cycle bought on 5 October ends on 4 November, a prepaid year
    ends a year later, while usage starts on the first of the month billed. By number of lines, because one prepaid
    year would outweigh a month of usage. The later, because what strays is late usage of earlier months.
    """
    if not charges_by_month:
        raise ValueError("no charge has a start date")
    return max(charges_by_month, key=lambda month: (charges_by_month[month], month))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _total(sums: InvoiceSums) -> Money:
    return Money(sums.total, sums.currency)


def _differs(sums: InvoiceSums, stated: StatedInvoice) -> str:
    said, apart = Money(stated.total, stated.currency), Money(stated.total - sums.total, sums.currency)
    return f"its lines add up to {_total(sums)}, the invoice says {said}: {apart} apart"


def _held(sums: InvoiceSums, stated: StatedInvoice | None, source: str, why: str) -> TieOut:
    finding = Finding(
        code="microsoft.invoice_does_not_tie",
        severity=Severity.HELD,
        found=f"vendor invoice {sums.invoice_id} is held: {why}",
        remedy="Download the reconciliation file again; if it stays so, ask Microsoft in Partner Center (billing)",
        source=source,
        subject=sums.invoice_id,
        amount=stated.total - sums.total if stated and stated.currency == sums.currency else None,
        currency=sums.currency,
    )
    verdict = Verdict.DIFFERS if stated else Verdict.NO_STATEMENT
    return TieOut(verdict=verdict, released=False, because=why, findings=(finding,))


def _incomparable(sums: InvoiceSums, stated: StatedInvoice | None, unreadable: int) -> str:
    """Why lines and statement can't be compared, or ""."""
    if unreadable:
        return f"{unreadable} of its lines can't be read, so its total can't be proved"
    if stated and stated.currency != sums.currency:
        return f"its statement is in {stated.currency}, its lines in {sums.currency}"
    return ""


def _voided(sums: InvoiceSums, source: str) -> TieOut:
    """A charge file of an invoice that is no longer owed: its replacement has a file of its own."""
    why = "Microsoft voided it"
    finding = Finding(
        code="microsoft.invoice_voided",
        severity=Severity.HELD,
        found=f"vendor invoice {sums.invoice_id} of {_total(sums)} is held: {why}, so its lines are not owed",
        remedy="Import the reconciliation file of the invoice that replaces it (amendments in Partner Center)",
        source=source,
        subject=sums.invoice_id,
        amount=sums.total,
        currency=sums.currency,
    )
    return TieOut(verdict=Verdict.DIFFERS, released=False, because=why, findings=(finding,))


def _unproved(sums: InvoiceSums, source: str) -> TieOut:
    why = "there is no statement to compare its lines with"
    finding = Finding(
        code="microsoft.invoice_without_statement",
        severity=Severity.WARNING,
        found=f"vendor invoice {sums.invoice_id} of {_total(sums)} is released although {why}",
        remedy=f"Put the invoice's JSON beside the file as {sums.invoice_id}.invoice.json and import again",
        source=source,
        subject=sums.invoice_id,
        amount=sums.total,
        currency=sums.currency,
    )
    return TieOut(verdict=Verdict.NO_STATEMENT, released=True, because=why, findings=(finding,))
