"""More tables that rules and adapters exchange, beside those of `records`: from charges to money."""

from __future__ import annotations

from csp_receivables.domain.records import COUNT, DAY, MONEY, TEXT, schema

USAGE_DETAIL = schema(  # daily usage that explains a vendor invoice's charges; never a cost of its own
    invoice_id=TEXT,
    version=TEXT,
    currency=TEXT,
    lines=COUNT,
    pre_tax=MONEY,  # sum of the lines, rounded once
    charges_path=TEXT,  # in the lake, relative
)
VENDOR_PAYMENT = schema(  # money to Microsoft, as a file of the partner's names it
    payment_id=TEXT,
    paid_on=DAY,
    currency=TEXT,
    amount=MONEY,  # positive: what was paid
    invoice_id=TEXT,  # the vendor invoice it pays, or ""
    reference=TEXT,
)
INVOICE_PART = schema(  # a part of a legacy invoice that was imported, or that a person says there is not
    invoice_id=TEXT,
    kind=TEXT,
    said_by=TEXT,  # "": it was imported
    why=TEXT,
)
RAISED_RECEIVABLE = schema(  # a receivable that was raised from a vendor invoice's charges
    receivable_id=TEXT,
    series=TEXT,
    number=COUNT,  # in the series, without gaps
    vendor_invoice=TEXT,
    version=TEXT,  # of its charges
    customer_id=TEXT,
    currency=TEXT,
    price_book=TEXT,  # digest of the file
    raised_by=TEXT,
)
RAISED_LINE = schema(receivable_id=TEXT, line_no=COUNT, line_key=TEXT, rule=TEXT, cost=MONEY)
