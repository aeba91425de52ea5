"""Reads receivables: one row per line, the rows of one receivable side by side, streamed into batches.

A receivable counts whole or not at all: one bad row of it and none of its lines is taken. Where nothing is in doubt
about many rows they are read column by column (`tidy_receivables`); the rest one by one, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.accounting_files import fields as parse
from csp_receivables.adapters.accounting_files.forms import Form
from csp_receivables.adapters.accounting_files.rows import Row, rows_of
from csp_receivables.adapters.accounting_files.tidy_receivables import Plan, TidyReader
from csp_receivables.domain.accounting import (
    HEADER_FIELDS,
    LINE_FIELDS,
    OPEN_FIELDS,
    SELLER_FIELDS,
    Broken,
    Line,
    ReceivableBatch,
    broken_rules,
)
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.records import RECEIVABLE, RECEIVABLE_LINE, STATED_OPEN

LINES_PER_BATCH = 20_000  # bounds memory: a batch is some 30 MB while it is being read
LINES_AT_ONCE = 1_000  # read column by column, or one by one where there is any doubt: the fewer the less of the latter
_WHOLE = (*SELLER_FIELDS, *HEADER_FIELDS, *OPEN_FIELDS)
_FIELDS = (*_WHOLE, *LINE_FIELDS)
_CURRENCY = _WHOLE.index("currency")
_NUMBER = _WHOLE.index("number")
_NEEDED_AMOUNTS = ("net", "tax", "gross")


def read_receivables(
    path: Path, form: Form, header: Sequence[str], seller: str, *, tidy: type[TidyReader] = TidyReader
) -> Iterator[ReceivableBatch]:
    """The file's receivables in batches; `seller` issued those that name none. Raises FileRefused for broken quotes.

    `tidy` is asked first; what it leaves is read one by one.
    """
    reading = _Reading(source=path.name, form=form, seller=seller, tidy=tidy)
    for piece in _pieces(reading, _rows_and_findings(path, form, header)):
        reading.take_all(piece)
        if reading.lines_read >= LINES_PER_BATCH:
            yield reading.batch()
    yield reading.batch()


def _pieces(reading: _Reading, items: Iterator[Row | Finding]) -> Iterator[list[Row | Finding]]:
    """The file in pieces that cut no receivable in two, and never go much beyond a batch."""
    piece: list[Row | Finding] = []
    rows, last = 0, None
    for item in items:
        if not isinstance(item, Finding):
            identity = reading.identity(item)
            if identity != last and rows >= min(LINES_AT_ONCE, LINES_PER_BATCH - reading.lines_read):
                yield piece
                piece, rows = [], 0
            rows, last = rows + 1, identity
        piece.append(item)
    yield piece


def _rows_and_findings(path: Path, form: Form, header: Sequence[str]) -> Iterator[Row | Finding]:
    """The rows, and a finding in the place of each that can't be read. Raises FileRefused for broken quotes."""
    unreadable: list[Finding] = []
    for row in rows_of(path, form, header, _FIELDS, unreadable.append):
        if unreadable:
            yield from unreadable
            unreadable.clear()
        yield row
    yield from unreadable


class _Bad(Exception):
    """The receivable does not count; its findings are reported."""


@dataclass(slots=True)
class _Reading:
    """What is read so far of one file, and of the batch that is being filled."""

    source: str
    form: Form
    seller: str
    tidy: InitVar[type[TidyReader]]
    findings: list[Finding] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)  # receivable id -> line of its first row
    receivables: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    stated: list[tuple[Any, ...]] = field(default_factory=list)
    tables: list[tuple[pa.Table, pa.Table, pa.Table]] = field(default_factory=list)
    lines_read: int = 0
    _tidy: TidyReader = field(init=False)
    _whole: Plan = field(init=False)
    _line: Plan = field(init=False)
    _amount: Any = field(init=False)

    def __post_init__(self, tidy: type[TidyReader]) -> None:
        day = parse.day_parser(self.form)
        self._amount = parse.amount_parser(self.form)
        self._whole = _plan(
            _WHOLE,
            {
                "seller": parse.seller,
                **dict.fromkeys(("reference", "credits_number"), parse.text),
                **dict.fromkeys(("number", "customer_id"), parse.identity),
                **dict.fromkeys(("issued_on", "due_on"), day),
                "kind": parse.kind_parser(self.form.kinds),
                "stated_on": parse.maybe(day),
                "currency": parse.currency,
            },
        )
        self._line = _plan(
            LINE_FIELDS,
            {
                **dict.fromkeys(("description", "vendor_invoice", "subscription_id"), parse.text),
                **dict.fromkeys(("service_from", "service_until"), parse.maybe(day)),
                "tax_rate": parse.rate_parser(self.form),
            },
        )
        self._tidy = tidy(form=self.form, seller=self.seller, whole=self._whole, line=self._line)

    def identity(self, row: Row) -> tuple[str, str]:
        """Seller and number: rows side by side that share them are one receivable."""
        return row[1][0].strip() or self.seller, row[1][_NUMBER].strip()

    def take_all(self, items: Sequence[Row | Finding]) -> None:
        """Read receivables, each of which is there with all its rows, and the findings between them."""
        rows = [item for item in items if not isinstance(item, Finding)]
        if len(rows) == len(items) and self._take_tidy(rows):
            return
        group: list[Row] = []
        for item in items:
            if isinstance(item, Finding):
                self.findings.append(item)
                continue
            if group and self.identity(item) != self.identity(group[0]):
                self.take(group)
                group = []
            group.append(item)
        if group:
            self.take(group)

    def _take_tidy(self, rows: Sequence[Row]) -> bool:
        """Read them column by column; False, and nothing is taken, where anything is in doubt."""
        tidy = self._tidy.read([texts for _, texts in rows])
        if tidy is None or not self.seen.keys().isdisjoint(tidy.ids):
            return False
        self._close_tables()
        self.tables.append((tidy.receivables, tidy.lines, tidy.stated_open))
        self.seen.update((each, rows[begin][0]) for each, begin in zip(tidy.ids, tidy.begins, strict=True))
        self.lines_read += len(rows)
        return True

    def _close_tables(self) -> None:
        """What was read one by one as tables: order is the file's."""
        if self.receivables:
            parts = (self.receivables, RECEIVABLE), (self.lines, RECEIVABLE_LINE), (self.stated, STATED_OPEN)
            self.tables.append(tuple(_table(rows, schema) for rows, schema in parts))
            for rows, _ in parts:
                rows.clear()

    def take(self, rows: Sequence[Row]) -> None:
        """Read one receivable from its rows into the batch, or report why not."""
        self.lines_read += len(rows)
        seller, number = self.identity(rows[0])
        receivable_id = f"{seller}/{number}"
        try:
            self._refuse_repeated(receivable_id, number, rows)
            whole = self._parse(rows[0], self._whole, receivable_id)
            lines = [self._read_line(row, whole, receivable_id, only=len(rows) == 1) for row in rows]
            self._check(rows[0][0], receivable_id, whole, lines)
        except _Bad:
            return
        self._add(receivable_id, seller, whole, lines)

    def batch(self) -> ReceivableBatch:
        """What was taken since the last batch."""
        self._close_tables()
        empty = tuple(schema.empty_table() for schema in (RECEIVABLE, RECEIVABLE_LINE, STATED_OPEN))
        receivables, lines, stated = (
            pa.concat_tables(parts).combine_chunks() for parts in zip(empty, *self.tables, strict=True)
        )
        findings = tuple(self.findings)
        self.tables.clear()
        self.findings.clear()
        self.lines_read = 0
        return ReceivableBatch(receivables=receivables, lines=lines, stated_open=stated, findings=findings)

    def _refuse_repeated(self, receivable_id: str, number: str, rows: Sequence[Row]) -> None:
        line, first = rows[0]
        if number and receivable_id in self.seen:
            found = f"number {number} stands on line {self.seen[receivable_id]} already"
            remedy = "Put all rows of one receivable side by side, and give each receivable a number of its own"
            raise self._bad(
                line, receivable_id, Broken(code="receivable.number_twice", field="number", found=found, remedy=remedy)
            )
        self.seen[receivable_id] = line
        for line, row in rows[1:]:
            other = [name for name, a, b in zip(_WHOLE, first, row, strict=False) if a != b]
            if other:
                found = f"{', '.join(other)} differ from the receivable's first row, line {rows[0][0]}"
                remedy = "Repeat what is true of the whole receivable on each of its rows"
                raise self._bad(
                    line,
                    receivable_id,
                    Broken(code="receivable.rows_disagree", field=other[0], found=found, remedy=remedy),
                )

    def _parse(self, row: Row, plan: Plan, receivable_id: str) -> dict[str, Any]:
        """The plan's fields as values; an amount, which needs the currency, has no parser of its own."""
        line, texts = row
        values, bad = {}, None
        code = texts[_CURRENCY].strip()
        for index, name, parser in plan:
            text = texts[index]
            try:
                if parser is not None:
                    values[name] = parser(text)
                elif name in _NEEDED_AMOUNTS or text.strip():
                    values[name] = self._signed(texts, self._amount(text, code))
                else:
                    values[name] = None
            except parse.BadField as error:
                broken = Broken(code="receivable.bad_field", field=name, found=error.found, remedy=error.remedy)
                bad = self._bad(line, receivable_id, broken)
            except UnknownCurrency:  # the currency's own finding says so
                continue
        if bad:
            raise bad
        return values

    def _signed(self, texts: Sequence[str], amount: int) -> int:
        """Exports that write credit notes as negative amounts are turned; ours are positive, the kind says which."""
        if not self.form.credit_amounts_negative:
            return amount
        kind = self.form.kinds.get(texts[_WHOLE.index("kind")].strip(), texts[_WHOLE.index("kind")].strip())
        return -amount if kind == "credit_note" else amount

    def _read_line(self, row: Row, whole: dict[str, Any], receivable_id: str, *, only: bool) -> Line:
        values = self._parse(row, self._line, receivable_id)
        net, tax = values.pop("line_net"), values.pop("line_tax")
        if net is None and tax is None and only:
            net, tax = whole["net"], whole["tax"]  # a receivable without lines is its own one line
        if net is None or tax is None:
            field_name = "line_net" if net is None else "line_tax"
            remedy = "Fill it: 0 where there is none; only a receivable of one row may leave both empty"
            raise self._bad(
                row[0],
                receivable_id,
                Broken(code="receivable.bad_field", field=field_name, found="empty", remedy=remedy),
            )
        return Line(net=net, tax=tax, **values)

    def _check(self, line: int, receivable_id: str, whole: dict[str, Any], lines: Sequence[Line]) -> None:
        if (whole["open"] is None) != (whole["stated_on"] is None):
            name = "open" if whole["open"] is None else "stated_on"
            remedy = "Fill both open and stated_on (the day it speaks for), or neither"
            raise self._bad(
                line, receivable_id, Broken(code="receivable.bad_field", field=name, found="empty", remedy=remedy)
            )
        amounts = {name: whole[name] for name in ("currency", "net", "tax", "gross", "issued_on")}
        bad = None
        for broken in broken_rules(lines=lines, **amounts):
            bad = self._bad(line, receivable_id, broken)
        if bad:
            raise bad

    def _add(self, receivable_id: str, seller: str, whole: dict[str, Any], lines: Sequence[Line]) -> None:
        kept = (whole[name] for name in HEADER_FIELDS[:6])
        amounts = (whole["gross"], whole["net"], whole["tax"])
        self.receivables.append((receivable_id, seller, *kept, *amounts, whole["reference"], whole["credits_number"]))
        for line_no, line in enumerate(lines, start=1):
            self.lines.append((receivable_id, line_no, *_line_values(line)))
        if whole["open"] is not None:
            self.stated.append((receivable_id, whole["stated_on"], whole["open"]))

    def _bad(self, line: int, receivable_id: str, broken: Broken) -> _Bad:
        finding = Finding(
            code=broken.code,
            severity=Severity.REFUSED,
            found=broken.found,
            remedy=broken.remedy,
            source=self.source,
            line=line,
            field=self.form.column_of(broken.field),
            subject=receivable_id,
        )
        self.findings.append(finding)
        return _Bad()


def _plan(names: Sequence[str], parsers: Mapping[str, parse.Parser]) -> Plan:
    return tuple((_FIELDS.index(name), name, parsers.get(name)) for name in names)


def _line_values(line: Line) -> tuple[str, int, str, int, str, str, date | None, date | None]:
    return (
        line.description,
        line.net,
        line.tax_rate,
        line.tax,
        line.vendor_invoice,
        line.subscription_id,
        line.service_from,
        line.service_until,
    )


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
