"""Rows of a bank's CSV by its profile: where the header stands, and each row as a movement of money."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, Literal

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile, trimmed
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import exponents

CACHED = 65_536  # days and amounts repeat
WHOLE_DIGITS_MAX, DECIMALS_MAX = 18, 6  # more is no amount; within them sums of decimals are exact
DAMAGED = "\ufffd"  # what stands for bytes that are no text in the encoding
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2212": "-", "\x00": DAMAGED})
_WHOLE, _DECIMALS = re.compile(r"[+-]?\d*", re.ASCII), re.compile(r"\d*", re.ASCII)

Numbered = tuple[int, Sequence[str]]  # 1-based line on which the row ends, its cells
Problem = tuple[str, str]  # column, what was found


class BadCell(ValueError):
    """The cell is not what its column holds; the message says what was found."""


@dataclass(slots=True, kw_only=True)
class Movement:
    """One row. `refused` keeps it from being money, `remarks` do not."""

    line: int
    account: str = ""
    currency: str = ""
    amount: Decimal | None = None  # signed; None: not readable
    booked_on: date | None = None
    value_on: date | None = None
    balance: Decimal | None = None
    texts: dict[str, str] = field(default_factory=dict)
    refused: Problem | None = None
    remarks: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Export:
    """A stream read by a profile; each `movements()` reads it from its start."""

    stream: BinaryIO
    profile: BankCsvProfile
    rows_after_footer: list[int] = field(default_factory=list)

    def movements(self) -> Iterator[Movement]:
        """Each row below the header. Raises BankFileRefused when quotes do not close."""
        profile, places = self.profile, self.profile.places
        footer = re.compile(profile.footer) if profile.footer else None
        self.rows_after_footer.clear()
        account, is_footer, header_seen = profile.constants.get("account", ""), False, False
        for line, cells in _rows(self.stream, profile):
            row = trimmed(cells)
            if not row:
                continue
            if not header_seen:
                account = account or _account_in(row, profile)
                header_seen = row == profile.names
            elif footer and footer.match(profile.separator.join(cells)):
                is_footer = True
            else:
                if is_footer:
                    self.rows_after_footer.append(line)
                yield _movement(line, cells, account, profile, places)


def header_place(head: bytes, profile: BankCsvProfile) -> tuple[Sequence[str], bool]:
    """The profile's header row in a file that begins with `head`, and True; else the row nearest to it, and False."""
    nearest: Sequence[str] = ()
    known, wanted = 0, set(profile.names)
    try:
        rows = (row for _, cells in _rows(io.BytesIO(head), profile) if (row := trimmed(cells)))
        for place, row in enumerate(rows):
            if place > profile.preamble_rows:
                break
            if row == profile.names:
                return row, True
            if (common := len(wanted.intersection(row))) > known:
                known, nearest = common, row
    except BankFileRefused:
        pass  # a row that can't be read is no header
    return nearest, False


@contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    stream.seek(0)
    wrapped = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    try:
        yield wrapped
    finally:
        wrapped.detach()  # the stream stays its owner's


def _rows(stream: BinaryIO, profile: BankCsvProfile) -> Iterator[Numbered]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if profile.quoted else csv.QUOTE_NONE
    with _text(stream, profile.encoding) as text:
        reader = csv.reader(text, delimiter=profile.separator, strict=True, quoting=quoting)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except (csv.Error, UnicodeError) as error:
            raise BankFileRefused(
                "bank.broken_quotes",
                f"Nobody can tell where the rows end from here on: {error}.",
                "Export the file again; where texts hold single quotation marks, write `quoted: false` in the profile.",
                line=reader.line_num,
                taken_for=f"bank CSV ({profile.profile})",
            ) from None


def _account_in(row: Sequence[str], profile: BankCsvProfile) -> str:
    if not profile.account_in_preamble:
        return ""
    found = re.search(profile.account_in_preamble, profile.separator.join(row))
    return found.group(1).strip() if found and found.group(1) else ""


def _movement(
    line: int, cells: Sequence[str], account: str, profile: BankCsvProfile, places: Mapping[str, tuple[int, ...]]
) -> Movement:
    width = len(profile.names)
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        found = f"{len(cells)} values for {width} columns: a separator in a text without quotes, or a row cut off"
        return Movement(line=line, refused=("", found))
    texts = _texts(cells, places)
    movement = Movement(
        line=line,
        account=account or texts.get("account", ""),
        currency=profile.constants.get("currency") or texts.get("currency", ""),
        texts=texts,
    )
    _read_values(movement, profile)
    for name in ("text", "payer_name", "payer_account", "reference", "bank_ref", "end_to_end"):
        if DAMAGED in texts.get(name, ""):
            movement.remarks.append((profile.column_of(name), f"bytes that are no text in {profile.encoding}"))
    return movement


def _texts(cells: Sequence[str], places: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Each canonical field's text, with ordinary blanks and minus signs."""
    whole = "".join(cells)
    clean = cells if whole.isascii() and "\x00" not in whole else [cell.translate(_BLANKS) for cell in cells]
    return {
        name: clean[found[0]].strip()
        if len(found) == 1
        else " ".join(filter(None, (clean[at].strip() for at in found)))
        for name, found in places.items()
    }


def _read_values(movement: Movement, profile: BankCsvProfile) -> None:
    """Amount, days and balance of the row's texts. What can't be read is noted with its column."""
    texts = movement.texts
    if movement.currency not in exponents():
        movement.refused = (profile.column_of("currency"), f"{movement.currency!r} is no ISO 4217 currency")
        movement.currency = ""
        return
    try:
        movement.amount = _amount(texts, profile)
    except BadCell as error:
        movement.refused = (profile.column_of("amount", "credit"), str(error))
    try:
        movement.booked_on = day_of(texts["booked_on"], profile.date_format)
    except BadCell as error:
        movement.refused = movement.refused or (profile.column_of("booked_on"), str(error))
    try:
        movement.value_on = day_of(value, profile.date_format) if (value := texts.get("value_on")) else None
    except BadCell as error:
        movement.remarks.append((profile.column_of("value_on"), str(error)))
    try:
        movement.balance = _number(value, profile) if (value := texts.get("balance")) else None
    except BadCell as error:
        movement.remarks.append((profile.column_of("balance"), str(error)))


def _amount(texts: dict[str, str], profile: BankCsvProfile) -> Decimal:
    if profile.directions is not None:
        amount = _number(texts["amount"], profile)
        if amount < 0:
            raise BadCell(f"{texts['amount']} is negative, although the direction column gives the sign")
        if texts["direction"] in profile.directions.credit:
            return amount
        if texts["direction"] in profile.directions.debit:
            return -amount
        raise BadCell(f"direction {texts['direction']!r} is neither credit nor debit by the profile")
    if "amount" in texts:
        return _number(texts["amount"], profile)
    credit, debit = (_number(texts[name], profile) if texts[name] else None for name in ("credit", "debit"))
    if credit and debit:
        raise BadCell(f"both columns are filled: {texts['credit']} and {texts['debit']}")
    if credit is None and debit is None:
        raise BadCell("neither credit nor debit is filled")
    return credit or (debit or Decimal(0)) * (-1 if profile.debit_amounts == "positive" else 1)


def _number(text: str, profile: BankCsvProfile) -> Decimal:
    return number_of(text, profile.decimal_mark, profile.thousands_mark)


@lru_cache(maxsize=CACHED)
def number_of(text: str, decimal_mark: str, thousands_mark: str) -> Decimal:
    """An exact number: sign before or after, three digits behind each thousands mark. Raises BadCell."""
    plain = text.translate(_BLANKS).strip()
    if plain.endswith("-"):
        plain = f"-{plain[:-1].strip()}"
    whole, _, decimals = plain.partition(decimal_mark)
    if thousands_mark:
        first, *groups = whole.split(thousands_mark)
        if any(len(group) != 3 for group in groups):
            raise BadCell(f"{text!r} is not a number with {thousands_mark!r} between thousands")
        whole = "".join((first, *groups))
    if not _WHOLE.fullmatch(whole) or not _DECIMALS.fullmatch(decimals) or not (whole.strip("+-") or decimals):
        raise BadCell(f"{text!r} is no amount with the decimal mark {decimal_mark!r}")
    if len(whole) > WHOLE_DIGITS_MAX or len(decimals) > DECIMALS_MAX:
        raise BadCell(f"{text[:40]!r} has more digits than any amount")
    return Decimal(f"{whole}.{decimals}" if decimals else whole)


@lru_cache(maxsize=CACHED)
def day_of(text: str, date_format: str) -> date:
    """A day in the one format of the profile. Raises BadCell."""
    try:
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadCell(f"{text!r} is no day written as {date_format}") from None
