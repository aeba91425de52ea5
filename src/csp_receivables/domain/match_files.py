"""The columns of the files that `csp match` reads, and how a row becomes a receivable or a payment, or a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.currencies import UnknownCurrency, exponent
from csp_receivables.domain.findings import Finding, Severity, kept
from csp_receivables.domain.money import NotMoney, to_minor

KINDS = ("invoice", "credit_note")
Value = str | int | date


class FileRefused(ValueError):
    """Nothing of a file can be read; the message names the file, what was found and what to do."""


class _BadField(ValueError):
    """A field that can't be used: what was found, and what to do."""

    def __init__(self, field: str, found: str, remedy: str) -> None:
        super().__init__(found)
        self.field, self.found, self.remedy = field, found, remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a file holds: its columns, and the exact reading of one row of text."""

    name: str
    id_column: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Mapping[str, str]], dict[str, Value]]

    def judge(self, row: Mapping[str, str], source: str, line: int) -> dict[str, Value] | Finding:
        """The row's values, or the finding of its first field that can't be used."""
        try:
            return self.read(row)
        except _BadField as bad:
            return Finding(
                code="match.bad_row",
                severity=Severity.REFUSED,
                source=source,
                line=line,
                field=bad.field,
                found=bad.found,
                remedy=bad.remedy,
                subject=_text(row, self.id_column),
            )


def _text(row: Mapping[str, str], field: str) -> str:
    return kept(row[field].strip())


def _identity(row: Mapping[str, str], field: str) -> str:
    text = _text(row, field)
    if not text:
        raise _BadField(field, "the id is empty", "give each row an id of its own")
    return text


def _day(row: Mapping[str, str], field: str) -> date:
    text = row[field].strip()
    try:
        if len(text) == len("2026-11-01"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _BadField(field, f"{text!r} is no day", "write days as 2026-11-01")


def _currency(row: Mapping[str, str]) -> str:
    currency = row["currency"].strip().upper()
    try:
        exponent(currency)
    except UnknownCurrency as unknown:
        raise _BadField("currency", str(unknown), "write the ISO 4217 code, such as SEK") from None
    return currency


def _amount(row: Mapping[str, str], field: str, currency: str) -> int:
    try:
        amount = to_minor(row[field], currency)
    except NotMoney as not_money:
        raise _BadField(field, str(not_money), "write plain decimal text, such as 1234.50") from None
    if amount < 0:
        raise _BadField(field, f"{row[field].strip()} is negative", "leave out what is not money received or owed")
    return amount


def _kind(row: Mapping[str, str]) -> str:
    kind = row["kind"].strip().lower() or "invoice"
    if kind not in KINDS:
        raise _BadField("kind", f"{row['kind'].strip()!r} is no kind of receivable", f"write {' or '.join(KINDS)}")
    return kind


def _receivable(row: Mapping[str, str]) -> dict[str, Value]:
    currency = _currency(row)
    stated_open = "open_amount" if row["open_amount"].strip() else "amount"
    return {
        "receivable_id": _identity(row, "receivable_id"),
        "customer_id": _text(row, "customer_id"),
        "number": _text(row, "number"),
        "kind": _kind(row),
        "issued_on": _day(row, "issued_on"),
        "due_on": _day(row, "due_on"),
        "currency": currency,
        "amount": _amount(row, "amount", currency),
        "open_amount": _amount(row, stated_open, currency),
        "reference": _text(row, "reference"),
    }


def _payment(row: Mapping[str, str]) -> dict[str, Value]:
    currency = _currency(row)
    return {
        "payment_id": _identity(row, "payment_id"),
        "booked_on": _day(row, "booked_on"),
        "currency": currency,
        "amount": _amount(row, "amount", currency),
        "payer_name": _text(row, "payer_name"),
        "payer_account": _text(row, "payer_account"),
        "reference": _text(row, "reference"),
        "text": _text(row, "text"),
        "customer_id": _text(row, "customer_id"),
    }


RECEIVABLES = FileKind(
    name="receivables",
    id_column="receivable_id",
    required=("receivable_id", "number", "issued_on", "due_on", "currency", "amount"),
    optional=("customer_id", "kind", "open_amount", "reference"),
    read=_receivable,
)
PAYMENTS = FileKind(
    name="payments",
    id_column="payment_id",
    required=("payment_id", "booked_on", "currency", "amount"),
    optional=("payer_name", "payer_account", "reference", "text", "customer_id"),
    read=_payment,
)
