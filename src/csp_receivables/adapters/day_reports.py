"""The day's tables in words for people: titles, headings and kinds of column, for the workbook and the page alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.currencies import UnknownCurrency, exponent
from csp_receivables.domain.day import Day
from csp_receivables.domain.findings import Severity


class Kind(StrEnum):
    """How the values of a column are to be shown."""

    TEXT = "text"
    MONEY = "money"  # minor units; the row's `currency` gives the exponent
    DAY = "day"
    COUNT = "count"
    FLAG = "flag"
    SHARE = "share"  # per mille, shown as per cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a report: `name` in the table, `heading` for the reader, `width` in characters.

    `wraps`: long texts are broken into lines and not cut; only for a report of few rows that people read one by one.
    """

    name: str
    heading: str
    kind: Kind
    width: int
    wraps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One table of the day as people see it.

    `alarms` are the columns in which anything but zero calls for a look. `below` are the long texts that the page,
    which is narrower than a sheet, sets under their row.
    """

    table: str
    title: str
    about: str
    empty: str
    columns: tuple[Column, ...]
    alarms: tuple[str, ...] = ()
    below: tuple[str, ...] = ("because",)


def _text(name: str, heading: str, width: int = 16) -> Column:
    return Column(name=name, heading=heading, kind=Kind.TEXT, width=width)


def _money(name: str, heading: str, width: int = 15) -> Column:
    return Column(name=name, heading=heading, kind=Kind.MONEY, width=width)


def _day(name: str, heading: str) -> Column:
    return Column(name=name, heading=heading, kind=Kind.DAY, width=12)


def _count(name: str, heading: str, width: int = 11) -> Column:
    return Column(name=name, heading=heading, kind=Kind.COUNT, width=width)


CURRENCY = _text("currency", "Currency", 10)
CUSTOMER = (_text("customer_id", "Customer no.", 14), _text("customer_name", "Customer", 30))
BECAUSE = _text("because", "Because", 60)

RECONCILIATION = Report(
    table="reconciliation",
    title="Reconciliation",
    about="What Microsoft charged, what was billed for it and what was paid, by vendor invoice, customer and currency.",
    empty="Nothing was charged and nothing was billed up to this day.",
    columns=(
        _text("vendor_invoice", "Vendor invoice", 18),
        *CUSTOMER,
        CURRENCY,
        _money("cost", "Cost before tax"),
        _money("billed_net", "Billed net"),
        _money("tax", "Tax"),
        _money("billed_gross", "Billed gross"),
        _money("credited", "Credited"),
        _money("paid", "Paid"),
        _money("written_off", "Written off"),
        _money("open", "Open"),
        _money("overdue", "Overdue"),
        _money("unapplied_credit", "Credit left"),
        _money("not_billed", "Not billed"),
        _money("margin", "Margin"),
        BECAUSE,
    ),
    alarms=("overdue", "not_billed"),
    below=("customer_id", "because"),
)
STANDINGS = Report(
    table="standings",
    title="Standings",
    about="What each customer owes, by age; beside it what of its money and credit notes covers nothing yet.",
    empty="No customer owes anything.",
    columns=(
        *CUSTOMER,
        CURRENCY,
        _money("open", "Open"),
        _money("not_due", "Not due"),
        _money("days_1_30", "1–30 days"),
        _money("days_31_60", "31–60 days"),
        _money("days_61_90", "61–90 days"),
        _money("days_over_90", "Over 90 days"),
        _money("overdue", "Overdue"),
        _money("unapplied", "Unapplied"),
        _money("credit_left", "Credit left"),
        _day("oldest_due_on", "Oldest due"),
        _count("days_overdue", "Days overdue", 13),
        _text("bucket", "Bucket", 10),
    ),
    alarms=("overdue",),
)
LATE = Report(
    table="late",
    title="Late list",
    about="Customers with something overdue, and why they are on the list.",
    empty="No customer is late.",
    columns=(
        *CUSTOMER,
        CURRENCY,
        _money("overdue", "Overdue"),
        _money("unapplied", "Unapplied"),
        _money("credit_left", "Credit left"),
        _count("receivables", "Receivables"),
        _text("numbers", "Receivable numbers, oldest first", 36),
        _day("oldest_due_on", "Oldest due"),
        _count("days_overdue", "Days overdue", 13),
        BECAUSE,
    ),
)
NON_PAYMENT = Report(
    table="non_payment",
    title="Who is late and what comes next",
    about="Every customer who is late, or hears of a due day: the stage, what is decided, when the next step comes.",
    empty="No customer is late.",
    columns=(
        *CUSTOMER,
        CURRENCY,
        _money("overdue", "Overdue"),
        _count("days_overdue", "Days overdue", 13),
        _text("stage", "Stage", 16),
        _text("decision", "Decided", 20),
        _text("next_stage", "Next step", 16),
        _day("next_on", "Comes on"),
        _text("contact", "Address", 12),
        replace(_text("history", "Notices", 40), wraps=True),
        replace(BECAUSE, wraps=True),
    ),
    below=("because", "history"),
)
ALLOCATIONS = Report(
    table="allocations",
    title="Allocations",
    about="Which money went to which receivable, by which rule and why.",
    empty="Nothing has been allocated.",
    below=("because", "allocation_id"),
    columns=(
        _day("booked_on", "Booked"),
        _text("payer_name", "Payer", 30),
        *CUSTOMER,
        _text("number", "Receivable", 16),
        CURRENCY,
        _money("amount", "Allocated"),
        _money("difference", "Difference"),
        _text("rule", "Rule", 22),
        _text("outcome", "Outcome", 15),
        BECAUSE,
        _text("source_kind", "From", 13),
        _text("source_id", "Payment or credit note", 26),
        _text("allocation_id", "Allocation", 26),
    ),
    alarms=("difference",),
)
UNAPPLIED = Report(
    table="unapplied",
    title="Unapplied",
    about="Money that came in and is not allocated yet.",
    empty="Everything received is allocated.",
    below=("text", "because"),
    columns=(
        _day("booked_on", "Booked"),
        _text("account", "Our account", 26),
        CURRENCY,
        _money("amount", "Amount"),
        _text("payer_name", "Payer", 30),
        _text("payer_account", "Payer's account", 26),
        _text("reference", "Reference", 24),
        _text("text", "Text", 40),
        *CUSTOMER,
        _text("status", "Status", 10),
        BECAUSE,
        _text("payment_id", "Payment", 26),
    ),
)
NOT_CUSTOMER_MONEY = Report(
    table="not_customer_money",
    title="Not customer money",
    about="Bank lines that no customer paid: own transfers, payouts of payment providers, fees, tax, vendors, refunds.",
    empty="Every bank line is a customer's payment or its return.",
    below=("text", "because"),
    columns=(
        _day("booked_on", "Booked"),
        _text("account", "Our account", 26),
        CURRENCY,
        _money("amount", "Amount"),
        _text("kind", "What it is", 18),
        _text("party_name", "Other party", 30),
        _text("party_account", "Other account", 26),
        _text("text", "Text", 40),
        BECAUSE,
        _text("payment_id", "Bank line", 26),
    ),
)
FINDINGS = Report(
    table="findings",
    title="Findings",
    about="What a person must look at, the most serious first.",
    empty="Nothing needs a look.",
    below=("found", "remedy"),
    columns=(
        _text("severity", "Severity", 11),
        _text("found", "Found", 60),
        _text("remedy", "What to do", 50),
        CURRENCY,
        _money("amount", "Amount"),
        _text("customer_id", "Customer no.", 14),
        _text("subject", "About", 26),
        _text("source", "File", 28),
        _count("line", "Line", 8),
        _text("field", "Field", 18),
        _text("code", "Rule", 34),
    ),
)
COVERAGE = Report(
    table="coverage",
    title="Vendor invoices",
    about="What Microsoft is owed, when, and how much of it customers have paid (net of the tax they paid with it).",
    empty="No vendor invoice is known.",
    columns=(
        _text("vendor_invoice", "Vendor invoice", 18),
        CURRENCY,
        _day("invoiced_on", "Invoiced"),
        _day("due_on", "Due"),
        _count("days_to_due", "Days to due", 12),
        _money("pre_tax", "Before tax"),
        _money("total", "Total"),
        _money("collected_net", "Collected net"),
        _money("missing", "Missing"),
        Column(name="covered_per_mille", heading="Covered", kind=Kind.SHARE, width=10),
        Column(name="released", heading="Released", kind=Kind.FLAG, width=10),
        BECAUSE,
    ),
    alarms=("missing",),
)
SUGGESTIONS = Report(
    table="suggestions",
    title="Suggestions",
    about="Matches that are likely but not sure: a person decides with csp match confirm, split or reject. "
    "The receivables of one option belong together; option 1 is the likeliest.",
    empty="There is nothing to decide.",
    columns=(
        _day("booked_on", "Booked"),
        _text("payer_name", "Payer", 30),
        _count("option", "Option", 8),
        *CUSTOMER,
        _text("number", "Receivable", 16),
        CURRENCY,
        _money("amount", "Amount"),
        _text("rule", "Rule", 22),
        BECAUSE,
        _text("payment_id", "Payment", 26),
        _text("receivable_id", "Receivable id", 26),
    ),
)
TIE_OUT = Report(
    table="tie_out",
    title="Tie-out",
    about="The equations that must hold to the last minor unit in each currency.",
    empty="No money has moved, so there is nothing to tie.",
    below=("terms",),
    columns=(
        _text("equation", "Equation", 60),
        CURRENCY,
        _money("left", "Left"),
        _money("right", "Right"),
        _money("difference", "Difference"),
        _text("terms", "Terms", 80),
    ),
    alarms=("difference",),
)
FEEDS = Report(
    table="feeds",
    title="Bank feeds",
    about="How fresh what the bank told us is.",
    empty="No bank account has reported.",
    columns=(
        _text("account", "Account", 26),
        CURRENCY,
        _day("newest_booking_on", "Newest booking"),
        _day("newest_statement_until", "Statement until"),
        _money("closing", "Closing balance"),
        _text("state", "State", 30),
    ),
)
SHEETS = (
    RECONCILIATION,
    NON_PAYMENT,
    STANDINGS,
    LATE,
    ALLOCATIONS,
    UNAPPLIED,
    FINDINGS,
    COVERAGE,
    SUGGESTIONS,
    NOT_CUSTOMER_MONEY,
    TIE_OUT,
)  # in the order of the workbook

_SEVERITY_ORDER = [severity.value for severity in (Severity.REFUSED, Severity.HELD, Severity.WARNING)]


def report_table(day: Day, report: Report) -> pa.Table:
    """The report's rows, all columns, in the day's order; findings have the most serious first."""
    table = day.tables()[report.table]
    if report.table != FINDINGS.table or not table.num_rows:
        return table
    rank = pc.index_in(table["severity"], pa.array(_SEVERITY_ORDER))
    by_rank = table.append_column("rank", rank).append_column("place", pa.array(range(table.num_rows), pa.int64()))
    order = pc.sort_indices(by_rank, sort_keys=[("rank", "ascending"), ("place", "ascending")])
    return table.take(order)


def digits(currency: str) -> int | None:
    """Digits after the decimal point; None where a finding is about a currency nobody knows."""
    try:
        return exponent(currency)
    except UnknownCurrency:
        return None
