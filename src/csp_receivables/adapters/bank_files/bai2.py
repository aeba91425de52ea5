"""Reader of BAI2, the balance report of American and British banks: file (01), group (02), account (03), entry (16).

Source: BAI, Cash Management Balance Reporting Specifications, version 2. Amounts are in minor units without a point. An
account of a group is a statement of one day; control records (49, 98, 99) count and add up what stands above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import pyarrow as pa

from csp_receivables.adapters.bank_files.bai2_records import FieldsOf, Record, records, skip_funds
from csp_receivables.adapters.bank_files.camt_entry import Line
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH, batches
from csp_receivables.adapters.bank_files.mt940_values import day_of, garbled
from csp_receivables.adapters.bank_files.reading import Doubt, Entry, Names, Reading
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.payment_ids import EntryIds, EqualsBefore, no_equals_before
from csp_receivables.domain.statements import Statement, digest_of

FAMILY, TAKEN_FOR = "bai2", "BAI2"
CURRENCY = "USD"  # where neither account nor group names one, by the specification
OPENING, CLOSING = "010", "015"  # ledger balances; the others (040, 045 … available) prove nothing
_NAMES = Names(amount="16", day="02", account="03", opening=OPENING, closing=CLOSING)
_START = re.compile(rb"^(\xef\xbb\xbf)?\s*01,[^,\r\n]*,[^,\r\n]*,\s*\d{6}(\d\d)?,")
_AMOUNT = re.compile(r"[+-]?\d*", re.ASCII)
_NUMBERED = re.compile(r"\d+", re.ASCII)
_INTERIM_SAME_DAY = "3"  # as-of-date modifier: what is reported during the day is not booked yet
_NO_UPDATE = {"2": "a deletion", "4": "a test"}  # group status
_INFORMATION = "890"  # an entry that is no money

# Entries by the range of their type code: sign.
_DIRECTIONS = ((100, 399, 1), (400, 699, -1), (920, 959, 1), (960, 999, -1))
# Type codes that undo an earlier entry: reversals, returned and rejected items, in either direction.
_UNDOING = frozenset({"252", "255", "257", "258", "261", "266", "552", "555", "557", "558", "561", "566"})
# Texts that some banks tag, one a continuation.
_TAGGED = re.compile(r"\s*(EREF|REMI|DBNM|CRNM|DACT|CACT): ?(.*)")


@dataclass(frozen=True, slots=True)
class Bai2Reader:
    """Reads BAI2 files as a stream; see `ports.BankFileReader`. `names`: other names of accounts."""

    names: AccountNames = field(default_factory=AccountNames)

    def recognise(self, head: bytes) -> str | None:
        return TAKEN_FOR if _START.match(head) else None

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore = no_equals_before
    ) -> Iterator[Statement | pa.RecordBatch | Finding]:
        """Lines (BANK_LINE) in batches; the statements with their findings when the trailer has proved them.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        report = _Report(source, digest, equals_before, self.names)
        lines: list[Line] = []
        for record in records(stream):
            report.take(record, lines)
            if len(lines) >= LINES_PER_BATCH:
                yield from batches(lines)
        yield from batches(lines)
        yield from report.finish()


@dataclass(slots=True)
class _Controls:
    """What a control record must say: the sum of the amounts, the parts and the records it stands for."""

    total: int = 0
    parts: int = 0
    records: int = 0
    doubts: list[Doubt] = field(default_factory=list)

    def absorb(self, part: _Controls) -> None:
        self.total += part.total
        self.records += part.records
        self.parts += 1

    def check(self, record: Record, what: str) -> None:
        """Compare with what the control record states; `what` its parts are, "" when it doesn't count any."""
        self.records += record.records
        stated = (*record.fields, "", "", "")
        counts = [("parts", self.parts, stated[1])] if what else []
        counts.append(("records", self.records, stated[2] if what else stated[1]))
        total = _minor(stated[0], record)
        if total != self.total:
            self._doubt(record, f"states a total of {total}, but the amounts above it make {self.total}.")
        for name, found, said in counts:
            if said and said != str(found) and not (_NUMBERED.fullmatch(said) and int(said) == found):
                self._doubt(record, f"counts {said} {what if name == 'parts' else name}, but there are {found}.")

    def _doubt(self, record: Record, found: str) -> None:
        sentence = f"The control record {record.code} in line {record.line} {found}"
        self.doubts.append(("bank.control_totals_differ", record.code, sentence))

    def miss(self, code: str, line: int) -> None:
        """Its control record is not there."""
        found = f"The control record {code} is missing before line {line}."
        self.doubts.append(("bank.control_totals_differ", code, found))


@dataclass(slots=True)
class _Account:
    """From an account (03) to its control record (49)."""

    reading: Reading
    line: int
    exponent: int
    controls: _Controls
    group: _Group
    is_closed: bool = False


@dataclass(slots=True)
class _Group:
    """From a group (02) to its control record (98)."""

    as_of: date
    number: str
    currency: str
    is_booked: bool
    file: _Controls
    controls: _Controls = field(default_factory=_Controls)
    is_closed: bool = False


@dataclass(slots=True)
class _Report:
    """The whole file; a few may have been joined to one."""

    source: str
    digest: str
    equals_before: EqualsBefore
    names: AccountNames
    file: _Controls | None = None
    group: _Group | None = None
    account: _Account | None = None
    accounts: list[_Account] = field(default_factory=list)
    ids: dict[tuple[str, date], EntryIds] = field(default_factory=dict)  # two statements of one day count on

    def take(self, record: Record, lines: list[Line]) -> None:
        """The next record. Raises BankFileRefused when it stands where it can't."""
        if self.file is None and record.code != "01":
            raise garbled("record code", f"Record {record.code} stands outside of a file (01).", record.line, TAKEN_FOR)
        match record.code:
            case "01":
                self._open_file(record)
            case "02":
                self._open_group(record)
            case "03":
                self._open_account(record)
            case "16":
                self._entry(record, lines)
            case "49":
                self._close_account(record)
            case "98":
                self._close_group(record)
            case _:
                self._close_file(record)

    def finish(self) -> Iterator[Statement | Finding]:
        """Each statement, then what to look at in it. Raises BankFileRefused when the trailer is missing."""
        if self.file is not None or not self.accounts:
            raise BankFileRefused(
                "bank.cut_off" if self.file is not None else "bank.no_statement",
                "The file ends without its trailer (99): it was cut off."
                if self.file is not None
                else "The file has no account (03).",
                "Fetch the file again; nothing of it was booked.",
                taken_for=TAKEN_FOR,
            )
        for account in self.accounts:
            doubts = [*account.controls.doubts]
            if around := [found for _, _, found in (*account.group.controls.doubts, *account.group.file.doubts)]:
                doubts.append(("bank.control_totals_differ", "98, 99", " ".join(around)))
            yield account.reading.finish(account.line, doubts, balances_expected=account.group.is_booked)
            yield from account.reading.findings

    def _open_file(self, record: Record) -> None:
        if self.file is not None:
            raise garbled("record code", "A file (01) begins before the last ended (99).", record.line, TAKEN_FOR)
        self.file = _Controls(records=record.records)

    def _open_group(self, record: Record) -> None:
        assert self.file is not None
        self._leave_group(record)
        _, _, status, as_of, time, currency, modifier, *_ = (*record.fields, *[""] * 7)
        if status in _NO_UPDATE:
            raise BankFileRefused(
                "bank.not_a_statement",
                f"The group is {_NO_UPDATE[status]} (status {status}), no statement.",
                "Import the bank's statements; take back by hand what a deletion names.",
                line=record.line,
                field="group status",
                taken_for=TAKEN_FOR,
            )
        day = day_of(as_of[-6:])
        if day is None:
            raise garbled("as-of date", f"{as_of!r} is no day (YYMMDD).", record.line, TAKEN_FOR)
        self.group = _Group(
            as_of=day,
            number=f"{as_of} {time}".strip(),
            currency=currency or CURRENCY,
            is_booked=modifier != _INTERIM_SAME_DAY,
            file=self.file,
            controls=_Controls(records=record.records),
        )

    def _open_account(self, record: Record) -> None:
        self._leave_account(record)
        group = self.group
        if group is None:
            raise garbled("record code", "An account (03) stands outside of a group (02).", record.line, TAKEN_FOR)
        fields = FieldsOf([",".join(record.segments)])
        number, currency = fields.take(), fields.take() or group.currency
        exponent = exponents().get(currency, 2)
        total, balances = _summaries(fields, record)
        opening, closing = (
            Decimal(balances[code]).scaleb(-exponent) if code in balances else None for code in (OPENING, CLOSING)
        )
        days = group.as_of if group.is_booked else None
        header = Statement(
            statement_id=digest_of(self.digest, str(len(self.accounts) + 1)),
            file_digest=self.digest,
            source=self.source,
            ordinal=len(self.accounts) + 1,
            family=FAMILY,
            taken_for=TAKEN_FOR,
            account=self.names.account(number) or "".join(number.split()),
            currency=currency,
            number=group.number,
            from_on=days,
            until_on=days,
            opening=opening,
            closing=closing,
            entries=0,
            details=0,
            credits=Decimal(0),
            debits=Decimal(0),
            booked=Decimal(0),
            one_currency=True,
        )
        reading = Reading.begin(header, _NAMES, self.equals_before)
        reading.ids = self.ids.setdefault((header.account, group.as_of), reading.ids)
        controls = _Controls(total=total, records=record.records)
        self.account = _Account(reading, record.line, exponent, controls, group)
        self.accounts.append(self.account)

    def _entry(self, record: Record, lines: list[Line]) -> None:
        account, group = self.account, self.group
        if account is None or group is None:
            raise garbled("record code", "An entry (16) stands outside of an account (03).", record.line, TAKEN_FOR)
        account.controls.records += record.records
        fields = FieldsOf(record.segments)
        code, minor = fields.take(), _minor(fields.take(), record)
        account.controls.total += minor
        if code == _INFORMATION:
            return
        sign = _sign_of(code)
        if sign == 0:
            found = f"Type code {code!r} is neither a credit (100 to 399) nor a debit (400 to 699)."
            account.reading.refuse("bank.entry_no_direction", record.line, "type code", found)
            return
        if minor < 0:
            raise garbled("16", f"{minor} is negative; the type code gives the direction.", record.line, TAKEN_FOR)
        entry = _entry_of(fields, record, sign, group)
        entry.amount, entry.undoes = Decimal(minor).scaleb(-account.exponent), code in _UNDOING
        if (line := account.reading.add(entry)) is not None:
            lines.append(line)

    def _close_account(self, record: Record) -> None:
        if self.account is None:
            raise garbled("record code", "A control record (49) without its account (03).", record.line, TAKEN_FOR)
        self.account.controls.check(record, "")
        self.account.is_closed = True
        self._leave_account(record)

    def _leave_account(self, record: Record) -> None:
        if self.account is None:
            return
        if not self.account.is_closed:
            self.account.controls.miss("49", record.line)
        self.account.group.controls.absorb(self.account.controls)
        self.account = None

    def _close_group(self, record: Record) -> None:
        self._leave_account(record)
        if self.group is None:
            raise garbled("record code", "A control record (98) without its group (02).", record.line, TAKEN_FOR)
        self.group.controls.check(record, "accounts")
        self.group.is_closed = True
        self._leave_group(record)

    def _leave_group(self, record: Record) -> None:
        self._leave_account(record)
        if self.group is None:
            return
        if not self.group.is_closed:
            self.group.controls.miss("98", record.line)
        self.group.file.absorb(self.group.controls)
        self.group = None

    def _close_file(self, record: Record) -> None:
        assert self.file is not None
        self._leave_group(record)
        self.file.check(record, "groups")
        self.file = None


def _summaries(fields: FieldsOf, record: Record) -> tuple[int, dict[str, int]]:
    """The sum of the account's balances and summaries in minor units, and each by its type code."""
    total, by_code = 0, {}
    while fields.rest is not None:
        code, text = fields.take(), fields.take()
        fields.take()  # number of items
        skip_funds(fields)
        amount = _minor(text, record)
        total += amount
        if code and text:
            by_code[code] = amount
    return total, by_code


def _entry_of(fields: FieldsOf, record: Record, sign: int, group: _Group) -> Entry:
    """What follows the amount: funds, references, text."""
    kind, funds = skip_funds(fields)
    bank_ref, customer_ref = fields.take_here(), fields.take_here()
    plain: list[str] = []
    tagged: dict[str, str] = {}
    for segment in fields.text():
        if found := _TAGGED.match(segment):
            tagged.setdefault(found[1], found[2].strip())
        else:
            plain.append(segment)
    plain.append(tagged.get("REMI", ""))
    text = " ".join(" ".join(plain).split())
    if customer_ref and customer_ref != tagged.get("EREF") and customer_ref not in text:
        text = f"{text} {customer_ref}".strip()
    party, account = ("DBNM", "DACT") if sign > 0 else ("CRNM", "CACT")
    return Entry(
        line=record.line,
        amount=Decimal(0),
        sign=sign,
        booked_on=group.as_of,
        value_on=day_of(funds[0][-6:]) if kind == "V" else None,
        is_booked=group.is_booked,
        bank_ref=bank_ref,
        end_to_end=tagged.get("EREF", ""),
        payer_name=tagged.get(party, ""),
        payer_account="".join(tagged.get(account, "").split()),
        text=text,
    )


def _sign_of(code: str) -> int:
    """+1 or -1 by the range of the type code; 0 when it says neither."""
    if not _NUMBERED.fullmatch(code) or len(code) != len("100"):
        return 0
    return next((sign for first, last, sign in _DIRECTIONS if first <= int(code) <= last), 0)


def _minor(text: str, record: Record) -> int:
    """Signed minor units; an absent amount is none. Raises BankFileRefused when it is no number."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text) or len(text) > len("+") + 18:
        raise garbled(record.code, f"{text[:60]!r} is not an amount in minor units.", record.line, TAKEN_FOR)
    return int(text) if text.strip("+-") else 0
