"""Reader of SWIFT MT940 (statement) and MT942 (intraday report), in the dialects of German, Dutch and other banks.

Source: SWIFT Standards MT, category 9; the samples named in tests/adapters/bank_files. The entry is field 61, its text
field 86. Each `:20:` begins a statement, or a page of one (60M, 62M).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from csp_receivables.adapters.bank_files.camt_entry import Line
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH, batches
from csp_receivables.adapters.bank_files.mt940_details import details_of, is_account, non_swift
from csp_receivables.adapters.bank_files.mt940_fields import closings, fields, tags_of, text_of
from csp_receivables.adapters.bank_files.mt940_values import (
    Balance,
    EntryLine,
    account_of,
    balance_of,
    closing_of,
    day_of,
    entry_day_of,
    entry_line_of,
    instructed_of,
)
from csp_receivables.adapters.bank_files.reading import (
    NOTHING_INSTRUCTED,
    Doubt,
    Entry,
    Names,
    Reading,
)
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.payment_ids import EqualsBefore, no_equals_before
from csp_receivables.domain.statements import Statement, digest_of

STATEMENT, INTRADAY = "mt940", "mt942"
_TAKEN_FOR = {STATEMENT: "MT940", INTRADAY: "MT942"}
_NAMES = Names(amount=":61:", day=":61:", account=":25:", opening=":60F:", closing=":62F:")
_INTRADAY_TAGS = frozenset({"13", "13D", "34F", "90C", "90D"})
_MESSAGE_TYPE = re.compile(r"\{2:[IO](\d{3})")
_HEADER_LINES = 8  # what banks write above the first field: block headers, their own name, the message's number
# References that only say where the reference stands.
_SAYS_NOTHING = frozenset({"", "NONREF", "EREF", "MARF", "PREF", "NOTPROVIDED", "KREF", "IREF"})
_RETURNED_ITEM = "RTI"  # SWIFT's type of transaction
_REFERENCE_WIDTH = 16  # old Rabobank writes the payer's account there, and the name behind it

# Mark of the entry: sign, does it undo an earlier entry, is it booked.
_MARKS = {
    "C": (1, False, True),
    "D": (-1, False, True),
    "RC": (-1, True, True),
    "RD": (1, True, True),
    "EC": (1, False, False),
    "ED": (-1, False, False),
}


@dataclass(frozen=True, slots=True)
class Mt940Reader:
    """Reads MT940 and MT942 files as a stream; see `ports.BankFileReader`. `names`: other names of accounts."""

    names: AccountNames = field(default_factory=AccountNames)

    def recognise(self, head: bytes) -> str | None:
        """ "MT940" or "MT942" by its fields; None when the file has none near its beginning.

        Raises BankFileRefused for another SWIFT message, and for fields without a statement (`:20:`) around them.
        """
        text = text_of(head)
        message = _MESSAGE_TYPE.search(text[:1_000]) if text.lstrip().startswith("{1:") else None
        if message and message[1] not in ("940", "942"):
            raise _not_a_statement(f"This is a SWIFT MT{message[1]}, not a statement.", f"MT{message[1]}")
        tags = tags_of(text)
        if not tags or not tags_of("\n".join(text.lstrip().split("\n")[:_HEADER_LINES])):
            return None
        if "20" not in tags:
            raise _not_a_statement("The file has fields of MT940, but no :20: that begins a statement.", "MT940")
        if tags[0] != "20" and tags[0] in ("23B", "32A"):
            raise _not_a_statement("This is a SWIFT payment message, not a statement.", "SWIFT message")
        if {"32A", "32B"} & set(tags) and not {"60F", "60M", "61", "62F", "62M"} & set(tags):
            raise _not_a_statement("This is a SWIFT payment message, not a statement.", "SWIFT message")
        first = tags[tags.index("20") + 1 :]
        first = first[: first.index("20")] if "20" in first else first
        return _TAKEN_FOR[INTRADAY if _is_intraday(first) else STATEMENT]

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore = no_equals_before
    ) -> Iterator[Statement | pa.RecordBatch | Finding]:
        """Lines (BANK_LINE) in batches, each statement when it ends, findings as they come.

        `stream` must be seekable. Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        start = stream.tell()
        ahead = list(closings(stream))
        stream.seek(start)
        lines: list[Line] = []
        at_hand: _Page | None = None
        ordinal = 0
        for tag, value, number in chain(fields(stream), [("", "", 0)]):
            if tag in ("20", ""):
                if at_hand is not None:
                    yield from at_hand.finish(lines)
                if tag == "20":
                    yield from batches(lines)  # `equals_before` must know what came before
                    at_hand = _Page(source, digest, ordinal + 1, number, equals_before, ahead[ordinal], self.names)
                    ordinal += 1
                continue
            if at_hand is None:
                continue
            at_hand.take(tag, value, number, lines)
            if len(lines) >= LINES_PER_BATCH:
                yield from batches(lines)
        yield from batches(lines)
        if not ordinal:
            raise _not_a_statement("The file has no :20: that begins a statement.", "MT940")


@dataclass(slots=True)
class _Page:
    """From one `:20:` to the next."""

    source: str
    digest: str
    ordinal: int
    line: int
    equals_before: EqualsBefore
    closing_ahead: str
    names: AccountNames
    family: str = STATEMENT
    account: str = ""
    number: str = ""
    currency: str | None = None
    opening: Balance | None = None
    closing: Balance | None = None
    is_closed: bool = False
    made_on: date | None = None  # MT942
    reading: Reading | None = None
    entry: EntryLine | None = None  # the last :61:, whose text may follow
    entry_line: int = 0
    texts: list[str] = field(default_factory=list)
    non_swift: str = ""

    @property
    def taken_for(self) -> str:
        return _TAKEN_FOR[self.family]

    def take(self, tag: str, value: str, line: int, lines: list[Line]) -> None:
        """The next field; an entry becomes a line when the field after its text comes."""
        if tag == "86":
            if self.entry is not None:
                self.texts.append(value)
            return
        if tag == "61":
            self._end_entry(lines)
            self.entry = entry_line_of(value, line=line, taken_for=self.taken_for)
            self.entry_line = line
            return
        if tag == "NS":
            self.non_swift = value if self.entry is not None else ""
            return
        self._end_entry(lines)
        if self.reading is None:
            self._take_header(tag, value, line)
        if tag in ("62F", "62M"):
            self.closing = balance_of(value, tag=tag, line=line, taken_for=self.taken_for)
            self.is_closed = True

    def _take_header(self, tag: str, value: str, line: int) -> None:
        if tag in ("25", "25P"):
            self.account = self.account or value.partition("\n")[0]
        elif tag in ("28", "28C"):
            self.number = value.partition("\n")[0].strip()
        elif tag in ("60F", "60M"):
            self.opening = self.opening or balance_of(value, tag=tag, line=line, taken_for=self.taken_for)
        elif tag in _INTRADAY_TAGS:
            self.family = INTRADAY
            if tag == "34F":
                self.currency = self.currency or value[:3]
            elif tag in ("13", "13D"):
                self.made_on = day_of(value[:6])

    def _begin(self) -> Reading:
        """The header is whole when the first entry comes, or the end."""
        closing = closing_of(self.closing_ahead)
        opening = self.opening
        if opening is not None or closing is not None:
            self.family = STATEMENT
        balances = [balance for balance in (opening, closing) if balance is not None and balance.currency]
        currency = balances[0].currency if balances else self.currency
        account = account_of(self.account, currency)
        from_on, until_on = _days_covered(opening, closing)
        header = Statement(
            statement_id=digest_of(self.digest, str(self.ordinal)),
            file_digest=self.digest,
            source=self.source,
            ordinal=self.ordinal,
            family=self.family,
            taken_for=self.taken_for,
            account=self.names.account(account) or account,
            currency=currency,
            number=self.number,
            from_on=from_on,
            until_on=until_on,
            opening=_proving(opening),
            closing=_proving(closing),
            entries=0,
            details=0,
            credits=Decimal(0),
            debits=Decimal(0),
            booked=Decimal(0),
            one_currency=len({balance.currency for balance in balances}) <= 1,
        )
        return Reading.begin(header, _NAMES, self.equals_before)

    def _end_entry(self, lines: list[Line]) -> None:
        if self.entry is None:
            return
        if self.reading is None:
            self.reading = self._begin()
        made = self.reading.add(self._entry(self.entry, self.reading.statement))
        if made is not None:
            lines.append(made)
        self.entry, self.non_swift = None, ""
        self.texts.clear()

    def _entry(self, stated: EntryLine, header: Statement) -> Entry:
        sign, undoes, is_booked = _MARKS[stated.mark]
        value_on = day_of(stated.value)
        booked_on = entry_day_of(stated.entry, value_on) if stated.entry else None
        said = details_of(self.texts, is_credit=sign > 0) if self.texts else non_swift(self.non_swift)
        reference, _, bank_ref = stated.rest.partition("//")
        reference, name = reference[:_REFERENCE_WIDTH].strip(), reference[_REFERENCE_WIDTH:].strip()
        more = stated.more.partition("\n")[0].strip()
        account = said.payer_account or next((each for each in (stated.rest.strip(), more) if is_account(each)), "")
        if reference.upper() in _SAYS_NOTHING:
            reference = ""
        if name and reference and not account and not bank_ref:
            account = reference
        text = said.text or ("" if more == account else more)
        if reference and reference not in text and not account.startswith(reference):
            text = f"{text} {reference}".strip()
        return Entry(
            line=self.entry_line,
            amount=stated.amount,
            sign=sign,
            booked_on=booked_on or _within(value_on, header) or self.made_on,
            value_on=value_on,
            undoes=undoes or said.undoes or stated.kind[1:] == _RETURNED_ITEM,
            is_booked=is_booked,
            bank_ref=bank_ref.strip(),
            end_to_end=said.end_to_end,
            payer_name=said.payer_name or ("" if is_account(account) else name),
            payer_account=account,
            reference=said.reference,
            text=text,
            instructed=instructed_of(said.instructed) if said.instructed else NOTHING_INSTRUCTED,
        )

    def finish(self, lines: list[Line]) -> Iterator[Statement | Finding]:
        """The statement, then what to look at in it."""
        self._end_entry(lines)
        reading = self.reading or self._begin()
        yield reading.finish(self.line, self._doubts(reading), balances_expected=self.family == STATEMENT)
        yield from reading.findings

    def _doubts(self, reading: Reading) -> list[Doubt]:
        """A statement with entries that never closes was cut off: its last entry may be half an amount."""
        if self.family == INTRADAY or self.is_closed or not reading.entries:
            return []
        return [
            (
                "bank.cut_off",
                ":62F:",
                f"The statement breaks off after {reading.entries} entries, without a closing balance.",
            )
        ]


def _is_intraday(tags: list[str]) -> bool:
    return bool(_INTRADAY_TAGS & set(tags)) and not {"60F", "60M", "62F", "62M"} & set(tags)


def _days_covered(opening: Balance | None, closing: Balance | None) -> tuple[date | None, date | None]:
    """The days a statement speaks for: after the day of its opening balance, unless that is the closing's too."""
    if opening is None or closing is None or opening.day is None or closing.day is None:
        return None, None
    return min(opening.day + timedelta(days=1), closing.day), closing.day


def _proving(balance: Balance | None) -> Decimal | None:
    return None if balance is None or balance.currency is None else balance.amount


def _within(value_on: date | None, header: Statement) -> date | None:
    """Without an entry date: the value day, or the nearest day of the statement, in which it must have been booked."""
    if value_on is None or header.from_on is None or header.until_on is None:
        return value_on or header.until_on
    return min(max(value_on, header.from_on), header.until_on)


def _not_a_statement(found: str, taken_for: str) -> BankFileRefused:
    return BankFileRefused("bank.no_statement", found, "Import the bank's MT940 statement, whole.", taken_for=taken_for)
