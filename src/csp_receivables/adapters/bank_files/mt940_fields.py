"""A SWIFT MT94x file as a stream of fields: `:61:…` with the lines that belong to it, in little memory.

Fields are split by their tags alone: block headers (`{1:…}{4:`), the lines banks put around a message and a missing
final `-` are nothing that money hangs on. Text is UTF-8, each byte that is not being read as ISO 8859-1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from csp_receivables.domain.bank_files import BankFileRefused

Field = tuple[str, str, int]  # tag, value (lines parted by \n), 1-based line of the file

BLOCK = 1 << 18
FIELD_MAX = 1 << 20  # characters: SWIFT's longest field has 6 lines of 65, banks write some dozens
# The fields of SWIFT's messages on accounts and payments: a time of day at the start of a line (`:00:00`) is none.
_TAG = re.compile(r"\n:(1[23]D?|2[0-8][A-Z]?|3[2346][A-Z]|5\d[A-Z]|6[0-5][FM]?|7[0-7][A-Z]?|86|90[CD]|NS):", re.ASCII)
_CLOSING = re.compile(r"\n:(20|62[FM]):([^\n]*)")
_NOISE = "\r\x00\x01\x03\x1a\ufeff"  # line ends, padding, end-of-file marks of DOS files that were joined
_ERRORS = "bank_file.iso_8859_1"


def _as_iso_8859_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("iso-8859-1"), error.end


codecs.register_error(_ERRORS, _as_iso_8859_1)


def text_of(head: bytes) -> str:
    """The beginning of a file as `fields` would see it; a character cut in two at the end is left out."""
    return _clean(codecs.getincrementaldecoder("utf-8")(_ERRORS).decode(head))


def tags_of(text: str) -> list[str]:
    """The tags in `text`, in its order."""
    return _TAG.findall(f"\n{text}")


def fields(stream: BinaryIO) -> Iterator[Field]:
    """Every field in the order of the file. Raises BankFileRefused for a field beyond all limits."""
    rest, line = "\n", 0  # `line` is the one that ends where `rest` begins
    for block in _texts(stream):
        parts = _TAG.split(rest + block)
        line += parts[0].count("\n")
        if len(parts) == 1:  # before the first tag only the last line may yet begin one
            rest = "\n" + parts[0].rpartition("\n")[2]
            line -= 1
        else:
            line += 1
            for place in range(1, len(parts) - 2, 2):
                value = parts[place + 1]
                yield parts[place], value, line
                line += value.count("\n") + 1
            rest = f"\n:{parts[-2]}:{parts[-1]}"
            line -= 1
        if len(rest) > FIELD_MAX:
            raise _beyond_limits(line + 1)
    last = _TAG.split(rest)
    if len(last) > 1:
        yield last[1], last[2], line + 1


def closings(stream: BinaryIO) -> Iterator[str]:
    """Of each statement (`:20:`) its closing balance as written, "" where it has none, ahead of reading it.

    Entries come before the balance, but their identity may hang on it (`domain.payment_ids.EqualsBefore`).
    """
    closing, begun = "", False
    for lines in _whole_lines(stream):
        for tag, value in _CLOSING.findall(lines):
            if tag != "20":
                closing = value
                continue
            if begun:
                yield closing
            closing, begun = "", True
    if begun:
        yield closing


def _whole_lines(stream: BinaryIO) -> Iterator[str]:
    """The text in pieces that are never cut within a line, each line with the break before it."""
    rest = "\n"
    for block in _texts(stream):
        lines, _, last = (rest + block).rpartition("\n")
        yield lines
        rest = f"\n{last[:FIELD_MAX]}"
    yield rest


def _texts(stream: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(_ERRORS)
    while block := stream.read(BLOCK):
        yield _clean(decoder.decode(block))
    yield _clean(decoder.decode(b"", final=True))


def _clean(text: str) -> str:
    for noise in _NOISE:
        if noise in text:
            text = text.replace(noise, "")
    return text


def _beyond_limits(line: int) -> BankFileRefused:
    return BankFileRefused(
        "bank.beyond_limits",
        f"The file has more than {FIELD_MAX:,} characters in one field; no bank statement has.",
        "Look at the file before anything else; ask the bank to split it if it is real.",
        line=line,
    )
