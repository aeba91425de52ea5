"""Reader of ISO 20022 camt.053 (statement), camt.054 (notification) and camt.052 (report), versions 01 to 13.

Sources: the ISO 20022 message definitions; the samples named in tests/adapters/bank_files. The entry is the cash, its
details are the payments in it. The direction stands in CdtDbtInd alone; RvslInd says what the entry undoes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import pyarrow as pa

from csp_receivables.adapters.bank_files.camt_entry import EntryOf, Line, ReadEntry, read_entry
from csp_receivables.adapters.bank_files.camt_values import amount_of, compact, day_of, garbled, last_day_of, sign_of
from csp_receivables.adapters.bank_files.camt_xml import Record, message_of, records
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH, batches
from csp_receivables.adapters.bank_files.refusals import looks_like_xml
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.payment_ids import EntryIds, EqualsBefore, no_equals_before
from csp_receivables.domain.statements import Statement, digest_of

_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)  # by preference; the other balances prove nothing


class CamtReader:
    """Reads camt files as a stream; see `ports.BankFileReader`."""

    def recognise(self, head: bytes) -> str | None:
        """ "camt.053.001.08" when `head` (the file's first bytes) is a camt statement; None when it is no XML message.

        Raises BankFileRefused for another ISO 20022 message (pain.001 …), by its name, and for a DOCTYPE.
        """
        return message_of(head) if looks_like_xml(head) else None

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore = no_equals_before
    ) -> Iterator[Statement | pa.RecordBatch | Finding]:
        """Lines (BANK_LINE) in batches, each statement when it ends, findings as they come.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        lines: list[Line] = []
        at_hand: _Reading | None = None
        ordinal = 0
        for record, entry in records(stream):
            if at_hand is None or at_hand.record is not record:
                if lines and at_hand is not None and at_hand.header.account == compact(record.get("account", "")):
                    yield from batches(lines)  # a further page: `equals_before` must know what came before it
                ordinal += 1
                at_hand = _Reading.begin(record, source, digest, ordinal, equals_before)
            if entry is None:
                statement, remarks = at_hand.finish()
                yield from (statement, *remarks)
                continue
            read = at_hand.add(entry)
            lines += read.lines
            yield from read.findings
            if len(lines) >= LINES_PER_BATCH:
                yield from batches(lines)
        yield from batches(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What stands above the entries."""

    account: str
    currency: str | None
    number: str
    from_on: date | None
    until_on: date | None
    opening: Decimal | None
    closing: Decimal | None
    currencies: frozenset[str]  # of the two balances

    @classmethod
    def of(cls, record: Record) -> _Header:
        balances: list[Record] = record.get("balances", [])
        opening, closing = _first(balances, _OPENING), _last(balances, _CLOSING)
        from_on = day_of(record.get("from", ""))
        until_on = last_day_of(record.get("until", ""), from_on) or day_of((closing or {}).get("day", ""))
        stated = [balance["amount_currency"] for balance in balances if "amount_currency" in balance]
        proving = [balance for balance in (opening, closing) if balance is not None]
        return cls(
            account=compact(record.get("account", "")),
            currency=record.get("currency") or next(iter(stated), None),
            number=_number(record),
            from_on=from_on,
            until_on=until_on,
            opening=_signed(opening, record["taken_for"]),
            closing=_signed(closing, record["taken_for"]),
            currencies=frozenset(balance.get("amount_currency", "") for balance in proving),
        )


@dataclass(slots=True)
class _Reading:
    """A statement while its entries pass by."""

    record: Record
    place: EntryOf
    header: _Header
    digest: str
    ordinal: int
    entries: int = 0
    details: int = 0
    credits: Decimal = Decimal(0)
    debits: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)
    currencies: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)

    @classmethod
    def begin(cls, record: Record, source: str, digest: str, ordinal: int, equals_before: EqualsBefore) -> _Reading:
        header = _Header.of(record)
        place = EntryOf(
            statement_id=digest_of(digest, str(ordinal)),
            family=record["family"],
            taken_for=record["taken_for"],
            source=source,
            account=header.account,
            fallback_day=header.until_on or day_of(record.get("created", "")),
            ids=EntryIds(),
        )
        reading = cls(record, place, header, digest, ordinal)
        place.ids.known_before = equals_before(reading.statement())
        return reading

    def add(self, entry: Record) -> ReadEntry:
        self.entries += 1
        read = read_entry(entry, self.place, self.entries)
        self.details += read.details
        self.currencies.add(read.currency)
        if read.sign > 0:
            self.credits += read.amount
        elif read.sign < 0:
            self.debits += read.amount
        if read.is_booked and read.lines:
            self.booked += read.sign * read.amount
        if read.booked_on is not None:
            self.days.add(read.booked_on)
        return read

    def statement(self) -> Statement:
        """What is known so far; whole when the last entry has passed."""
        header = self.header
        return Statement(
            statement_id=self.place.statement_id,
            file_digest=self.digest,
            source=self.place.source,
            ordinal=self.ordinal,
            family=self.place.family,
            taken_for=self.place.taken_for,
            account=header.account,
            currency=header.currency,
            number=header.number,
            from_on=header.from_on or min(self.days, default=header.until_on),
            until_on=header.until_on or max(self.days, default=None),
            opening=header.opening,
            closing=header.closing,
            entries=self.entries,
            details=self.details,
            credits=self.credits,
            debits=self.debits,
            booked=self.booked,
            one_currency=len(self.currencies | header.currencies) <= 1,
        )

    def finish(self) -> tuple[Statement, list[Finding]]:
        """The statement, and what to look at in it. Raises BankFileRefused when the account came after the entries."""
        if compact(self.record.get("account", "")) != self.header.account:
            raise garbled(self.record, "Acct", "The account stands after the entries.", self.place.taken_for)
        statement = self.statement()
        return statement, list(_remarks(statement, self.record.get("line")))


def _remarks(statement: Statement, line: int | None) -> Iterator[Finding]:
    def remark(code: str, severity: Severity, field_name: str, found: str, remedy: str) -> Finding:
        return Finding(
            code=code,
            severity=severity,
            found=found,
            remedy=remedy,
            source=statement.source,
            line=line,
            field=field_name,
            subject=statement.statement_id,
        )

    if not statement.account:
        yield remark(
            "bank.no_account",
            Severity.WARNING,
            "Acct",
            "The statement names no account.",
            "Ask the bank for one that does.",
        )
    if statement.reconciles is False:
        yield remark(
            "bank.statement_does_not_prove",
            Severity.HELD,
            "Bal",
            _what_differs(statement),
            f"Nothing of it is booked until: csp import bank --accept {statement.statement_id} --by NAME --why …",
        )
    if statement.reconciles is None and statement.family == "camt.053":
        missing = "opening" if statement.opening is None else "closing"
        yield remark(
            "bank.no_balance",
            Severity.WARNING,
            "Bal",
            f"The statement has no {missing} balance, so nothing proves that it is whole.",
            "It counts; ask the bank for booked balances (OPBD and CLBD).",
        )


def _what_differs(statement: Statement) -> str:
    if not statement.one_currency:
        return "The balances and entries are in different currencies, so no sum proves them."
    return (
        f"Opening {statement.opening:f} and booked entries of {statement.booked:f} make {statement.made:f}, "
        f"but closing is {statement.closing:f}: a difference of {statement.difference:f}."
    )


def _first(balances: list[Record], types: tuple[str, ...]) -> Record | None:
    found = (balance for kind in types for balance in balances if balance.get("type") == kind)
    return next(found, None)


def _last(balances: list[Record], types: tuple[str, ...]) -> Record | None:
    return _first(balances[::-1], types)


def _signed(balance: Record | None, taken_for: str) -> Decimal | None:
    if balance is None:
        return None
    sign = sign_of(balance.get("direction", "CRDT"))  # some central banks leave the direction of a credit balance out
    if sign is None:
        raise garbled(balance, "CdtDbtInd", f"{balance['direction']!r} is neither CRDT nor DBIT.", taken_for)
    return sign * amount_of(balance, "amount", taken_for=taken_for)


def _number(record: Record) -> str:
    number = record.get("legal_number") or record.get("electronic_number") or record.get("id", "")
    return f"{number}/{record['page']}" if "page" in record else str(number)
