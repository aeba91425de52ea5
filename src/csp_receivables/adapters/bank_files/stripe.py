"""Reader of Stripe's itemised payout reconciliation report: many customers' payments behind one credit of the bank.

Source: Stripe, Payout reconciliation report (docs.stripe.com/reports/payout-reconciliation). The provider is read as a
clearing account of its own, `stripe` or `stripe:<connected account>`: a payout is a statement, each balance transaction
an entry of its gross amount and, as another line, its fee; the payout itself takes the rest out. Amounts are decimals
in the currency's own unit, so that currencies without decimals need no table of Stripe's. Columns may be in any order
and more than are needed; which ones a report has is chosen when it is made.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO, NoReturn

from csp_receivables.adapters.bank_files.bank_csv_rows import BadCell, number_of
from csp_receivables.adapters.bank_files.detail_lines import Row, batches
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, to_decimal, to_minor, to_text
from csp_receivables.domain.payment_ids import EqualsBefore, equality_key, no_equals_before, nth_entry_id, payment_id_of
from csp_receivables.domain.statements import Statement, digest_of
from csp_receivables.ports import BankFilePart

FAMILY, TAKEN_FOR = "stripe", "Stripe payout reconciliation"
ACCOUNT = "stripe"
NEEDED = (
    "automatic_payout_id", "balance_transaction_id", "reporting_category", "currency", "gross", "fee", "net",
)  # fmt: skip
CREATED = (
    "created_utc",
    "created",
)  # in this order: the day of a transaction must not move with the report's time zone
PAYOUT = "payout"
# Reporting categories that are customers' money; every other one (fee, payout, transfer, adjustment …) is not.
KINDS = {
    "charge": "payment",
    "refund_failure": "payment",
    "dispute_reversal": "payment",
    "refund": "return",
    "partial_capture_reversal": "return",
    "charge_failure": "return",
    "dispute": "return",
}
_NOT_BOOKED = "The row is not booked; make the report again, and look the transaction up in Stripe."


@dataclass(slots=True)
class _Payout:
    """One payout in one currency while its transactions pass by. Amounts in minor units."""

    statement_id: str
    ordinal: int
    number: str
    account: str
    currency: str
    entries: int = 0
    details: int = 0
    credits: int = 0
    debits: int = 0
    paid_out: int | None = None  # the payout as its own row states it, positive
    days: set[date] = field(default_factory=set)
    is_sound: bool = True
    seen: set[str] = field(default_factory=set)

    @property
    def booked(self) -> int:
        return self.credits - self.debits


class StripeReader:
    """Reads itemised payout reconciliation reports; see `ports.BankFileReader`. `names`: other names of accounts."""

    def __init__(self, names: AccountNames | None = None) -> None:
        self._names = names or AccountNames()

    def recognise(self, head: bytes) -> str | None:
        """Raises BankFileRefused for a report that lacks a column which is needed."""
        first = head.removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
        if not first or b"balance_transaction_id" not in first[0] or b"automatic_payout" not in first[0]:
            return None
        header = _cells(first[0].decode("utf-8", errors="replace"))
        missing = [name for name in NEEDED if name not in header]
        if not set(CREATED).intersection(header):
            missing.append(CREATED[0])
        if missing:
            raise BankFileRefused(
                "bank.header_changed",
                f"The report lacks {', '.join(missing)}.",
                "Make the itemised report again, with these columns.",
                line=1,
                field="header",
                taken_for=TAKEN_FOR,
            )
        return TAKEN_FOR

    def read(
        self,
        stream: BinaryIO,
        *,
        source: str,
        digest: str,
        equals_before: EqualsBefore = no_equals_before,  # noqa: ARG002 - every transaction bears Stripe's own id
    ) -> Iterator[BankFilePart]:
        """Lines (BANK_LINE) in batches, findings as they come, and a statement for each payout at the end.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        report = _Report(source, digest, self._names)
        lines: list[Row] = []
        for line, row in _rows(stream):
            yield from report.take(line, row, lines)
            if len(lines) >= LINES_PER_BATCH:
                yield from batches(lines)
                lines.clear()
        yield from batches(lines)
        yield from report.finish()


@dataclass(slots=True)
class _Report:
    source: str
    digest: str
    names: AccountNames
    payouts: dict[tuple[str, str, str], _Payout] = field(default_factory=dict)
    not_read: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # rows that could not be, by payout
    line: int = 1

    def take(self, line: int, row: Mapping[str, str], lines: list[Row]) -> Iterator[Finding]:
        """The next transaction: its lines, or the finding that says why not."""
        self.line = line
        currency = row["currency"].upper()
        try:
            gross, fee, net = (_minor(row, name, currency) for name in ("gross", "fee", "net"))
            booked_on = _day(row)
            if not row["balance_transaction_id"]:
                raise _BadField("balance_transaction_id", "The transaction has no id")
        except _BadField as error:
            yield self._finding("bank.bad_cell", (line, error.field), f"{error}.", severity=Severity.REFUSED)
            self.not_read[self._key(row, currency)] += 1
            return
        payout = self._payout(row, currency)
        if gross - fee != net:
            payout.is_sound = False
            made = f"Gross {row['gross']} less fee {row['fee']} is not net {row['net']} {currency}."
            yield self._finding("bank.net_differs", (line, "net"), made, payout.statement_id)
        if row["balance_transaction_id"] in payout.seen:
            found = f"Transaction {row['balance_transaction_id']} stands twice in payout {payout.number}."
            place = (line, "balance_transaction_id")
            yield self._finding("bank.transaction_twice", place, found, payout.statement_id)
            payout.is_sound = False
            return
        payout.seen.add(row["balance_transaction_id"])
        lines += _lines(payout, row, booked_on, gross, fee)

    def finish(self) -> Iterator[BankFilePart]:
        """A statement for each payout, with what does not add up in it."""
        for key, payout in self.payouts.items():
            payout.is_sound &= not self.not_read[key]
            yield _statement(payout, self.source, self.digest)
            if rows := self.not_read[key]:
                yield self._missing(payout, rows)
            if payout.paid_out is None:
                found = f"The report does not state what payout {payout.number or '(none)'} came to; nothing proves it."
                place = (self.line, "automatic_payout_id")
                yield self._finding("bank.payout_not_stated", place, found, payout.statement_id, Severity.WARNING)
            elif payout.booked:
                paid, made = (to_text(n, payout.currency) for n in (payout.paid_out, payout.booked + payout.paid_out))
                found = f"Payout {payout.number} came to {paid} {payout.currency}, but its transactions make {made}."
                yield self._finding("bank.payout_differs", (self.line, "net"), found, payout.statement_id)

    def _missing(self, payout: _Payout, rows: int) -> Finding:
        """Said of the payout: what is said of the row names no payout to accept."""
        counted = f"{rows} row" if rows == 1 else f"{rows} rows"
        found = f"{counted} of payout {payout.number or '(none)'} can't be read, so that nobody knows what it came to."
        return self._finding("bank.row_missing", (self.line, "automatic_payout_id"), found, payout.statement_id)

    def _key(self, row: Mapping[str, str], currency: str) -> tuple[str, str, str]:
        is_payout = row["reporting_category"] == PAYOUT
        number = row["automatic_payout_id"] or (row.get("source_id", "") if is_payout else "")
        return _account(row), currency, number

    def _payout(self, row: Mapping[str, str], currency: str) -> _Payout:
        key = self._key(row, currency)
        if key not in self.payouts:
            ordinal = len(self.payouts) + 1
            account = self.names.account(key[0]) or key[0]
            self.payouts[key] = _Payout(digest_of(self.digest, str(ordinal)), ordinal, key[2], account, currency)
        return self.payouts[key]

    def _finding(
        self, code: str, place: tuple[int, str], found: str, subject: str = "", severity: Severity = Severity.HELD
    ) -> Finding:
        accept = f"Nothing of the payout is booked until: csp import bank --accept {subject} --by NAME --why …"
        warn = "Make the report with the payout itself in it, and compare the payout with the bank's credit."
        remedy = {Severity.HELD: accept, Severity.WARNING: warn}.get(severity, _NOT_BOOKED)
        return Finding(
            code=code, severity=severity, found=found, remedy=remedy, source=self.source, line=place[0], field=place[1],
            subject=subject,
        )  # fmt: skip


def _lines(payout: _Payout, row: Mapping[str, str], booked_on: date, gross: int, fee: int) -> Iterator[Row]:
    """The gross amount, and the fee where there is one: two details of one entry, which is the net."""
    category, transaction = row["reporting_category"], row["balance_transaction_id"]
    key = equality_key(payout.account, booked_on.isoformat(), f"{gross - fee}{payout.currency}", transaction, "")
    entry_id = nth_entry_id(key, 1)
    payout.entries += 1
    payout.days.add(booked_on)
    if category == PAYOUT:
        payout.paid_out = (payout.paid_out or 0) - gross
    parts = [(gross, KINDS.get(category, "other"))] + ([(-fee, "other")] if fee else [])
    for place, (amount, kind) in enumerate(parts, start=1):
        payout.details += len(parts) > 1
        payout.credits += max(amount, 0)
        payout.debits += max(-amount, 0)
        yield {
            "payment_id": payment_id_of(entry_id, place, amount, "booked"),
            "entry_id": entry_id,
            "statement_id": payout.statement_id,
            "family": FAMILY,
            "entry_no": payout.entries,
            "detail_no": place if len(parts) > 1 else 0,
            "account": payout.account,
            "booked_on": booked_on,
            "value_on": None,
            "currency": payout.currency,
            "amount": amount,
            "status": "booked",
            "kind": kind,
            "bank_ref": transaction,
            "end_to_end": _told_id(payout, row) if place == 1 else "",
            "payer_name": _first(row, "customer_name", "customer_email") if place == 1 else "",
            "payer_account": _first(row, "customer_id") if place == 1 else "",
            "reference": _first(row, "invoice_number") if place == 1 else "",
            "text": _text(row) if place == 1 else f"Stripe fee {transaction}",
        }


def _told_id(payout: _Payout, row: Mapping[str, str]) -> str:
    """A refund or dispute bears the charge it undoes, and a payout its id, by which the bank's line is found."""
    if row["reporting_category"] == PAYOUT:
        return payout.number
    return _first(row, "charge_id", "payment_intent_id", "source_id")


def _statement(payout: _Payout, source: str, digest: str) -> Statement:
    """The clearing account holds nothing of a payout before it and after it: opening and closing are zero."""
    is_stated = payout.paid_out is not None
    return Statement(
        statement_id=payout.statement_id,
        file_digest=digest,
        source=source,
        ordinal=payout.ordinal,
        family=FAMILY,
        taken_for=TAKEN_FOR,
        account=payout.account,
        currency=payout.currency,
        number=payout.number,
        from_on=min(payout.days),
        until_on=max(payout.days),
        opening=Decimal(0) if is_stated else None,
        closing=Decimal(0) if is_stated else None,
        entries=payout.entries,
        details=payout.details,
        credits=to_decimal(payout.credits, payout.currency),
        debits=to_decimal(payout.debits, payout.currency),
        booked=to_decimal(payout.booked, payout.currency),
        one_currency=True,
        controls_hold=None if payout.is_sound else False,
    )


class _BadField(ValueError):
    def __init__(self, name: str, found: str) -> None:
        super().__init__(found)
        self.field = name


def _minor(row: Mapping[str, str], name: str, currency: str) -> int:
    try:
        return to_minor(number_of(row[name], ".", ""), currency)
    except UnknownCurrency as error:
        raise _BadField("currency", str(error)) from None
    except (BadCell, NotMoney) as error:
        raise _BadField(name, str(error)) from None


def _day(row: Mapping[str, str]) -> date:
    """The day of the transaction; a payout's is the day it takes effect, where the report says so."""
    effective = ("automatic_payout_effective_at_utc", "automatic_payout_effective_at")
    names = (*(effective if row["reporting_category"] == PAYOUT else ()), *CREATED)
    name = next((name for name in names if row.get(name)), CREATED[0])
    try:
        return date.fromisoformat(row.get(name, "")[:10])
    except ValueError:
        raise _BadField(name, f"{row.get(name, '')!r} is no moment (2026-10-15 08:30:00)") from None


def _account(row: Mapping[str, str]) -> str:
    connected = row.get("connected_account_id") or row.get("connected_account", "")
    return f"{ACCOUNT}:{connected}" if connected else ACCOUNT


def _first(row: Mapping[str, str], *names: str) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _text(row: Mapping[str, str]) -> str:
    """The description and what the partner's own systems wrote beside the payment: invoice numbers are often there."""
    metadata = [value for name, value in sorted(row.items()) if name.startswith("payment_metadata[") and value]
    return " ".join(filter(None, [row.get("description", ""), *metadata]))


def _cells(line: str) -> Sequence[str]:
    return [cell.strip().lower() for cell in next(csv.reader([line]), [])]


def _rows(stream: BinaryIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each transaction with the line it ends on. Raises BankFileRefused for what is no table of text."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                _broken(f"A row has {len(cells)} values for {len(header)} columns.", reader.line_num)
            values = (cell.strip().replace("\x00", "\ufffd") for cell in cells)
            yield reader.line_num, dict(zip(header, values, strict=True))
    except csv.Error as error:
        _broken(f"Nobody can tell where the rows end from here on: {error}.", reader.line_num)
    finally:
        text.detach()


def _broken(found: str, line: int) -> NoReturn:
    raise BankFileRefused(
        "bank.garbled", found, "Make the report again; nothing of it was booked.", line=line, taken_for=TAKEN_FOR
    )
