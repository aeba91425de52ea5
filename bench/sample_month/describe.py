"""The sample's README: what each file shows, written from the same plot as the files."""

from __future__ import annotations

from bench.sample_month.inbox import decimal
from bench.sample_month.month import AUGUST, NOT_BILLED, SEPTEMBER, SEPTEMBER_EURO, UNMAPPED_NAME, Month
from bench.sample_month.payments import Booking

_TEXT = """# The sample month: October 2026

Made up from end to end by `python -m bench.make_sample` (one seed, the same bytes every time; do not edit the files by
hand). `make run` serves `inbox/microsoft` by the emulator of Microsoft and lays the rest of `inbox/` into a **new**
ledger, which is a demonstration for ever after. Nobody in it exists: domains end in `.example`, account numbers lie in
banks that do not exist, organisation numbers in series that nobody was given. Check digits are right everywhere, so the
readers have real work. `expected.json` holds what
the day should say of 30 and 31 October, reckoned from the plot without any code of the product.

The partner is {partner}: {customers} customers, {receivables} receivables, {payments} payments received. The newest
booking is of Friday 30 October; the last statement runs to Saturday 31 October.

## inbox/microsoft

- `{august}_InvoiceReconciliation.csv`: August in kronor. 47 columns, BOM, CRLF; seat changes as a refund and a new
  charge, Azure usage in dollars with credits, quantities with exponents.
- `{september}_InvoiceReconciliation.csv`: September in kronor. The tenant of {unmapped} belongs to no customer (a
  finding, never billed); {not_billed} was charged and has no receivable (leakage).
- `{euro}_InvoiceReconciliation.csv.gz`: September in euro. A gzip file of two members, `org:` before the tenants.
- `G….invoice.json`, one beside each: the invoice as Partner Center's API describes it, with the total that the lines
  must tie to.

## inbox/accounting

- `customers-2026-10-30.csv`: customers with tenants (K1006 owns two), contacts, Swedish, Finnish, Danish and German
  numbers.
- `receivables-2026-10-30.csv`: what is owed from before (up to more than 90 days late), August and September; 25 % tax
  at home and none abroad; OCR references in kronor, RF references in euro; a line of the partner's own work without a
  vendor invoice; a credit note that names its invoice; what accounting has open on 30 October.

## inbox/bank

- `camt.053-SEK-….xml`: a statement for each banking day; opening + entries = closing, and each opens where the one
  before closed.
- `camt.053-EUR-….xml`: a statement for each week of the euro account.
- `camt.054-SEK-2026-10-15.xml`: the four payments inside the batch that the statement of that day shows as one entry.
- `camt.052-SEK-2026-10-30.xml`: an intraday report. One entry that the statement books too, one that is only pending.

## What happens on the accounts

| day | currency | amount | payer | shows | rule |
| --- | --- | ---: | --- | --- | --- |
{bookings}

Rules are those of cash application: 1 a reference and the exact amount, 2 a reference and another amount, 3 several
references that add up, 4 a receivable number in free text and the exact amount.
"""


def readme(month: Month) -> str:
    """README.md of the sample."""
    bookings = [("SEK", each) for each in month.sek_bookings] + [("EUR", each) for each in month.eur_bookings]
    received = [detail for _, each in bookings for detail in each.details if detail.amount > 0]
    return _TEXT.format(
        partner=month.sek.owner,
        customers=len(month.customers),
        receivables=len(month.receivables),
        payments=len(received),
        august=AUGUST.invoice_id,
        september=SEPTEMBER.invoice_id,
        euro=SEPTEMBER_EURO.invoice_id,
        unmapped=UNMAPPED_NAME,
        not_billed=NOT_BILLED,
        bookings="\n".join(row for currency, each in bookings for row in _rows(currency, each)),
    )


def _rows(currency: str, booking: Booking) -> list[str]:
    return [
        f"| {booking.booked_on:%d %b} | {currency} | {decimal(detail.amount)} | {detail.payer or 'the bank'} "
        f"| {detail.shows} | {detail.rule or '–'} |"
        for detail in booking.details
    ]
