"""A notice as parts without a medium: text, HTML and PDF are each laid out from the same ones, so they say the same."""

from __future__ import annotations

from dataclasses import dataclass

DOT = "\u00a0· "  # between the details of a receivable; it stays at the end of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels and what they stand for. `is_key`: what a reader in a hurry must see."""

    rows: tuple[tuple[str, str], ...]
    is_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One receivable: its three cells, and a line below with everything else."""

    cells: tuple[str, str, str]
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Receivables of one currency. `sums` are label and amount; the last one counts, or each where they `all_count`."""

    caption: str
    columns: tuple[str, str, str]
    rows: tuple[Row, ...]
    sums: tuple[tuple[str, str], ...]
    all_count: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Short lines that keep their ends: a signature."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart: what it is of, its figure in words, and its length in thousandths of the longest."""

    label: str
    figure: str
    per_mille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A chart of bars that is drawn in mail as well: mail programs show no picture and no SVG unasked."""

    caption: str
    bars: tuple[Bar, ...]


Part = Heading | Paragraph | Facts | Table | Lines | Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """All that a notice says, in order. `language` is a BCP 47 tag, `direction` "ltr" or "rtl"."""

    subject: str
    title: str
    sender: str
    language: str
    direction: str
    parts: tuple[Part, ...]
