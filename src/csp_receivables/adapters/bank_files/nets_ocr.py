"""Reader of Nets OCR giro, the Norwegian file of payments with KID: records of 80 columns that begin with NY.

Source: Nets, OCR giro system specification; the sample named in tests/adapters/bank_files. A file (10 to 89) holds
assignments (20 to 88), one for each agreement, and may hold AvtaleGiro assignments (NY21) between them: those are no
payments and are only counted. It tells of single payments, not of balances: the account shows one credit for each
settlement (centre, day, part and serial number), so the settlement is the entry and the payments are its details.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import BinaryIO

from csp_receivables.adapters.bank_files.detail_lines import Row, batches, held
from csp_receivables.adapters.bank_files.fixed_width import Record, cut_off, records
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH
from csp_receivables.domain.account_names import AccountNames, not_named
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.money import to_decimal
from csp_receivables.domain.payment_ids import (
    EntryIds,
    EqualsBefore,
    equality_key,
    no_equals_before,
    nth_entry_id,
    payment_id_of,
    texts_of,
)
from csp_receivables.domain.statements import Statement, digest_of
from csp_receivables.ports import BankFilePart

FAMILY = "nets_ocr"
TAKEN_FOR = "Nets OCR giro"
CURRENCY = "NOK"
OCR_GIRO, WHOLE_FILE = "09", "00"  # service codes
START, ASSIGNMENT, ITEM_1, ITEM_2, ITEM_3, ASSIGNMENT_END, END = (
    "10",
    "20",
    "30",
    "31",
    "32",
    "88",
    "89",
)  # record types
AS_WRITTEN = AccountNames()
CENTURY_TURNS_AT = 70  # the format is of 1989: two-digit years from 70 on are of the last century

_START = re.compile(rb"^(\xef\xbb\xbf)?\s*NY000010")
_SIGNS = {"-": -1, "0": 1, "": 1}


@dataclass(slots=True)
class _Payment:
    """Amount item 1 (30), with what items 2 (31) and 3 (32) add."""

    number: str
    day: date
    settlement: str  # centre, day, part and serial number: one credit on the account
    amount: int  # signed øre
    kid: str
    archive_ref: str = ""
    payer_account: str = ""
    texts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Assignment:
    """From its start record (20) to its end record (88)."""

    statement_id: str
    ordinal: int
    number: str
    account: str
    records: int = 1
    transactions: int = 0
    incoming: int = 0  # øre
    outgoing: int = 0
    days: set[date] = field(default_factory=set)
    at_hand: _Payment | None = None
    ids: EntryIds = field(default_factory=EntryIds)
    settlements: dict[str, int] = field(default_factory=dict)  # their places in the assignment
    payments_of: Counter[str] = field(default_factory=Counter)  # by settlement, so far

    @property
    def total(self) -> int:
        return self.incoming - self.outgoing

    def finish_payment(self) -> Iterator[Row]:
        """The payment at hand as a line, once nothing more can belong to it."""
        payment, self.at_hand = self.at_hand, None
        if payment is None:
            return
        self.transactions += 1
        self.incoming += max(payment.amount, 0)
        self.outgoing += max(-payment.amount, 0)
        self.days.add(payment.day)
        settlement = f"{payment.day}/{payment.settlement}"
        self.settlements.setdefault(settlement, len(self.settlements) + 1)
        self.payments_of[settlement] += 1
        yield self._row(payment, settlement)

    def _row(self, payment: _Payment, settlement: str) -> Row:
        day, text = payment.day.isoformat(), " ".join(filter(None, payment.texts))
        entry_key = equality_key(self.account, day, CURRENCY, f"settlement {payment.settlement}", "")
        same = texts_of([(payment.settlement, payment.payer_account, payment.kid, text)])
        bank_ref = payment.archive_ref
        own_id = self.ids.entry_id(self.account, day, f"{payment.amount}{CURRENCY}", bank_ref, "" if bank_ref else same)
        return {
            "payment_id": payment_id_of(own_id, 1, payment.amount, "booked"),
            "entry_id": nth_entry_id(entry_key, 1),
            "statement_id": self.statement_id,
            "family": FAMILY,
            "entry_no": self.settlements[settlement],
            "detail_no": self.payments_of[settlement],
            "account": self.account,
            "booked_on": payment.day,
            "value_on": None,
            "currency": CURRENCY,
            "amount": payment.amount,
            "status": "booked",
            "kind": "payment" if payment.amount >= 0 else "return",
            "bank_ref": bank_ref,
            "end_to_end": "",
            "payer_name": "",
            "payer_account": payment.payer_account,
            "reference": payment.kid,
            "text": text,
        }


class NetsOcrReader:
    """Reads OCR giro files; see `ports.BankFileReader`. `names` tell the IBAN of a Norwegian account number."""

    def __init__(self, names: AccountNames = AS_WRITTEN) -> None:
        self._names = names

    def recognise(self, head: bytes) -> str | None:
        return TAKEN_FOR if _START.match(head) else None

    def read(
        self,
        stream: BinaryIO,
        *,
        source: str,
        digest: str,
        equals_before: EqualsBefore = no_equals_before,  # noqa: ARG002 - a settlement comes whole, never in pages
    ) -> Iterator[BankFilePart]:
        """Lines (BANK_LINE) in batches, and the assignments as statements when the trailer has proved the file.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        transmission: _Transmission | None = None
        assignments = 0
        for record in records(stream, TAKEN_FOR):
            service, kind = _codes(record)
            if transmission is None:
                if (service, kind) != (WHOLE_FILE, START):
                    raise record.garbled("record type", "The record stands outside of a file (10 to 89).")
                transmission = _Transmission(source, digest, assignments, self._names)
            elif (service, kind) == (WHOLE_FILE, END):
                yield from batches(transmission.rows)
                yield from transmission.close(record)
                assignments += len(transmission.ended)
                transmission = None
            else:
                transmission.take(service, kind, record)
                if len(transmission.rows) >= LINES_PER_BATCH:
                    yield from batches(transmission.rows)
                    transmission.rows.clear()
        if transmission is not None:
            raise cut_off("(89)", TAKEN_FOR)
        if assignments == 0:
            raise _no_payments()


@dataclass(frozen=True, slots=True)
class _Ended:
    """An assignment that ended in `line`, with where its end record says otherwise: (field, both figures)."""

    statement: Statement
    line: int
    doubts: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Transmission:
    """From the file's start record (10) to its trailer (89)."""

    source: str
    digest: str
    earlier_assignments: int
    names: AccountNames
    unnamed: dict[str, str] = field(default_factory=dict)  # account number: the first statement that pays into it
    rows: list[Row] = field(default_factory=list)
    ended: list[_Ended] = field(default_factory=list)
    assignment: _Assignment | None = None
    records: int = 1
    transactions: int = 0
    total: int = 0

    def take(self, service: str, kind: str, record: Record) -> None:
        """A record between. Of other services only what their end records count; unknown types are passed over."""
        self.records += 1
        if service != OCR_GIRO:
            if kind == ASSIGNMENT_END:
                self.transactions += record.number(9, 16, "transactions")
                self.total += record.number(25, 41, "sum")
            return
        if kind == ASSIGNMENT:
            self._open(record)
            return
        if self.assignment is None:
            raise record.garbled("record type", f"Record type {kind} stands outside of an assignment (20 to 88).")
        self.assignment.records += 1
        if kind == ASSIGNMENT_END:
            self._end(self.assignment, record)
        elif kind == ITEM_1:
            self.rows += self.assignment.finish_payment()
            self.assignment.at_hand = _payment(record)
        elif kind in (ITEM_2, ITEM_3):
            _add_to_payment(self.assignment.at_hand, kind, record)

    def _open(self, record: Record) -> None:
        if self.assignment is not None:
            raise record.garbled("record type", "An assignment (20) begins before the last one ended (88).")
        ordinal = self.earlier_assignments + len(self.ended) + 1
        statement_id = digest_of(self.digest, str(ordinal))
        written = str(record.number(25, 35, "account")).zfill(11)
        account = self.names.account(written)
        if account is None:
            self.unnamed.setdefault(written, statement_id)
        self.assignment = _Assignment(statement_id, ordinal, record.field(18, 24), account or written)

    def _end(self, assignment: _Assignment, record: Record) -> None:
        self.rows += assignment.finish_payment()
        self.assignment = None
        self.transactions += assignment.transactions
        self.total += assignment.total
        said = ("end record (88)", assignment.transactions, assignment.records, assignment.total)
        doubts = [*_differences(record, *said), *_days_outside(record, assignment.days)]
        statement = _statement(assignment, record.number(25, 41, "sum"), self.source, self.digest)
        self.ended.append(_Ended(statement, record.line, tuple(doubts)))

    def close(self, record: Record) -> Iterator[BankFilePart]:
        """The statements with their findings, now that the trailer tells whether anything is missing."""
        if self.assignment is not None:
            raise record.garbled("record type", "The trailer (89) stands in an assignment without its end record (88).")
        missing = list(_differences(record, "trailer (89)", self.transactions, self.records + 1, self.total))
        for ended in self.ended:
            yield replace(ended.statement, controls_hold=not ended.doubts and not missing)
            yield from held(ended.statement, ended.line, ended.doubts)
            yield from held(ended.statement, record.line, missing)
        for written, statement_id in self.unnamed.items():
            yield not_named(written, self.source, statement_id)


def _codes(record: Record) -> tuple[str, str]:
    """Service code and record type."""
    if not record.text.startswith("NY"):
        raise record.garbled("record type", "The record does not begin with NY.")
    return record.text[2:4], record.text[6:8]


def _payment(record: Record) -> _Payment:
    sign = _SIGNS.get(record.field(32, 32))
    if sign is None:
        raise record.garbled("sign", f"{record.field(32, 32)!r} in column 32 is neither 0 nor a minus.")
    return _Payment(
        number=record.field(9, 15),
        day=_day(record, 16, "settlement day"),
        settlement=record.field(22, 31),
        amount=sign * record.number(33, 49, "amount"),
        kid="".join(record.field(50, 74).split()),
    )


def _add_to_payment(payment: _Payment | None, kind: str, record: Record) -> None:
    if payment is None or payment.number != record.field(9, 15):
        found = f"Record type {kind} of transaction {record.field(9, 15)} does not follow its first record (30)."
        raise record.garbled("transaction number", found)
    if kind == ITEM_3:
        payment.texts.append(record.field(16, 55))
        return
    archive_ref, payer_account = record.field(16, 34), record.field(48, 58)
    payment.archive_ref = archive_ref if archive_ref.strip("0") else ""
    payment.payer_account = payer_account if payer_account.strip("0") else ""


def _day(record: Record, first: int, name: str) -> date:
    """DDMMYY from column `first`."""
    text = record.field(first, first + 5)
    try:
        day, month, year = (int(text[place : place + 2]) for place in (0, 2, 4))
        return date(year + (1900 if year >= CENTURY_TURNS_AT else 2000), month, day)
    except ValueError:
        raise record.garbled(name, f"{text!r} in columns {first} to {first + 5} is no day (DDMMYY).") from None


def _differences(record: Record, where: str, *found: int) -> Iterator[tuple[str, str]]:
    """Where the counts and the sum (øre) of an end record are not what was `found`: (field, both figures)."""
    fields = (("transactions", 9, 16), ("records", 17, 24), ("sum", 25, 41))
    for (name, first, last), ours in zip(fields, found, strict=True):
        said = record.number(first, last, name)
        if said == ours:
            continue
        if name == "sum":
            said_text, ours_text = (f"{to_decimal(amount, CURRENCY):f} {CURRENCY}" for amount in (said, ours))
            yield name, f"The {where} says {said_text}, but the payments add up to {ours_text}."
        else:
            yield name, f"The {where} counts {said} {name}, but there are {ours}."


def _days_outside(record: Record, days: set[date]) -> Iterator[tuple[str, str]]:
    """Payments before the first or after the last settlement day that the end record states."""
    first, last = _day(record, 48, "first settlement day"), _day(record, 54, "last settlement day")
    if outside := sorted(day for day in days if not first <= day <= last):
        yield "settlement days", f"The end record (88) says {first} to {last}, but a payment is of {outside[0]}."


def _statement(assignment: _Assignment, stated: int, source: str, digest: str) -> Statement:
    return Statement(
        statement_id=assignment.statement_id,
        file_digest=digest,
        source=source,
        ordinal=assignment.ordinal,
        family=FAMILY,
        taken_for=TAKEN_FOR,
        account=assignment.account,
        currency=CURRENCY,
        number=assignment.number,
        from_on=min(assignment.days, default=None),
        until_on=max(assignment.days, default=None),
        opening=None,
        closing=to_decimal(stated, CURRENCY),
        entries=assignment.transactions,
        details=0,
        credits=to_decimal(assignment.incoming, CURRENCY),
        debits=to_decimal(assignment.outgoing, CURRENCY),
        booked=to_decimal(assignment.total, CURRENCY),
        one_currency=True,
    )


def _no_payments() -> BankFileRefused:
    return BankFileRefused(
        "bank.not_a_statement",
        "This is a Nets file without OCR giro payments: AvtaleGiro agreements or payment requests.",
        "Import the OCR giro file (service code 09).",
        taken_for="a Nets AvtaleGiro file",
    )
