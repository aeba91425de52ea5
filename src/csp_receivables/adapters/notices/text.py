"""A notice as plain text of at most 78 columns, for readers and mail programs without HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from csp_receivables.adapters.notices.parts import DOT, Bars, Document, Facts, Heading, Lines, Paragraph, Part, Table

WIDTH = 78  # what a mail program shows without breaking a line (RFC 5322 advises it)
GAP = "  "
LABEL_WIDTH_MAX = 34
_NOT_ONE_COLUMN = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02ff\u1e00-\u1eff\u2010-\u2027\u202f-\u205e\u20a0-\u20bf\u2212]"
)


def as_text(document: Document) -> str:
    """The whole document, lines ended by "\\n"."""
    blocks = [document.sender, _underlined(document.title, "=")]
    blocks += ["\n".join(_lines(part)) for part in document.parts]
    return "\n\n".join(block.rstrip() for block in blocks if block) + "\n"


def _lines(part: Part) -> Iterator[str]:
    match part:
        case Heading(text=text):
            yield _underlined(text, "-")
        case Paragraph(text=text):
            yield from wrapped(text)
        case Facts(rows=rows):
            yield from _facts(rows)
        case Lines(lines=lines):
            for line in lines:
                yield from wrapped(line)
        case Table():
            yield from _table(part)
        case Bars():
            yield from _bars(part)


def _underlined(text: str, sign: str) -> str:
    lines = wrapped(text)
    return "\n".join([*lines, sign * max(map(columns_of, lines), default=0)])


def _facts(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    width = min(max(columns_of(label) for label, _ in rows), LABEL_WIDTH_MAX)
    for label, value in rows:
        indent = " " * (width + len(GAP) + 1)
        lines = wrapped(value, WIDTH - len(indent))
        if columns_of(label) > width:
            yield from wrapped(f"{label}:")
            yield f"{indent}{lines[0]}"
        else:
            yield f"{_left(f'{label}:', width + 1)}{GAP}{lines[0]}"
        yield from (f"{indent}{line}" for line in lines[1:])


def _table(table: Table) -> Iterator[str]:
    cells = [table.columns, *(row.cells for row in table.rows)]
    second, third = (max(columns_of(row[place]) for row in cells) for place in (1, 2))
    third = max([third, *(columns_of(amount) for _, amount in table.sums)])
    first = WIDTH - second - third - 2 * len(GAP)
    yield table.caption
    yield from _cells(table.columns, (first, second, third))
    yield "-" * WIDTH
    for row in table.rows:
        yield from _cells(row.cells, (first, second, third))
        yield from (f"    {line}" for line in wrapped(DOT.join(row.details), WIDTH - 4))
    yield "-" * WIDTH
    for label, amount in table.sums:
        yield from _cells((label, "", amount), (first + second + len(GAP), 0, third))


def _bars(chart: Bars) -> Iterator[str]:
    label, figure = (max(columns_of(getattr(bar, name)) for bar in chart.bars) for name in ("label", "figure"))
    length = WIDTH - label - figure - 2 * len(GAP)
    yield chart.caption
    for bar in chart.bars:
        drawn = "#" * (length * bar.per_mille // 1000)
        before = " " * (figure - columns_of(bar.figure))
        yield f"{_left(bar.label, label)}{GAP}{before}{bar.figure}{GAP}{drawn}".rstrip()


def _cells(cells: tuple[str, str, str], widths: tuple[int, int, int]) -> Iterator[str]:
    """One row. A first cell that is too wide stands above the others, in one piece."""
    first = cells[0]
    if columns_of(first) > widths[0]:
        yield from wrapped(first)
        first = ""
    middle = f"{GAP}{_left(cells[1], widths[1])}" if widths[1] else ""
    yield f"{_left(first, widths[0])}{middle}{GAP}{' ' * (widths[2] - columns_of(cells[2]))}{cells[2]}"


@lru_cache(maxsize=4_096)  # most paragraphs are the same from notice to notice
def wrapped(text: str, width: int = WIDTH) -> tuple[str, ...]:
    """`text` in lines of at most `width` columns; only a word that is longer than a line is broken inside."""
    lines, line, used = [], "", 0
    for word in _words(text, width):
        wide = columns_of(word)
        if line and used + 1 + wide > width:
            lines.append(line)
            line, used = "", 0
        line, used = (f"{line} {word}", used + 1 + wide) if line else (word, wide)
    return (*lines, line)


def _words(text: str, width: int) -> Iterable[str]:
    for word in text.split(" "):
        rest = word
        while columns_of(rest) > width:
            cut = next(n for n in range(min(len(rest), width), 0, -1) if columns_of(rest[:n]) <= width)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _left(text: str, width: int) -> str:
    return text + " " * (width - columns_of(text))


def columns_of(text: str) -> int:
    """How many columns a terminal gives `text`: two for wide signs, none for marks and isolates."""
    return sum(map(_columns, text)) if _NOT_ONE_COLUMN.search(text) else len(text)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
