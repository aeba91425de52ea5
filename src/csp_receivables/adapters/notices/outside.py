"""Names and numbers from outside, made fit for a sentence, a table or a subject: one line that turns nothing around."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from csp_receivables.adapters.outside_text import visible_text

SUBJECT_LENGTH_MAX = 200  # a name alone may be longer than any subject that a mail program shows
_WHITE = re.compile(r"\s+")
_FIRST_STRONG, _END = "\u2068", "\u2069"  # FSI and PDI: what stands between is ordered by itself
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


@lru_cache(maxsize=4_096)  # who writes is the same in every notice
def one_line(text: str) -> str:
    """`text` without line ends or controls; what is written from right to left is isolated from its neighbours."""
    shown = visible_text(_WHITE.sub(" ", text).strip())
    if shown.isascii():
        return shown
    if any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in shown):
        return f"{_FIRST_STRONG}{shown}{_END}"
    return shown


def header_text(text: str) -> str:
    """A subject: one line of plain spaces, and not longer than mail programs show."""
    line = visible_text_kept_isolated(_WHITE.sub(" ", text).strip())
    return line if len(line) <= SUBJECT_LENGTH_MAX else f"{line[: SUBJECT_LENGTH_MAX - 1].rstrip()}…{_closing(line)}"


def visible_text_kept_isolated(text: str) -> str:
    """`visible_text`, except for the isolates that `one_line` set."""
    pieces = re.split(f"([{_FIRST_STRONG}{_END}])", text)
    return "".join(piece if piece in (_FIRST_STRONG, _END) else visible_text(piece) for piece in pieces)


def _closing(line: str) -> str:
    """What must end an isolate that the cut left open."""
    cut = line[: SUBJECT_LENGTH_MAX - 1]
    return _END * (cut.count(_FIRST_STRONG) - cut.count(_END))
