"""What the made-up accounting system exports: the canonical customers and receivables files of docs/FILES.md."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from csp_receivables.domain.accounting import CUSTOMER_FIELDS, HEADER_FIELDS, LINE_FIELDS, SELLER_FIELDS
from csp_receivables.domain.money import to_text
from csp_receivables.made_up.customers import Customer
from csp_receivables.made_up.receivables import AZURE, PRICE_LIST, SELLER, Receivable

CUSTOMER_COLUMNS, RECEIVABLE_COLUMNS = CUSTOMER_FIELDS, (*SELLER_FIELDS, *HEADER_FIELDS, *LINE_FIELDS)


def write_customers(path: Path, customers: Iterable[Customer]) -> None:
    """One row each."""
    _write(path, CUSTOMER_COLUMNS, map(_customer_row, customers))


def write_receivables(path: Path, receivables: Iterable[Receivable], vendor_invoice: str) -> None:
    """One row for each line; what is true of the receivable is repeated."""
    _write(path, RECEIVABLE_COLUMNS, (row for each in receivables for row in _receivable_rows(each, vendor_invoice)))


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _customer_row(customer: Customer) -> Sequence[str]:
    return (
        customer.customer_id,
        customer.name,
        customer.org_number,
        customer.country.code,
        customer.country.language,
        "public_body" if customer.name.endswith("kommun") else "company",
        ";".join(customer.tenants),
        f"faktura@{customer.domain}|Ekonomi|invoices",
    )


def _receivable_rows(receivable: Receivable, vendor_invoice: str) -> Iterable[Sequence[object]]:
    currency = receivable.customer.currency
    head = (
        SELLER,
        receivable.number,
        receivable.kind,
        receivable.customer.customer_id,
        receivable.issued_on,
        receivable.due_on,
        currency,
        to_text(receivable.net, currency),
        to_text(receivable.tax, currency),
        to_text(receivable.amount, currency),
        receivable.reference,
        receivable.credits_number,
    )
    for line in receivable.lines:
        name = "Azure plan" if line.product == AZURE else PRICE_LIST[line.product].name
        yield (
            *head,
            f"{name}, {line.seats} x, {receivable.service_from:%Y-%m}",
            to_text(line.net, currency),
            receivable.customer.country.tax_rate,
            to_text(line.tax, currency),
            vendor_invoice,
            line.subscription_id,
            receivable.service_from,
            receivable.service_until,
        )
