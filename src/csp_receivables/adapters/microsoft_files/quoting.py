"""Is a CSV quoted by the rules (RFC 4180)? Told from its bytes as they stream by, whatever its columns are.

Arrow's parser is lenient: it reads `"abc"def` as `abcdef`. Such a cell may have been cut or joined wrongly, so its file
must go to the reader that names broken records. By the rules quotes come in turns: the first, third, … opens a cell or
is the second of a doubled pair; the second, fourth, … closes a cell or is the first of a pair. So a look at the byte
before each of the former and after each of the latter tells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from csp_receivables.adapters.microsoft_files.streams import ByteSource, ByteStream

QUOTE = ord('"')
PIECE = 256 << 10  # bytes looked at together: what is worked out of them stays in the cache of a core
BOM = b"\xef\xbb\xbf"
LINE_END = b"\n"
OUTSIDE = b',\r\n"'  # bytes that may stand beside a quote that opens, closes or is doubled


class BadQuoting(ValueError):
    """The quotes of the file are not by the rules."""


class QuoteChecked(ByteStream):
    """Hands the bytes of `source` through, and raises BadQuoting as soon as their quotes break the rules."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._waiting = b""  # the last byte handed through, not judged before its next is known, and the one before it
        self._inside = 0  # 1: the next quote closes

    def read(self, nbytes: int, /) -> bytes:
        """The next bytes; empty at the end."""
        content = self._source.read(nbytes)
        before = self._waiting or LINE_END  # a file begins as after a line end, and ends as before one
        text = before + (content if self._waiting else content.removeprefix(BOM)) if content else before + LINE_END
        self._judge(np.frombuffer(text, dtype=np.uint8))
        if not content and self._inside:
            raise BadQuoting("the last quoted cell is not closed")
        self._waiting = text[-2:]
        return content

    def _judge(self, text: npt.NDArray[np.uint8]) -> None:
        """Look at all bytes but the first and the last, which are there to stand beside others."""
        for start in range(0, text.size - 2, PIECE):
            piece = text[start : start + PIECE + 2]
            beside = np.flatnonzero(piece[1:-1] == QUOTE)  # where the byte before each quote is
            beside[1 - self._inside :: 2] += 2  # … and the one after it, where it closes
            if piece[beside].tobytes().translate(None, OUTSIDE):
                raise BadQuoting("a quote stands inside a cell without being doubled")
            self._inside ^= beside.size % 2
