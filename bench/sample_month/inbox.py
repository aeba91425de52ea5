"""The files of the inbox, as bytes by path: what Partner Center, the bank and accounting would have delivered."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from bench.sample_month.books import SELLER, Receivable
from bench.sample_month.calendar_days import FIRST, LAST, NEWEST_BOOKING, banking_days
from bench.sample_month.camt import Account, Report, document
from bench.sample_month.charges import Charge, Period, sidecar
from bench.sample_month.month import SEPTEMBER_EURO, Month
from bench.sample_month.payments import Booking
from bench.sample_month.people import Customer
from bench.sample_month.truth import opens
from csp_receivables.made_up.microsoft import COLUMNS

Files = dict[str, bytes]
# fmt: off
CUSTOMER_COLUMNS = (
    "customer_id", "name", "org_number", "country", "language", "party_kind", "tenants", "contacts",
)
RECEIVABLE_COLUMNS = (
    "seller", "number", "kind", "customer_id", "issued_on", "due_on", "currency", "net", "tax", "gross",
    "reference", "credits_number", "open", "stated_on", "description", "line_net", "tax_rate", "line_tax",
    "vendor_invoice", "subscription_id", "service_from", "service_until",
)
# fmt: on


def inbox(month: Month) -> Files:
    """Every file of the inbox."""
    return _microsoft(month) | _bank(month) | _accounting(month)


def _microsoft(month: Month) -> Files:
    files = {}
    for period, charges in month.charges.items():
        content = _reconciliation(period, charges)
        is_packed = period == SEPTEMBER_EURO
        name = f"microsoft/{period.invoice_id}_InvoiceReconciliation.csv"
        files[name + ".gz" if is_packed else name] = _packed(content) if is_packed else content
        total = sum((charge.subtotal for charge in charges), Decimal(0))
        text = json.dumps(sidecar(period, total), indent=1, ensure_ascii=False)
        files[f"microsoft/{period.invoice_id}.invoice.json"] = text.encode() + b"\n"
    return files


def _reconciliation(period: Period, charges: Sequence[Charge]) -> bytes:
    """The lines in Microsoft's dialect: a BOM, CRLF; the packed file with `org:` before tenants."""
    rows = ([charge.cells[column] for column in COLUMNS] for charge in charges)
    if period == SEPTEMBER_EURO:
        place = COLUMNS.index("CustomerId")
        rows = ([*row[:place], f"org:{row[place]}", *row[place + 1 :]] for row in rows)
    return b"\xef\xbb\xbf" + _csv(COLUMNS, rows, "\r\n")


def _packed(content: bytes) -> bytes:
    """Two gzip members in one file, as the portal concatenates its parts; no time in the header."""
    cut = content.index(b"\r\n", len(content) // 2) + 2
    return gzip.compress(content[:cut], mtime=0) + gzip.compress(content[cut:], mtime=0)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]], line_end: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=line_end)
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _accounting(month: Month) -> Files:
    return {
        "accounting/customers-2026-10-30.csv": _csv(CUSTOMER_COLUMNS, map(_customer, month.customers), "\n"),
        "accounting/receivables-2026-10-30.csv": _csv(RECEIVABLE_COLUMNS, _receivable_rows(month), "\n"),
    }


def _customer(customer: Customer) -> list[str]:
    contacts = f"faktura@{customer.domain}|Ekonomi|invoices;chef@{customer.domain}|Ansvarig chef|decisions"
    cells = [customer.customer_id, customer.name, customer.org_number, customer.country, customer.language]
    return [*cells, customer.party_kind, ";".join(customer.tenants), contacts]


def _receivable_rows(month: Month) -> Iterable[list[str]]:
    """One row for each line; what is true of the receivable is repeated. Open is what accounting has on the day."""
    stated = opens(month, NEWEST_BOOKING)
    for receivable in month.receivables:
        head = _head(receivable)
        left = 0 if receivable.kind == "credit_note" else stated[receivable.number]
        for line in receivable.lines:
            yield [
                *head,
                decimal(left),
                NEWEST_BOOKING.isoformat(),
                line.description,
                decimal(line.net),
                str(line.tax_rate),
                decimal(line.tax),
                line.vendor_invoice,
                line.subscription_id,
                line.service_from.isoformat() if line.service_from else "",
                line.service_until.isoformat() if line.service_until else "",
            ]


def _head(receivable: Receivable) -> list[str]:
    return [
        SELLER,
        receivable.number,
        receivable.kind,
        receivable.customer_id,
        receivable.issued_on.isoformat(),
        receivable.due_on.isoformat(),
        receivable.currency,
        decimal(receivable.net),
        decimal(receivable.tax),
        decimal(receivable.amount),
        receivable.reference,
        receivable.credits_number,
    ]


def decimal(minor: int) -> str:
    """Minor units of SEK or EUR as decimal text."""
    return f"{Decimal(minor).scaleb(-2):.2f}"


def _bank(month: Month) -> Files:
    days = [*[(day, day) for day in banking_days()[:-1]], (NEWEST_BOOKING, LAST)]
    weeks = _weeks()
    files = _chain(month.sek, month.sek_bookings, days) | _chain(month.eur, month.eur_bookings, weeks)
    batch = next(booking for booking in month.sek_bookings if booking.is_batch)
    notice = Report(family="054", number=31, starts_on=batch.booked_on, ends_on=batch.booked_on, bookings=(batch,))
    files[f"bank/camt.054-SEK-{batch.booked_on}.xml"] = document(month.sek, notice)
    seen = tuple(each for each in month.sek_bookings if each.booked_on == NEWEST_BOOKING and each.amount > 0)
    intraday = Report(
        family="052",
        number=44,
        starts_on=NEWEST_BOOKING,
        ends_on=NEWEST_BOOKING,
        bookings=seen,
        pending=(month.pending,),
    )
    files[f"bank/camt.052-SEK-{NEWEST_BOOKING}.xml"] = document(month.sek, intraday)
    return files


def _weeks() -> list[tuple[date, date]]:
    """Statement weeks of the euro account, Thursday the 1st first, cut at the ends of the month."""
    made, starts_on = [], FIRST
    while starts_on <= LAST:
        ends_on = min(starts_on + timedelta(days=6 - starts_on.weekday()), LAST)
        made.append((starts_on, ends_on))
        starts_on = ends_on + timedelta(days=1)
    return made


def _chain(account: Account, bookings: list[Booking], periods: list[tuple[date, date]]) -> Files:
    """A statement for each period; each opens with what the one before closed with."""
    files, opening = {}, account.opening
    for place, (starts_on, ends_on) in enumerate(periods, start=1):
        within = tuple(booking for booking in bookings if starts_on <= booking.booked_on <= ends_on)
        report = Report(
            family="053",
            number=200 + place,
            starts_on=starts_on,
            ends_on=ends_on,
            bookings=within,
            opening=opening,
        )
        files[f"bank/camt.053-{account.currency}-{ends_on}.xml"] = document(account, report)
        opening = report.closing
    booked = account.opening + sum(booking.amount for booking in bookings)
    if opening != booked:
        raise ValueError(f"the statements of {account.iban} close with {opening}, booked were {booked}")
    return files
