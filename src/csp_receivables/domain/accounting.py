"""What accounting files say: the canonical fields, the tables read from them, and the rules a receivable must keep.

A field's text is parsed by the reader; here are the rules that need more than one field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pyarrow as pa

from csp_receivables.domain.findings import Finding, kept
from csp_receivables.domain.money import to_text


class Purpose(StrEnum):
    """What a file of columns holds."""

    CUSTOMERS = "customers"
    RECEIVABLES = "receivables"
    RATES = "rates"
    VENDOR_PAYMENTS = "vendor-payments"


CUSTOMER_FIELDS = ("customer_id", "name", "org_number", "country", "language", "party_kind", "tenants", "contacts")
HEADER_FIELDS = (  # what is true of the receivable as a whole, repeated on each of its rows
    "number",
    "kind",
    "customer_id",
    "issued_on",
    "due_on",
    "currency",
    "net",
    "tax",
    "gross",
    "reference",
    "credits_number",
)
OPEN_FIELDS = ("open", "stated_on")
LINE_FIELDS = (
    "description",
    "line_net",
    "tax_rate",
    "line_tax",
    "vendor_invoice",
    "subscription_id",
    "service_from",
    "service_until",
)
SELLER_FIELDS = ("seller",)
PARTY_KINDS = ("company", "public_body", "consumer", "unknown")


class FileRefused(ValueError):
    """Nothing of the file counts; `findings` say why and what to do."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{finding.found}. {finding.remedy}" for finding in findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingFile:
    """One file as it came: its name, the SHA-256 of its bytes, its size in bytes, and what its header says it is."""

    name: str
    digest: str
    size: int
    purpose: Purpose | None = None  # None until it is recognised
    form: str = ""  # "canonical", or the name of a column profile

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", kept(self.name))

    @property
    def taken_for(self) -> str:
        return f"{self.purpose.value}, {self.form} columns" if self.purpose else "not recognised"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerBatch:
    """Some customers of a file. What the file has no column for (`states_…` false) stays as the ledger knows it."""

    customers: pa.Table  # CUSTOMER
    tenants: pa.Table  # CUSTOMER_TENANT
    contacts: pa.Table  # CONTACT
    findings: tuple[Finding, ...] = ()
    states_tenants: bool = True
    states_contacts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivableBatch:
    """Some receivables of a file, whole: all lines of each."""

    receivables: pa.Table  # RECEIVABLE
    lines: pa.Table  # RECEIVABLE_LINE
    stated_open: pa.Table  # STATED_OPEN
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPaymentBatch:
    """Payments to Microsoft (VENDOR_PAYMENT) out of a file, and what was wrong in it."""

    payments: pa.Table
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBatch:
    """Some exchange rates of a file."""

    rates: pa.Table  # EXCHANGE_RATE
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a receivable; amounts in minor units of its currency, negative for a discount."""

    net: int
    tax: int
    description: str = ""
    tax_rate: str = ""
    vendor_invoice: str = ""
    subscription_id: str = ""
    service_from: date | None = None
    service_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that a receivable breaks: which field, what was found, what to do."""

    code: str
    field: str
    found: str
    remedy: str


def broken_rules(
    *, currency: str, net: int, tax: int, gross: int, issued_on: date, lines: Sequence[Line]
) -> tuple[Broken, ...]:
    """The rules of money that a receivable breaks; with any of them it does not count."""
    line_net, line_tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    broken = []
    if gross < 0:
        remedy = "Write a credit note as kind credit_note with positive amounts"
        broken.append(
            Broken(code="receivable.negative", field="gross", found=f"gross {to_text(gross, currency)}", remedy=remedy)
        )
    if net + tax != gross:
        shown_net, shown_tax, shown_gross = (to_text(amount, currency) for amount in (net, tax, gross))
        found = f"net {shown_net} + tax {shown_tax} is not gross {shown_gross} {currency}"
        remedy = "Correct the amounts in accounting and export again"
        broken.append(Broken(code="receivable.gross_is_not_net_and_tax", field="gross", found=found, remedy=remedy))
    for name, summed, stated in (("net", line_net, net), ("tax", line_tax, tax)):
        if summed == stated:
            continue
        shown_sum, shown_stated = to_text(summed, currency), to_text(stated, currency)
        found = f"the {len(lines)} lines sum to {name} {shown_sum}, the receivable says {shown_stated}"
        remedy = "Export all its lines, side by side; rounding has a line of its own"
        broken.append(Broken(code="receivable.lines_do_not_sum", field=f"line_{name}", found=found, remedy=remedy))
    for line in lines:
        if line.service_from and line.service_until and line.service_until < line.service_from:
            found = f"service from {line.service_from} until {line.service_until}"
            remedy = f"Correct the service period (the receivable was issued on {issued_on})"
            broken.append(
                Broken(code="receivable.service_ends_first", field="service_until", found=found, remedy=remedy)
            )
    return tuple(broken)
