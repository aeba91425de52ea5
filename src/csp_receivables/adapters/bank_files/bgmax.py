"""Reader of BgMax, Bankgirot's file of incoming payments: records of 80 columns, a section for each deposit.

Source: Bankgiro Inbetalningar, technical manual (November 2019). Bankgirot stops the format by the end of 2026; it is
read for history and late movers. It tells of single payments, not of balances: the account's statement shows one credit
for each deposit, so the deposit is the entry and the payments are its details (`domain.booked_money` joins them).
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

FAMILY = "bgmax"
TAKEN_FOR = "BgMax"
CURRENCIES = ("SEK", "EUR")  # Bankgirot settles in no other; both have hundredths, as the amounts do
PAYMENTS_PER_DEPOSIT_MAX = 250_000  # 310 MB measured; a deposit's day stands at its end, so all of it must be held
DAYS_FROM_FILE_MAX = 366  # a deposit lies within days of the file that tells of it; a year allows for files made again
AS_WRITTEN = AccountNames()
SEVERAL_OR_WRONG, WRONG = "3", "5"  # reference codes; 0 and 1: none, 2 and 4: right

_START = re.compile(rb"^(\xef\xbb\xbf)?\s*01BGMAX")
_BETWEEN_REFERENCES = re.compile(r"[\s,;]+")


@dataclass(slots=True)
class _Payment:
    """A payment (20) or a deduction (21), with what the records behind it add."""

    amount: int  # signed öre or cents
    payer_account: str
    serial: str  # Bankgirot's own id, unique for two years
    references: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    name: str = ""

    def refer(self, reference: str, code: str) -> None:
        """One that Bankgirot found wrong is text: it names nothing."""
        if code == WRONG:
            self.texts.append(reference)
            return
        several = _BETWEEN_REFERENCES.split(reference) if code == SEVERAL_OR_WRONG else ["".join(reference.split())]
        for each in several:
            if each and each not in self.references:
                self.references.append(each)


@dataclass(slots=True)
class _Section:
    """From an opening record (05) to its deposit (15)."""

    account: str  # the bank account where it is named, else the bankgiro
    currency: str
    extra_references: int = 0
    payments: list[_Payment] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(payment.amount for payment in self.payments)


@dataclass(frozen=True, slots=True)
class _Deposit:
    """What record 15 says."""

    line: int
    account: str
    day: date
    serial: str
    amount: int
    currency: str
    payments: int


class BgmaxReader:
    """Reads BgMax files; see `ports.BankFileReader`. `names` tell which account a bankgiro pays into."""

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
        equals_before: EqualsBefore = no_equals_before,  # noqa: ARG002 - a deposit comes whole, never in pages
    ) -> Iterator[BankFilePart]:
        """Lines (BANK_LINE) of each deposit when it ends; the deposits as statements when the trailer has proved them.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        transmission: _Transmission | None = None
        deposits = 0
        for record in records(stream, TAKEN_FOR):
            code = record.text[:2]
            if transmission is None:
                if code != "01":
                    raise record.garbled("record code", f"Record {code!r} stands outside of a file (01 to 70).")
                transmission = _Transmission.begin(record, source, digest, deposits, self._names)
            elif code == "15":
                yield from batches(transmission.close_section(_deposit(record), record))
            elif code == "70":
                yield from transmission.close(record)
                deposits += len(transmission.statements)
                transmission = None
            else:
                transmission.take(code, record)
        if transmission is not None or deposits == 0:
            raise cut_off("(70)", TAKEN_FOR)


@dataclass(slots=True)
class _Transmission:
    """From the start record (01) to the trailer (70)."""

    source: str
    digest: str
    made_on: date
    earlier_deposits: int
    names: AccountNames
    unnamed: dict[str, str] = field(default_factory=dict)  # bankgiro: the first statement that pays into it
    section: _Section | None = None
    seen: Counter[str] = field(default_factory=Counter)  # records by code
    statements: list[tuple[Statement, int, list[tuple[str, str]]]] = field(default_factory=list)  # line, doubts

    @classmethod
    def begin(
        cls, record: Record, source: str, digest: str, earlier_deposits: int, names: AccountNames
    ) -> _Transmission:
        if record.field(45, 45) == "T":
            raise BankFileRefused(
                "bank.test_file",
                "The file says that it is a test (T in column 45).",
                "Import the production file.",
                line=record.line,
                field="test mark",
                taken_for=TAKEN_FOR,
            )
        return cls(source, digest, record.day(25, "written at"), earlier_deposits, names)

    def take(self, code: str, record: Record) -> None:
        """A record between. Codes that are not known are passed over: the manual announces that more may come."""
        if code not in _TAKEN:
            return
        self.seen[code] += 1
        if code == "05":
            self._open_section(record)
            return
        if self.section is None:
            raise record.garbled("record code", f"Record {code} stands outside of a section (05 to 15).")
        if code in ("20", "21"):
            self._add_payment(self.section, record, sign=1 if code == "20" else -1)
            return
        if not self.section.payments:
            raise record.garbled("record code", f"Record {code} belongs to a payment, and none stands before it.")
        if code in ("22", "23"):
            self.section.extra_references += 1
        _add_to_payment(self.section.payments[-1], code, record)

    def _open_section(self, record: Record) -> None:
        if self.section is not None:
            raise record.garbled(
                "record code", "A section (05) begins before the last one ended with its deposit (15)."
            )
        currency = record.field(23, 25)
        if currency not in CURRENCIES:
            raise record.garbled("currency", f"{currency!r} is not {' or '.join(CURRENCIES)}.")
        written = record.field(3, 12) or record.field(13, 22)
        account = self.names.account(written)
        if account is None:
            self.unnamed.setdefault(written, digest_of(self.digest, str(self._next_ordinal)))
        self.section = _Section(account or written, currency)

    @property
    def _next_ordinal(self) -> int:
        return self.earlier_deposits + len(self.statements) + 1

    def _add_payment(self, section: _Section, record: Record, *, sign: int) -> None:
        if len(section.payments) >= PAYMENTS_PER_DEPOSIT_MAX:
            raise BankFileRefused(
                "bank.beyond_limits",
                f"The deposit has more than {PAYMENTS_PER_DEPOSIT_MAX:,} payments.",
                "Look at the file before anything else; ask the bank for camt.054 if it is real.",
                line=record.line,
                taken_for=TAKEN_FOR,
            )
        payment = _Payment(
            amount=sign * record.number(38, 55, "amount"),
            payer_account=record.field(3, 12).lstrip("0"),
            serial=str(record.number(58, 69, "serial number")).zfill(12),
        )
        payment.refer(record.field(13, 37), record.field(56, 56))
        section.payments.append(payment)

    def close_section(self, deposit: _Deposit, record: Record) -> list[Row]:
        """The section's lines. Its statement waits for the trailer."""
        section, self.section = self.section, None
        if section is None:
            raise record.garbled("record code", "A deposit (15) without its section (05).")
        doubts = list(_doubts(section, deposit, self.made_on))
        if abs((deposit.day - self.made_on).days) > DAYS_FROM_FILE_MAX:
            deposit = replace(deposit, day=self.made_on)
        statement = _statement(section, deposit, self.source, self.digest, self._next_ordinal)
        self.statements.append((statement, deposit.line, doubts))
        return list(_rows(section, deposit, statement))

    def close(self, record: Record) -> Iterator[BankFilePart]:
        """The statements with their findings, now that the trailer tells whether anything is missing."""
        if self.section is not None:
            raise record.garbled("record code", "The trailer (70) stands in a section without its deposit (15).")
        found = {
            "payments": self.seen["20"],
            "deductions": self.seen["21"],
            "extra references": self.seen["22"] + self.seen["23"],
            "deposits": len(self.statements),
        }
        said = {name: record.number(first, first + 7, name) for first, name in zip((3, 11, 19, 27), found, strict=True)}
        missing = [
            (name, f"The trailer (70) counts {said[name]} {name}, but the file has {found[name]}.")
            for name in found
            if said[name] != found[name]
        ]
        for statement, line, doubts in self.statements:
            yield replace(statement, controls_hold=not doubts and not missing)
            yield from held(statement, line, doubts)
            yield from held(statement, record.line, missing)
        for written, statement_id in self.unnamed.items():
            yield not_named(written, self.source, statement_id)


# 27 and 28 are the payer's address: personal data that serves nothing here.
_TAKEN = frozenset({"05", "20", "21", "22", "23", "25", "26", "29"})


def _add_to_payment(payment: _Payment, code: str, record: Record) -> None:
    if code in ("22", "23"):
        payment.refer(record.field(13, 37), record.field(56, 56))
    elif code == "25":
        payment.texts.append(record.field(3, 52))
    elif code == "26":
        payment.name = f"{record.field(3, 37)} {record.field(38, 72)}".strip()
    elif number := record.field(3, 14).lstrip("0"):
        payment.texts.append(f"org.nr {number}")


def _deposit(record: Record) -> _Deposit:
    return _Deposit(
        line=record.line,
        account=record.field(3, 37).lstrip("0"),
        day=record.day(38, "deposit day"),
        serial=record.field(46, 50),
        amount=record.number(51, 68, "deposited amount"),
        currency=record.field(69, 71),
        payments=record.number(72, 79, "number of payments"),
    )


def _doubts(section: _Section, deposit: _Deposit, made_on: date) -> Iterator[tuple[str, str]]:
    """Where the deposit (15) says otherwise than its section: (field, both figures)."""
    if deposit.currency != section.currency:
        yield "currency", f"The deposit is in {deposit.currency!r}, its section in {section.currency!r}."
    if deposit.amount != section.total:
        told, summed = (to_decimal(amount, section.currency) for amount in (deposit.amount, section.total))
        yield (
            "deposited amount",
            f"The payments add up to {summed:f} {section.currency}, but the deposit (15) says {told:f}: "
            f"a difference of {told - summed:f}.",
        )
    if deposit.payments != len(section.payments):
        yield (
            "number of payments",
            f"The section has {len(section.payments)} payments, but the deposit (15) counts {deposit.payments}.",
        )
    if abs((deposit.day - made_on).days) > DAYS_FROM_FILE_MAX:
        yield (
            "deposit day",
            f"The deposit's day is {deposit.day}, but the file was written on {made_on}; "
            "it is dated by the file until somebody knows better.",
        )


def _statement(section: _Section, deposit: _Deposit, source: str, digest: str, ordinal: int) -> Statement:
    incoming = sum(payment.amount for payment in section.payments if payment.amount > 0)
    return Statement(
        statement_id=digest_of(digest, str(ordinal)),
        file_digest=digest,
        source=source,
        ordinal=ordinal,
        family=FAMILY,
        taken_for=TAKEN_FOR,
        account=section.account,
        currency=section.currency,
        number=deposit.serial,
        from_on=deposit.day,
        until_on=deposit.day,
        opening=None,
        closing=to_decimal(deposit.amount, section.currency),
        entries=len(section.payments),
        details=section.extra_references,
        credits=to_decimal(incoming, section.currency),
        debits=to_decimal(incoming - section.total, section.currency),
        booked=to_decimal(section.total, section.currency),
        one_currency=deposit.currency == section.currency,
    )


def _rows(section: _Section, deposit: _Deposit, statement: Statement) -> Iterator[Row]:
    ids = EntryIds()
    account, day, currency = section.account, deposit.day.isoformat(), section.currency
    name = f"{deposit.account}/{deposit.serial}"
    entry_id = nth_entry_id(equality_key(account, day, f"{section.total}{currency}", name, ""), 1)
    for number, payment in enumerate(section.payments, 1):
        reference, text = " ".join(payment.references), " ".join(filter(None, payment.texts))
        bank_ref = payment.serial if int(payment.serial) else ""
        same = "" if bank_ref else texts_of([(deposit.serial, payment.payer_account, reference, text)])
        key = ids.entry_id(account, day, f"{payment.amount}{currency}", bank_ref, same)
        yield {
            "payment_id": payment_id_of(key, 1, payment.amount, "booked"),
            "entry_id": entry_id,
            "statement_id": statement.statement_id,
            "family": FAMILY,
            "entry_no": 1,
            "detail_no": number,
            "account": account,
            "booked_on": deposit.day,
            "value_on": None,
            "currency": currency,
            "amount": payment.amount,
            "status": "booked",
            "kind": "payment" if payment.amount >= 0 else "return",  # a deduction takes back what was or would be paid
            "bank_ref": bank_ref,
            "end_to_end": "",
            "payer_name": payment.name,
            "payer_account": payment.payer_account,
            "reference": reference,
            "text": text,
        }
