"""Receivables of which nothing is in doubt, read column by column: several times as fast as one by one.

What `receivables` would refuse, and what only it can read (thousands marks, exponents, amounts of twelve digits), is a
doubt about all the rows that were given: it then reads them one by one, and reports what is wrong with which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.adapters.accounting_files.fields import BadField, Parser
from csp_receivables.adapters.accounting_files.forms import Form
from csp_receivables.domain.accounting import HEADER_FIELDS
from csp_receivables.domain.currencies import exponent
from csp_receivables.domain.records import RECEIVABLE, RECEIVABLE_LINE, STATED_OPEN

ROWS_MAX = 5_000
_DECIMALS = 4  # the most that a currency has
_WHOLE_DIGITS = 11  # with _DECIMALS and ROWS_MAX no sum leaves int64

Plan = tuple[tuple[int, str, Parser | None], ...]  # place in the row, field, its parser (None: an amount)
Columns = Mapping[str, Sequence[Any]]
Units = npt.NDArray[np.int64]


class _Doubt(Exception):
    """Something must be looked at row by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """Receivables as tables; `begins` is the place of each among the rows."""

    ids: list[str]
    begins: list[int]
    receivables: pa.Table  # RECEIVABLE
    lines: pa.Table  # RECEIVABLE_LINE
    stated_open: pa.Table  # STATED_OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyReader:
    """Reads rows whose first values say what is true of a receivable (`whole`), and the others what its `line` says."""

    form: Form
    seller: str
    whole: Plan
    line: Plan

    def read(self, rows: Sequence[Sequence[str]]) -> Tidy | None:
        """The receivables of `rows`, each with all its rows; None where anything is in doubt."""
        if not 0 < len(rows) <= ROWS_MAX:
            return None
        try:
            return self._read(rows)
        except (_Doubt, BadField, pa.ArrowInvalid):
            return None

    def _read(self, rows: Sequence[Sequence[str]]) -> Tidy:
        width = len(self.whole)
        heads = [row[:width] for row in rows]
        begins = [place for place, head in enumerate(heads) if not place or head != heads[place - 1]]
        counts = np.diff([*begins, len(rows)])
        whole = self._values(self.whole, [heads[place] for place in begins])
        line = self._values(self.line, [row[width:] for row in rows])
        amounts = _Amounts.of(self.form, whole["currency"], whole["kind"])
        net, tax, gross = (amounts.needed(whole[name]) for name in ("net", "tax", "gross"))
        of_lines = amounts.repeated(counts)
        lone = np.repeat(counts == 1, counts)
        line_net, line_tax = _line_amounts(of_lines, line, lone, np.repeat(net, counts), np.repeat(tax, counts))
        _refuse(gross < 0, net + tax != gross)
        _refuse(np.add.reduceat(line_net, begins) != net, np.add.reduceat(line_tax, begins) != tax)
        _refuse([a and b and b < a for a, b in zip(line["service_from"], line["service_until"], strict=True)])
        sellers = [seller or self.seller for seller in whole["seller"]]
        ids = [f"{seller}/{number}" for seller, number in zip(sellers, whole["number"], strict=True)]
        _refuse([len(set(ids)) < len(ids)])  # the same number twice, or rows of one that disagree
        numbers = np.arange(1, len(rows) + 1) - np.repeat(begins, counts)
        kept = (whole[name] for name in HEADER_FIELDS[:6])
        texts = (whole[name] for name in ("reference", "credits_number"))
        more = (line[name] for name in ("vendor_invoice", "subscription_id", "service_from", "service_until"))
        repeated = np.repeat(np.array(ids, dtype=object), counts)
        return Tidy(
            ids=ids,
            begins=begins,
            receivables=_table(RECEIVABLE, ids, sellers, *kept, gross, net, tax, *texts),
            lines=_table(
                RECEIVABLE_LINE, repeated, numbers, line["description"], line_net, line["tax_rate"], line_tax, *more
            ),
            stated_open=_stated_open(ids, whole["stated_on"], *amounts.given(whole["open"])),
        )

    def _values(self, plan: Plan, rows: Sequence[Sequence[str]]) -> Columns:
        """Values by field; amounts, which need the currency, are texts without blanks around them."""
        return {
            name: _by_value(parser or str.strip, column)
            for (_, name, parser), column in zip(plan, zip(*rows, strict=True), strict=True)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amounts:
    """Texts as signed minor units, each in the currency of its place."""

    mark: str
    pattern: str
    factors: Units  # ten-thousandths in a minor unit
    signs: Units

    @classmethod
    def of(cls, form: Form, currencies: Sequence[str], kinds: Sequence[str]) -> _Amounts:
        turned = form.credit_amounts_negative
        return cls(
            mark=form.decimal_mark,
            pattern=rf"^-?[0-9]{{1,{_WHOLE_DIGITS}}}({re.escape(form.decimal_mark)}[0-9]{{1,{_DECIMALS}}})?$",
            factors=np.array(_by_value(_factor, currencies)),
            signs=np.array([-1 if turned and kind == "credit_note" else 1 for kind in kinds]),
        )

    def repeated(self, counts: Units) -> _Amounts:
        """The same for the lines of each place."""
        factors, signs = np.repeat(self.factors, counts), np.repeat(self.signs, counts)
        return _Amounts(mark=self.mark, pattern=self.pattern, factors=factors, signs=signs)

    def needed(self, texts: Sequence[str]) -> Units:
        column = pa.array(texts, pa.string())
        _refuse([not pc.all(pc.match_substring_regex(column, self.pattern)).as_py()])
        if self.mark != ".":
            column = pc.replace_substring(column, self.mark, ".")
        exact = column.cast(pa.decimal128(_WHOLE_DIGITS + _DECIMALS, _DECIMALS))
        # Made here: with its first value Arrow imports pandas, which most commands never need.
        ten_thousand = pa.scalar(Decimal(10**_DECIMALS))
        parts = pc.multiply(exact, ten_thousand).cast(pa.int64()).to_numpy()
        minor, rest = np.divmod(parts, self.factors)
        _refuse(rest != 0)  # more decimals than the currency knows
        return minor * self.signs

    def given(self, texts: Sequence[str]) -> tuple[Units, npt.NDArray[np.bool_]]:
        """Amounts, 0 where the text is empty, and where it is not."""
        return self.needed([text or "0" for text in texts]), np.array([text != "" for text in texts])


def _line_amounts(amounts: _Amounts, line: Columns, lone: Any, net: Units, tax: Units) -> tuple[Units, Units]:
    """Net and tax of each line; a receivable of one row may leave both empty: it is its own one line."""
    line_net, has_net = amounts.given(line["line_net"])
    line_tax, has_tax = amounts.given(line["line_tax"])
    _refuse(has_net != has_tax, ~has_net & ~lone)
    return np.where(has_net, line_net, net), np.where(has_tax, line_tax, tax)


def _stated_open(ids: Sequence[str], days: Sequence[Any], amounts: Units, is_stated: Any) -> pa.Table:
    _refuse([(day is not None) != stated for day, stated in zip(days, is_stated, strict=True)])
    places = np.flatnonzero(is_stated).tolist()
    return _table(STATED_OPEN, [ids[place] for place in places], [days[place] for place in places], amounts[places])


def _by_value(parser: Any, texts: Sequence[str]) -> list[Any]:
    """Each text parsed, the same text once: most columns have few. Raises BadField."""
    known = {text: parser(text) for text in set(texts)}
    return [known[text] for text in texts]


def _factor(currency: str) -> int:
    missing = _DECIMALS - exponent(currency)
    _refuse([missing < 0])
    return int(10**missing)


def _refuse(*doubts: Any) -> None:
    """Raises _Doubt where any of the truths is one."""
    if any(np.any(doubt) for doubt in doubts):
        raise _Doubt


def _table(schema: pa.Schema, *columns: Any) -> pa.Table:
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
