"""Records of fixed width, as clearing houses write them: one a line, each field at its columns, padded to 80."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import BinaryIO

from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import kept

WIDTH = 80
_LINE_BYTES_MAX = 1_024  # what is longer by far is no such file, and must not fill the memory
_PADDING = " \t\r\n\x00\x1a"  # the last: how old systems end a file
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One line. Columns are counted from 1 and include both ends, as the manuals write them."""

    line: int
    text: str
    taken_for: str

    def field(self, first: int, last: int) -> str:
        """The text in the columns, without its padding; "" where the record ends before them."""
        return self.text[first - 1 : last].strip()

    def number(self, first: int, last: int, name: str) -> int:
        """The digits in the columns. Raises BankFileRefused when anything else stands there."""
        text = self.field(first, last)
        if not (text.isascii() and text.isdigit()):
            raise self.garbled(name, f"{text!r} in columns {first} to {last} is no number.")
        return int(text)

    def day(self, first: int, name: str) -> date:
        """YYYYMMDD from column `first`. Raises BankFileRefused when it is no day."""
        text = self.field(first, first + 7)
        if len(text) == 8 and text.isascii() and text.isdigit():
            try:
                return date(int(text[:4]), int(text[4:6]), int(text[6:]))
            except ValueError:
                pass
        raise self.garbled(name, f"{text!r} in columns {first} to {first + 7} is no day (YYYYMMDD).")

    def garbled(self, name: str, found: str) -> BankFileRefused:
        """The refusal of the whole file, for something that money hangs on and that can't be read."""
        return BankFileRefused(
            "bank.garbled",
            found,
            "Nothing of the file was booked; fetch it again, or ask the sender for a sound one.",
            line=self.line,
            field=name,
            taken_for=self.taken_for,
        )


def records(stream: BinaryIO, taken_for: str) -> Iterator[Record]:
    """Every line that is not blank. Raises BankFileRefused for one that is longer than a record."""
    for number in count(1):
        raw = stream.readline(_LINE_BYTES_MAX)
        if not raw:
            return
        text = kept(_decoded(raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw).rstrip(_PADDING))
        record = Record(number, text.expandtabs(), taken_for)  # tabs come from files that somebody opened in an editor
        if len(record.text) > WIDTH:
            raise record.garbled("record", f"The record has {len(record.text)} characters, more than {WIDTH}.")
        if record.text:
            yield record


def _decoded(raw: bytes) -> str:
    """ISO-8859-1 by the manuals; UTF-8 where it is that: re-saved files are, and no Latin text looks like it."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")


def cut_off(trailer: str, taken_for: str) -> BankFileRefused:
    """The refusal of a file that ends before its trailer."""
    return BankFileRefused(
        "bank.cut_off",
        f"The file ends without its trailer {trailer}: it was cut off.",
        "Fetch the file again; nothing of it was booked.",
        taken_for=taken_for,
    )
