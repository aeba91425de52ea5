"""A BAI2 file as records: what lies on one line parted, what continues on the next (88) joined, in little memory.

Source: BAI, Cash Management Balance Reporting Specifications, version 2. A record ends with `/`, which real files leave
out and use in texts; a line that begins with no record code goes on with the text before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from csp_receivables.domain.bank_files import BankFileRefused

LINE_MAX = 1 << 16  # bytes; a physical record has 80 characters, real ones some hundreds
SEGMENTS_MAX = 10_000  # continuations of one record: an account with thousands of summaries has hundreds
CONTINUATION = "88"
_CODE = re.compile(r"\s*(01|02|03|16|49|88|98|99)[,:](.*)", re.DOTALL)
# A further record on the same line: only where it has its record's shape, for a text may well hold "08/16, 2026".
_GLUED = re.compile(
    r"/\s*(?=01,[^,]*,[^,]*,\d{6},|02,[^,]*,[^,]*,[1-4],\d{6},|03,[^,/]+,(?:[A-Z]{3})?,\d{3},|16,\d{3},\d*,|"
    r"49,[+-]?\d+,\d+\s*/|98,[+-]?\d+,\d+,\d+\s*/|99,[+-]?\d+,\d+,\d+\s*/)|/\s+(?=88,)",
    re.ASCII,
)
# Funds types by the number of fields behind them; D says itself how many.
_FUNDS_FIELDS = {"S": 3, "V": 2}
_DISTRIBUTED = "D"


@dataclass(slots=True)
class Record:
    """A record with its continuations. `segments` are their contents in order, without code and final `/`."""

    code: str
    line: int
    segments: list[str]
    records: int = 1  # physical ones, as the control records count them

    @property
    def fields(self) -> list[str]:
        """All fields, where none of them is a text."""
        return [each.strip() for each in ",".join(self.segments).split(",")]


@dataclass(slots=True)
class FieldsOf:
    """Takes fields from the front of a record; what is left is its text."""

    segments: list[str]
    rest: str | None = field(init=False)
    at: int = 0

    def __post_init__(self) -> None:
        self.rest = self.segments[0]

    def take(self) -> str:
        """The next field; "" when the record has no more."""
        if self.rest is None and self.at + 1 < len(self.segments):
            self.at += 1
            self.rest = self.segments[self.at]
        if self.rest is None:
            return ""
        value, comma, rest = self.rest.partition(",")
        self.rest = rest if comma else None
        return value.strip()

    def take_here(self) -> str:
        """The next field of the same segment: references are never continued, what is continued is text."""
        return "" if self.rest is None else self.take()

    def text(self) -> list[str]:
        """All that was not taken, by segment."""
        return ([] if self.rest is None else [self.rest]) + self.segments[self.at + 1 :]


def records(stream: BinaryIO) -> Iterator[Record]:
    """Every record with its continuations. Raises BankFileRefused where the file is none, or beyond all limits."""
    at_hand: Record | None = None
    number = 0
    while raw := stream.readline(LINE_MAX):
        number += 1
        if len(raw) == LINE_MAX:
            raise _refused("bank.beyond_limits", f"A line has more than {LINE_MAX:,} bytes.", number)
        for part in _GLUED.split(_decoded(raw)):
            found = _CODE.match(part)
            if found is None or found[1] == CONTINUATION:
                content = _without_end(found[2] if found else part)
                if at_hand is not None and (found or content):
                    _continue(at_hand, content, number, is_record=found is not None)
                elif content.strip():
                    raise _refused("bank.garbled", f"{part.strip()[:60]!r} stands before the first record.", number)
                continue
            if at_hand is not None:
                yield at_hand
            at_hand = Record(found[1], number, [_without_end(found[2])])
    if at_hand is not None:
        yield at_hand


def skip_funds(fields: FieldsOf) -> tuple[str, list[str]]:
    """The funds type and the fields that belong to it."""
    kind = fields.take().upper()
    if kind == _DISTRIBUTED:
        days = fields.take()
        count = 2 * int(days) if days.isascii() and days.isdigit() and len(days) < len("1000") else 0
        return kind, [fields.take() for _ in range(count)]
    return kind, [fields.take() for _ in range(_FUNDS_FIELDS.get(kind, 0))]


def _continue(record: Record, content: str, number: int, *, is_record: bool) -> None:
    if len(record.segments) >= SEGMENTS_MAX:
        raise _refused("bank.beyond_limits", f"A record has more than {SEGMENTS_MAX:,} continuations.", number)
    record.segments.append(content)
    record.records += is_record


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("iso-8859-1")
    return text.strip("\r\n\x00\x1a\ufeff").replace("\x00", "")


def _without_end(content: str) -> str:
    stripped = content.rstrip()
    return stripped[:-1].rstrip() if stripped.endswith("/") else stripped


def _refused(code: str, found: str, line: int) -> BankFileRefused:
    return BankFileRefused(
        code, found, "Nothing of the file was booked; ask the bank for a sound one.", line=line, taken_for="BAI2"
    )
