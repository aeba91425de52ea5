"""Is a CSV quoted by the rules (RFC 4180)? Told from its bytes as they stream by, whatever its columns are.

Arrow's parser is lenient: it reads `"abc"def` as `abcdef`. Such a cell may have been cut or joined wrongly, so its file
must go to the reader that names broken records. By the rules quotes come in turns: the first, third, … opens a cell or
is the second of a doubled pair; the second, fourth, … closes a cell or is the first of a pair. So a look at the byte
before each of the former and after each of the latter tells.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

QUOTE = ord('"')
PIECE = 64 << 10  # bytes looked at together: what is worked out of them stays in the cache of a core
BOM = b"\xef\xbb\xbf"
OUTSIDE = np.zeros(256, dtype=np.bool_)  # bytes that may stand beside a quote that opens, closes or is doubled
OUTSIDE[list(b',\r\n"')] = True


class BadQuoting(ValueError):
    """The quotes of the file are not by the rules."""


class ByteSource(Protocol):
    """What bytes are read from."""

    def read(self, nbytes: int, /) -> bytes: ...


class QuoteChecked:
    """A stream that hands its bytes through, and raises BadQuoting as soon as their quotes break the rules."""

    closed = False

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._before = ord("\n")  # the last byte handed through; a file begins as after a line end
        self._begun = False
        self._inside = False  # does the next quote close?

    def readable(self) -> bool:
        """Always: this is a source."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def seekable(self) -> bool:
        """Never: bytes are looked at once."""
        return False

    def close(self) -> None:
        """The source is closed by its owner."""
        self.closed = True

    def read(self, nbytes: int) -> bytes:
        """The next bytes; empty at the end."""
        content = self._source.read(nbytes)
        if not content:
            if self._inside:
                raise BadQuoting("the last quoted cell is not closed")
            return content
        cells = np.frombuffer(content if self._begun else content.removeprefix(BOM), dtype=np.uint8)
        for start in range(0, cells.size, PIECE):
            self._check(cells[start : start + PIECE])
        self._begun = True
        return content

    def _check(self, cells: npt.NDArray[np.uint8]) -> None:
        if self._before == QUOTE and not self._inside and not OUTSIDE[cells[0]]:  # it closed a cell just before
            raise BadQuoting("text follows a closing quote")
        marks = np.flatnonzero(cells == QUOTE)
        opening, closing = marks[int(self._inside) :: 2], marks[1 - int(self._inside) :: 2]
        if not self._may_open(cells, opening) or not _may_close(cells, closing):
            raise BadQuoting("a quote stands inside a cell without being doubled")
        self._inside ^= bool(marks.size % 2)
        self._before = int(cells[-1])

    def _may_open(self, cells: npt.NDArray[np.uint8], opening: npt.NDArray[np.intp]) -> bool:
        if opening.size and opening[0] == 0:
            if not OUTSIDE[self._before]:
                return False
            opening = opening[1:]
        return bool(OUTSIDE[cells[opening - 1]].all())


def _may_close(cells: npt.NDArray[np.uint8], closing: npt.NDArray[np.intp]) -> bool:
    """A quote that ends the part is judged when the next part comes."""
    if closing.size and closing[-1] == cells.size - 1:
        closing = closing[:-1]
    return bool(OUTSIDE[cells[closing + 1]].all())
