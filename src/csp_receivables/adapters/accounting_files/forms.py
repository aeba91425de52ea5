"""Which columns an accounting file has and what they mean: the canonical form, or one made from a profile.

A form is chosen by the header of the file, never by its name. A header that fits no form is refused with its difference
from the nearest one.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from csp_receivables.adapters.accounting_files.refusals import refused
from csp_receivables.domain.accounting import (
    CUSTOMER_FIELDS,
    HEADER_FIELDS,
    LINE_FIELDS,
    OPEN_FIELDS,
    SELLER_FIELDS,
    Purpose,
)

HEADER_BYTES_MAX = 64 * 1024  # a header of some forty names is a tenth of this; more is no header
ISO_DAY = "%Y-%m-%d"
SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The columns of one kind of file, how its values are written, and what each column means."""

    name: str
    purpose: Purpose
    columns: Mapping[str, str]  # name in the file -> canonical field
    groups: tuple[tuple[str, ...], ...] = ()  # columns that are there together or not at all
    ignored: frozenset[str] = frozenset()
    constants: Mapping[str, str] = field(default_factory=dict)  # canonical field -> what it always is
    separator: str = ","
    encoding: str = "utf-8-sig"
    decimal_mark: str = "."
    thousands_mark: str = ""
    date_format: str = ISO_DAY
    kinds: Mapping[str, str] = field(default_factory=dict)
    credit_amounts_negative: bool = False

    def column_of(self, name: str) -> str:
        """What the file calls a canonical field; the field's own name where the file has no column for it."""
        return next((column for column, field_name in self.columns.items() if field_name == name), name)

    def difference(self, header: Sequence[str]) -> Difference:
        """What `header` lacks and has too much of; columns of an absent group are not missing."""
        found = set(header)
        absent = {name for group in self.groups if not found.intersection(group) for name in group}
        required = set(self.columns) | self.ignored
        doubled = tuple(name for name, times in Counter(header).items() if times > 1)
        missing = tuple(name for name in (*self.columns, *sorted(self.ignored)) if name not in found | absent)
        unexpected = tuple(name for name in header if name not in required)
        known = len(found & set(self.columns))
        return Difference(form=self, missing=missing, unexpected=unexpected, doubled=doubled, known=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a header differs from a form. Empty: the file has that form."""

    form: Form
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    doubled: tuple[str, ...]
    known: int  # columns of the form that are there

    @property
    def is_none(self) -> bool:
        return not (self.missing or self.unexpected or self.doubled)

    def describe(self) -> str:
        """The difference in words: missing, unexpected (with what was probably meant), twice."""
        parts = []
        if self.missing:
            parts.append(f"missing: {', '.join(self.missing)}")
        if self.unexpected:
            parts.append(f"unexpected: {', '.join(self._with_near_miss(name) for name in self.unexpected)}")
        if self.doubled:
            parts.append(f"twice: {', '.join(self.doubled)}")
        return "; ".join(parts)

    def _with_near_miss(self, name: str) -> str:
        lowered = {column.lower(): column for column in self.missing}
        near = difflib.get_close_matches(name.strip().lower(), lowered, n=1)
        shown = name if name else "(a column without a name)"
        return f"{shown} (is it {lowered[near[0]]}?)" if near else shown


def _canonical(purpose: Purpose, *groups: tuple[str, ...]) -> Form:
    columns = {name: name for group in groups for name in group}
    return Form(name="canonical", purpose=purpose, columns=columns, groups=groups[1:])


CANONICAL_FORMS = (
    _canonical(Purpose.CUSTOMERS, CUSTOMER_FIELDS),
    _canonical(Purpose.RECEIVABLES, HEADER_FIELDS, SELLER_FIELDS, OPEN_FIELDS, LINE_FIELDS),
)


def recognise(path: Path, forms: Sequence[Form]) -> tuple[Form, tuple[str, ...]]:
    """The form whose columns the file's header has, and that header in the file's order.

    Raises FileRefused for an empty file, one that is no text table, and a header that fits no form.
    """
    start = _start_of(path)
    differences = []
    for form in forms:
        header = _header(start, form.encoding, form.separator)
        if header is None:
            continue
        difference = form.difference(header)
        if difference.is_none:
            return form, header
        differences.append(difference)
    nearest = max(differences, key=lambda difference: difference.known, default=None)
    if nearest is None or nearest.known == 0:
        raise _not_ours(path.name, start, forms)
    found = f"the header is not that of {nearest.form.purpose.value} ({nearest.form.name}): {nearest.describe()}"
    remedy = "Export with the columns of docs/FILES.md, or describe these in a profile in include/accounting"
    raise refused("accounting.header_changed", path.name, found, remedy, line=1)


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES_MAX)
    if not start.removeprefix(codecs.BOM_UTF8).strip():
        raise refused("accounting.empty_file", path.name, "the file is empty", "Export it again", line=1)
    if b"\x00" in start.splitlines()[0]:
        found = "the file is no UTF-8 or code-page text (zero bytes): a workbook, an archive, or UTF-16"
        raise refused("accounting.not_text", path.name, found, "Export as CSV in UTF-8", line=1)
    return start


def _header(start: bytes, encoding: str, separator: str) -> tuple[str, ...] | None:
    text = start.decode(encoding, errors="ignore")
    first = next((line for line in io.StringIO(text, newline=None) if line.strip()), "")
    try:
        names = next(csv.reader([first], delimiter=separator, strict=True), None)
    except csv.Error:
        return None
    return None if names is None else tuple(name.strip() for name in names)


def _not_ours(name: str, start: bytes, forms: Sequence[Form]) -> Exception:
    """What to say of a header without one known column: perhaps only the separator differs."""
    remedy = "Put the file where it belongs (docs/FILES.md), or describe its columns in include/accounting"
    for separator in SEPARATORS:
        for form in forms:
            header = _header(start, form.encoding, separator) or ()
            if separator != form.separator and 2 * form.difference(header).known > len(form.columns):
                found = f"columns of {form.purpose.value} separated by {separator!r} instead of {form.separator!r}"
                remedy = f"Export with {form.separator!r} between the columns, or write a profile in include/accounting"
                return refused("accounting.wrong_separator", name, found, remedy, line=1)
    first = start[:80].decode("utf-8", errors="replace").splitlines()[0]
    found = f"neither customers nor receivables: the file starts {first!r}"
    return refused("accounting.not_recognised", name, found, remedy, line=1)
