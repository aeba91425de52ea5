"""Reader of bank CSV: whatever a bank calls its columns, described by a profile in include/banks.

There is no standard, so nothing is guessed: the header row is the fingerprint that chooses the profile, and a header
that is nearly a profile's is refused with the difference, because a column that changed its meaning would book wrong
money. A file with a running balance is read twice, first for the balances that join it to the files before and after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import BinaryIO

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile
from csp_receivables.adapters.bank_files.bank_csv_rows import Export, Movement, header_place
from csp_receivables.adapters.bank_files.camt_entry import Line
from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH, batches
from csp_receivables.adapters.bank_files.reading import Doubt, Entry, Names, Reading
from csp_receivables.adapters.bank_files.running_balance import Balances, RunningBalance
from csp_receivables.domain.account_names import AccountNames, not_named
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.payment_ids import EqualsBefore, no_equals_before
from csp_receivables.domain.statements import Statement, digest_of
from csp_receivables.ports import BankFilePart

FAMILY = "bank_csv"
HEAD_BYTES = 1 << 16
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_NOT_BOOKED = "The row is not booked, the rest of the file is; correct it at the bank, or in the profile."
_COUNTS_ANYHOW = "The row counts without it; compare it with the bank."

Key = tuple[str, str]  # account, currency


class BankCsvReader:
    """Reads bank CSV by its profiles; see `ports.BankFileReader`. `names`: other names of accounts."""

    def __init__(self, profiles: Sequence[BankCsvProfile] = (), names: AccountNames | None = None) -> None:
        self._profiles = tuple(profiles)
        self._names = names or AccountNames()

    def recognise(self, head: bytes) -> str | None:
        """Raises BankFileRefused for a header that is nearly a profile's."""
        profile = self._profile_of(head)
        return _taken_for(profile) if profile else None

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore = no_equals_before
    ) -> Iterator[BankFilePart]:
        """Lines (BANK_LINE) in batches, one statement for each account and currency, findings as they come.

        Raises BankFileRefused, also after lines were given out: then none of them counts.
        """
        stream.seek(0)
        profile = self._profile_of(stream.read(HEAD_BYTES))
        if profile is None:
            raise BankFileRefused("bank.not_a_statement", "No profile has this header.", "Run csp bank profile FILE.")
        export = Export(stream, profile)
        accounts = _Accounts(export, source, digest, equals_before, self._names)
        lines: list[Line] = []
        for movement in export.movements():
            yield from accounts.take(movement, lines)
            if len(lines) >= LINES_PER_BATCH:
                yield from batches(lines)
        yield from batches(lines)
        yield from accounts.finish()

    def _profile_of(self, head: bytes) -> BankCsvProfile | None:
        nearest: tuple[int, BankCsvProfile, Sequence[str]] | None = None
        for profile in self._profiles:
            row, is_header = header_place(head, profile)
            if is_header:
                return profile
            common = len(set(row).intersection(profile.names))
            if 2 * common >= len(profile.names) and common > (nearest[0] if nearest else 1):
                nearest = (common, profile, row)
        if nearest:
            raise _header_changed(nearest[1], nearest[2])
        return None


def _taken_for(profile: BankCsvProfile) -> str:
    return f"bank CSV ({profile.profile})"


def _header_changed(profile: BankCsvProfile, row: Sequence[str]) -> BankFileRefused:
    missing = [name for name in profile.names if name not in row]
    unexpected = [name or "(a column without a name)" for name in row if name not in profile.names]
    parts = [f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("new", unexpected)) if names]
    difference = "; ".join(parts) or f"the columns stand in another order or twice: {', '.join(row)}"
    return BankFileRefused(
        "bank.header_changed",
        f"The header is not that of {profile.profile} any more: {difference}.",
        f"Look at what the bank changed, then change header and columns in include/banks ({profile.profile}), "
        "or add a profile (csp bank profile FILE).",
        field="header",
        taken_for=_taken_for(profile),
    )


@dataclass(slots=True)
class _Accounts:
    """The statements of one file while their rows pass by."""

    export: Export
    source: str
    digest: str
    equals_before: EqualsBefore
    names: AccountNames
    balances: dict[Key, Balances] = field(default_factory=dict)
    readings: dict[Key, Reading] = field(default_factory=dict)
    keys: dict[Key, Key] = field(default_factory=dict)  # account as written and currency: the account's own name
    unnamed: dict[str, str] = field(default_factory=dict)  # account as written: the first statement that has it
    line: int = 0

    def __post_init__(self) -> None:
        if "balance" not in self.export.profile.columns:
            return
        running: dict[Key, RunningBalance] = {}
        for each in self.export.movements():
            if each.account and each.currency:
                following = running.setdefault(self._key(each), RunningBalance())
                following.take(each.line, each.booked_on, each.amount, each.balance)
        self.balances = {key: following.balances() for key, following in running.items()}

    def take(self, movement: Movement, lines: list[Line]) -> Iterator[Finding]:
        """The next row: a line of money, or the finding that says why not."""
        self.line = movement.line
        if not (movement.account and movement.currency):
            problem = movement.refused or (self.export.profile.column_of("account"), "the row names no account")
            yield self._finding("bank.bad_cell" if problem[0] else "bank.row_unreadable", movement.line, *problem)
            return
        reading = self._reading(movement)
        for column, found in () if movement.refused else movement.remarks:
            yield replace(
                self._finding("bank.bad_cell", movement.line, column, found),
                severity=Severity.WARNING,
                remedy=_COUNTS_ANYHOW,
                subject=reading.statement.statement_id,
            )
        if movement.refused:
            _set_aside(reading, movement)
        elif movement.amount is not None:
            line = reading.add(_entry(movement, movement.amount))
            lines.extend([line] if line else [])

    def finish(self) -> Iterator[BankFilePart]:
        """Each statement with its findings."""
        if not self.line:
            found = self._finding("bank.no_entries", None, "", "there are no entries below the header")
            yield replace(found, severity=Severity.WARNING, remedy="Nothing is missing if the account had none.")
        for key, reading in self.readings.items():
            told = self.balances.get(key, Balances())
            yield reading.finish(self.line, self._doubts(told), balances_expected=key in self.balances)
            yield from reading.findings
        for written, statement_id in self.unnamed.items():
            yield not_named(written, self.source, statement_id)

    def _doubts(self, told: Balances) -> list[Doubt]:
        profile = self.export.profile
        doubts = []
        if told.difference:
            doubts.append(("bank.running_balance_differs", profile.column_of("balance"), told.difference))
        if after := self.export.rows_after_footer:
            found = f"Rows follow the footer ({profile.footer}) of the profile, the first in line {after[0]}."
            doubts.append(("bank.rows_after_footer", "footer", found))
        return doubts

    def _key(self, movement: Movement) -> Key:
        written = movement.account, movement.currency
        if written not in self.keys:
            account = self.names.account(movement.account) or "".join(movement.account.split())
            self.keys[written] = account, movement.currency
        return self.keys[written]

    def _reading(self, movement: Movement) -> Reading:
        key = self._key(movement)
        if key not in self.readings:
            self.readings[key] = self._begin(key)
            statement = self.readings[key].statement
            is_known = self.names.account(movement.account) or _IBAN.fullmatch(key[0])
            if not is_known and "account" not in self.export.profile.constants:
                self.unnamed.setdefault(movement.account, statement.statement_id)
        return self.readings[key]

    def _begin(self, key: Key) -> Reading:
        told, profile = self.balances.get(key, Balances()), self.export.profile
        ordinal = len(self.readings) + 1
        header = Statement(
            statement_id=digest_of(self.digest, str(ordinal)),
            file_digest=self.digest,
            source=self.source,
            ordinal=ordinal,
            family=FAMILY,
            taken_for=_taken_for(profile),
            account=key[0],
            currency=key[1],
            # Banks number no export; two that follow each other are told apart by where they end.
            number="" if told.closing is None else f"{told.last_on} {told.closing:f}",
            from_on=told.first_on,
            until_on=told.last_on,
            opening=told.opening,
            closing=told.closing,
            entries=0,
            details=0,
            credits=Decimal(0),
            debits=Decimal(0),
            booked=Decimal(0),
            one_currency=True,
        )
        balance = profile.column_of("balance")
        names = Names(
            amount=profile.column_of("amount", "credit"),
            day=profile.column_of("booked_on"),
            account=profile.column_of("account"),
            opening=balance,
            closing=balance,
        )
        return Reading.begin(header, names, self.equals_before)

    def _finding(self, code: str, line: int | None, column: str, found: str) -> Finding:
        return Finding(
            code=code,
            severity=Severity.REFUSED,
            found=_sentence(found),
            remedy=_NOT_BOOKED,
            source=self.source,
            line=line,
            field=column,
        )


def _sentence(found: str) -> str:
    return f"{found[:1].upper()}{found[1:]}."


def _set_aside(reading: Reading, movement: Movement) -> None:
    """A row that is no line of money is not booked; its amount, where it can be read, is shown with the others'."""
    amount = movement.amount or Decimal(0)
    reading.credits += max(amount, Decimal(0))
    reading.debits += max(-amount, Decimal(0))
    column, found = movement.refused or ("", "")
    reading.refuse("bank.bad_cell", movement.line, column, _sentence(found))


def _entry(movement: Movement, amount: Decimal) -> Entry:
    texts = movement.texts
    return Entry(
        line=movement.line,
        amount=abs(amount),
        sign=-1 if amount < 0 else 1,
        booked_on=movement.booked_on,
        value_on=movement.value_on,
        bank_ref=texts.get("bank_ref", ""),
        end_to_end=texts.get("end_to_end", ""),
        payer_name=texts.get("payer_name", ""),
        payer_account="".join(texts.get("payer_account", "").split()),
        reference=texts.get("reference", ""),
        text=texts.get("text", ""),
    )
