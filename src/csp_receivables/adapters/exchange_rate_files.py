"""Files of exchange rates: the European Central Bank's table (`Date, USD, JPY, …`), or rows of our own columns.

Source of the table: the ECB's page "Euro foreign exchange reference rates", which gives units of each currency for one
euro with a decimal point, as CSV in a ZIP archive; its form as published copies of both files have it:

    eurofxref.csv (the day)    Date, USD, JPY, …, ZAR,⏎25 November 2024, 1.0495, 161.64, …,⏎    blanks behind commas
    eurofxref-hist.csv         Date,USD,JPY,BGN,CYP,…,ZAR,⏎2019-04-10,1.1279,125.38,1.9558,N/A,…,⏎    newest day first

Both end their lines in a comma, newer copies do not; "N/A" where no rate was set, also for currencies that are no more.
"""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from csp_receivables.domain.accounting import AccountingFile, FileRefused, Purpose, RateBatch
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.exchange import RATE_DIGITS
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, parse_decimal
from csp_receivables.domain.records import EXCHANGE_RATE

COLUMNS = tuple(EXCHANGE_RATE.names)
ROWS_PER_BATCH = 1_000  # a row of the ECB's history has some forty rates
RATE_MAX = Decimal(10) ** 9  # no currency is worth that many of another
_NONE = frozenset({"", "N/A"})
Judged = tuple[list[dict[str, object]], list[Finding]]


@dataclass(frozen=True, slots=True)
class RateFiles:
    """Implements ports.RateReader."""

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return AccountingFile(name=path.name, digest=digest, size=file.tell())

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what its header says it is. Raises FileRefused for what is no file of rates."""
        form = "ECB" if _reader_of(path)[0] is _ecb else "canonical"
        return replace(file, purpose=Purpose.RATES, form=form)

    def rates(self, path: Path) -> Iterator[RateBatch]:
        """The rates in batches; a bad one is a finding. Raises FileRefused."""
        judge, header = _reader_of(path)
        rows: list[dict[str, object]] = []
        findings: list[Finding] = []
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for number, fields in enumerate(reader, 1):
                if any(field.strip() for field in fields):
                    read, bad = judge(header, [field.strip() for field in fields], (path.name, reader.line_num))
                    rows += read
                    findings += bad
                if number % ROWS_PER_BATCH == 0:
                    yield _batch(rows, findings)
                    rows, findings = [], []
        yield _batch(rows, findings)


def _batch(rows: list[dict[str, object]], findings: list[Finding]) -> RateBatch:
    return RateBatch(rates=pa.Table.from_pylist(rows, schema=EXCHANGE_RATE), findings=tuple(findings))


def _reader_of(path: Path) -> tuple[Callable[[list[str], list[str], tuple[str, int]], Judged], list[str]]:
    """What judges the file's rows, and its header. Raises FileRefused."""
    if zipfile.is_zipfile(path):
        raise _no_rates(path, "this is a ZIP archive, as the ECB gives its CSV", "Unpack it first. ")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = [name.strip() for name in next(csv.reader(file), [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_rates(path, f"this is no CSV text: {error}") from None
    if set(COLUMNS) <= {name.lower() for name in header}:
        return _canonical, [name.lower() for name in header]
    if header[:1] == ["Date"] and any(name in exponents() for name in header[1:]):
        return _ecb, header
    raise _no_rates(path, f"the header is {', '.join(header[:8])!r}")


def _no_rates(path: Path, found: str, first: str = "") -> FileRefused:
    remedy = f"{first}Give the ECB's CSV (Date, USD, JPY, …) or the columns {', '.join(COLUMNS)}"
    return FileRefused(
        Finding(code="rates.wrong_kind", severity=Severity.REFUSED, found=found, remedy=remedy, source=path.name)
    )


def _canonical(header: list[str], fields: list[str], place: tuple[str, int]) -> Judged:
    row = dict(zip(header, fields, strict=False))
    source, base, quote = row.get("source", ""), row.get("base", "").upper(), row.get("quote", "").upper()
    rated_on = _day(row.get("rated_on", ""))
    if not source:
        return [], [_bad(place, "source", "the source is empty", "name who published the rate, such as ECB")]
    if rated_on is None:
        return [], [_bad(place, "rated_on", f"{row.get('rated_on', '')!r} is no day", "write days as 2026-11-01")]
    return _rate(source, rated_on, (base, quote), row.get("rate", ""), place)


def _ecb(header: list[str], fields: list[str], place: tuple[str, int]) -> Judged:
    rated_on = _day(fields[0])
    if rated_on is None:
        return [], [_bad(place, "Date", f"{fields[0]!r} is no day", "fetch the table again")]
    rows: list[dict[str, object]] = []
    findings: list[Finding] = []
    for quote, text in zip(header[1:], fields[1:], strict=False):
        if quote and text not in _NONE and quote in exponents():  # the history has currencies that are no more
            read, bad = _rate("ECB", rated_on, ("EUR", quote), text, place)
            rows += read
            findings += bad
    return rows, findings


def _rate(source: str, rated_on: date, pair: tuple[str, str], text: str, place: tuple[str, int]) -> Judged:
    unknown = [currency for currency in pair if currency not in exponents()]
    if unknown or pair[0] == pair[1]:
        found = f"{unknown[0]!r} is no currency" if unknown else f"base and quote are both {pair[0]}"
        return [], [_bad(place, "quote", found, "write two ISO 4217 codes")]
    try:
        rate = parse_decimal(text)
    except NotMoney:
        rate = Decimal(0)
    exact = rate.is_finite() and rate == rate.quantize(Decimal(1).scaleb(-RATE_DIGITS))
    if not 0 < rate < RATE_MAX or not exact:
        remedy = f"write how many {pair[1]} one {pair[0]} is, with up to {RATE_DIGITS} decimals"
        return [], [_bad(place, "rate", f"{text!r} is no rate of {pair[0]} in {pair[1]}", remedy)]
    row = {"source": source, "rated_on": rated_on, "base": pair[0], "quote": pair[1], "rate": f"{rate:f}"}
    return [row], []


def _day(text: str) -> date | None:
    """2026-11-20, or 20 November 2026 as in the ECB's daily file; None for what is neither."""
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _bad(place: tuple[str, int], field: str, found: str, remedy: str) -> Finding:
    return Finding(
        code="rates.bad_rate",
        severity=Severity.REFUSED,
        found=found,
        remedy=remedy,
        source=place[0],
        line=place[1],
        field=field,
    )
