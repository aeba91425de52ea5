"""Charge lines of an invoice: from rows, a CSV file or ready blobs, and how they become gzip JSON lines.

Lines are streamed: nothing here holds a month in memory.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

Line = Mapping[str, Any]
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
# fmt: off
NUMBERS = frozenset((
    "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "EffectiveUnitPrice", "BillableQuantity",
    "PCToBCExchangeRate", "BillingPreTaxTotal", "PricingPreTaxTotal",
))
_BASIC_USAGE = frozenset((
    "AdditionalInfo", "BenefitOrderId", "BenefitType", "BillingCurrency", "BillingPreTaxTotal", "ChargeEndDate",
    "ChargeStartDate", "ChargeType", "CreditPercentage", "CreditType", "CustomerId", "CustomerName",
    "EffectiveUnitPrice", "EntitlementId", "InvoiceNumber", "PartnerId", "PartnerName", "PCToBCExchangeRate",
    "PricingCurrency", "PricingPreTaxTotal", "ProductId", "PublisherName", "Quantity", "ResourceURI", "SkuId",
    "SkuName", "SubscriptionId", "UnitPrice", "UnitType", "UsageDate",
))
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """The lines of one invoice. Exactly one of `rows`, `csv_file` and `ready_blobs` holds them.

    `generation` counts how often Microsoft generated the same lines again under another eTag, `revision` how often
    other lines; `moved` is by how much the first line's total differs from what it was at first.
    """

    rows: tuple[Line, ...] = ()
    csv_file: Path | None = None
    ready_blobs: tuple[Path, ...] = ()
    generation: int = 0
    revision: int = 0
    moved: Decimal = Decimal(0)
    blank: tuple[str, ...] = ()  # columns shown empty

    def lines(self) -> Iterator[Line]:
        """Every line, keys as in the reconciliation file; values as text or JSON values."""
        for place, line in enumerate(self._as_delivered()):
            shown = {**line, **dict.fromkeys(self.blank, "")} if self.blank else line
            yield self._generated_again(shown) if self.revision and place == 0 else shown

    def again(self, moved: Decimal = Decimal(0)) -> Charges:
        """Generated once more: other bytes, and a total that differs by `moved`."""
        return replace(self, revision=self.revision + 1, moved=self.moved + moved)

    def the_same_again(self) -> Charges:
        """Generated once more: the same lines, another eTag."""
        return replace(self, generation=self.generation + 1)

    def etag(self) -> str:
        """Of this version of the data."""
        digest = hashlib.sha256(f"{self.generation} {self.revision} {self.moved} {self.blank}".encode())
        for path in filter(None, (self.csv_file, *self.ready_blobs)):
            digest.update(_digest(path, path.stat().st_mtime_ns))
        for row in self.rows:
            digest.update(json.dumps(row, default=str).encode())
        return digest.hexdigest()[:17]

    def _as_delivered(self) -> Iterator[Line]:
        if self.csv_file is not None:
            with _opened(self.csv_file) as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                yield from csv.DictReader(text)
        for path in self.ready_blobs:
            with gzip.open(path, "rt", encoding="utf-8") as text:
                yield from map(json.loads, text)
        yield from self.rows

    def _generated_again(self, line: Line) -> Line:
        again = {**line, "PriceAdjustmentDescription": f'["Generated again {self.revision}"]'}
        for name in ("Subtotal", "Total", "BillingPreTaxTotal", "PricingPreTaxTotal"):
            if name in line and self.moved:
                again[name] = str(Decimal(str(line[name] or 0)) + self.moved)
        return again


def write_blobs(charges: Charges, folder: Path, *, basic: bool, per_blob: int, as_text: bool) -> tuple[Path, ...]:
    """Write the lines into `folder` as blobs of `per_blob` lines, or give the ready ones. Written once a version."""
    if charges.ready_blobs and not charges.revision:
        return charges.ready_blobs
    whole = folder / "whole"
    if not whole.exists():
        folder.mkdir(parents=True, exist_ok=True)
        lines, number = (json_line(line, basic=basic, as_text=as_text) for line in charges.lines()), 0
        while batch := next(lines, None):
            guid = uuid.uuid5(uuid.NAMESPACE_URL, f"{folder.parent.name}/{folder.name}/{number}")
            path = folder / f"part-{number:05d}-{guid}.c000.json.gz"
            with path.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
                packed.write(batch)
                for line in islice(lines, per_blob - 1):
                    packed.write(line)
            number += 1
        whole.touch()
    return tuple(sorted(folder.glob("*.gz")))


def json_line(line: Line, *, basic: bool, as_text: bool) -> bytes:
    """One line of a blob: numbers exactly as in the file, as JSON numbers or as text; empty cells are null."""
    parts = [f"{json.dumps(name)}: {_value(name, value, as_text=as_text)}" for name, value in line.items()
             if not basic or name in _BASIC_USAGE]  # fmt: skip
    return ("{" + ", ".join(parts) + "}\n").encode()


def rest_value(name: str, value: Any) -> Any:
    """The cell as Partner Center's v1 shows it: numbers where they are exact, text otherwise."""
    if name in NUMBERS and isinstance(value, str) and (number := _number(value)):
        return json.loads(number)
    return "" if value is None else value


@lru_cache(maxsize=4096)
def _digest(path: Path, _changed: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _value(name: str, value: Any, *, as_text: bool) -> str:
    if name in NUMBERS and not as_text and (number := _number(str(value if value is not None else ""))):
        return number
    if value is None or value == "":
        return "null"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(str(value)) if as_text and name in NUMBERS else json.dumps(value, ensure_ascii=False)


def _number(text: str) -> str:
    """The text as a JSON number; empty when it is none."""
    if _JSON_NUMBER.fullmatch(text):
        return text
    try:
        number = Decimal(text.strip().removeprefix("'"))
    except InvalidOperation:
        return ""
    return f"{number}" if number.is_finite() else ""


def of_rows(rows: Sequence[Line]) -> Charges:
    """Charges held in memory, for small months."""
    return Charges(rows=tuple(rows))
