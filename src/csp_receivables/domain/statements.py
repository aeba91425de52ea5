"""Bank statements: what the bank says about one account over a period, and whether its own figures prove it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from enum import StrEnum

from csp_receivables.domain.imports import FileReport

_EXACT = Context(prec=3_000)  # more digits than two numbers of `money.parse_decimal` can need; the default keeps 28


class State(StrEnum):
    """Whether a statement's lines may be money."""

    ACCEPTED = "accepted"
    HELD = "held"  # it does not prove; a named person must accept the difference first


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, report or notification of a bank file. Amounts are exact and may have more decimals than money.

    `credits` and `debits` are positive sums over every entry in the file, pending ones included; `booked` is the signed
    sum of the booked entries that can be money: one that can't (more decimals than its currency has, no day) is missing
    from the books, so it must be missing from the proof. None: the file does not say.
    """

    statement_id: str
    file_digest: str
    source: str  # file name, never a path
    ordinal: int  # 1-based place in the file
    family: str  # one of `booked_money.FAMILIES`: "camt.053", "bgmax" …
    taken_for: str  # "camt.053.001.08"
    account: str  # IBAN, or the bank's own number; "" when the file has none
    currency: str | None
    number: str
    from_on: date | None
    until_on: date | None
    opening: Decimal | None
    closing: Decimal | None  # without an opening: what the bank says the entries come to, not a balance
    entries: int
    details: int
    credits: Decimal
    debits: Decimal
    booked: Decimal
    one_currency: bool  # balances and entries are all in one currency: else no sum proves anything
    controls_hold: bool | None = None  # the file's own counts and totals agree with its records; None: it states none

    @property
    def made(self) -> Decimal | None:
        """What opening and booked entries add up to, exactly."""
        return None if self.opening is None else _EXACT.add(self.opening, self.booked)

    @property
    def difference(self) -> Decimal | None:
        """What closing is more than that, exactly."""
        return None if self.made is None or self.closing is None else _EXACT.subtract(self.closing, self.made)

    @property
    def reconciles(self) -> bool | None:
        """Control totals agree, and opening and booked entries add up to closing; None when the file states neither."""
        if self.controls_hold is False:
            return False
        if self.opening is None or self.closing is None:
            return self.controls_hold
        return self.one_currency and self.difference == 0

    @property
    def state(self) -> State:
        """As read: a statement that does not prove is held."""
        return State.HELD if self.reconciles is False else State.ACCEPTED

    @property
    def page_key(self) -> str:
        """The same page of the same statement has the same key in every file that carries it."""
        parts = (self.family, self.account, self.number, self.from_on, self.until_on, self.opening, self.closing)
        return digest_of(*("" if part is None else str(part) for part in parts))

    def covers(self, day: date) -> bool:
        """Does the statement speak for `day`, with or without entries on it?"""
        return self.from_on is not None and self.until_on is not None and self.from_on <= day <= self.until_on


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStatement:
    """A statement as the ledger has it."""

    statement: Statement
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class BankReport:
    """One bank file's import: the file's report, and the statements in it."""

    file: FileReport
    statements: tuple[StoredStatement, ...] = ()


class NoSuchStatement(LookupError):
    """The ledger has no statement of that id, or it is not held."""


def digest_of(*parts: str) -> str:
    """A short, stable id made from `parts`; no two different lists of parts run together."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
