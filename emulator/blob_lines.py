"""Charge lines as Microsoft's blobs have them: gzip JSON lines, with every number exactly as in the file."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from emulator.charges import Charges, Line

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
_LINES_AT_ONCE = 500  # what is handed to gzip in one piece
_WRITING = Lock()  # two exports of the same data come to the same files


def write_blobs(charges: Charges, folder: Path, *, basic: bool, per_blob: int, as_text: bool) -> tuple[Path, ...]:
    """Write the lines into `folder` as blobs of `per_blob` lines, or give the ready ones. Written once and whole."""
    if charges.ready_blobs and not charges.revision:
        return charges.ready_blobs
    with _WRITING:
        if not folder.exists():
            begun = folder.with_suffix(".part")
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir(parents=True)
            lines = (json_line(line, basic=basic, as_text=as_text) for line in charges.lines())
            _write(lines, begun, f"{folder.parent.name}/{folder.name}", per_blob)
            begun.rename(folder)
    return tuple(sorted(folder.glob("*.gz")))


def _write(lines: Iterator[str], folder: Path, named_after: str, per_blob: int) -> None:
    number = 0
    while first := next(lines, None):
        guid = uuid.uuid5(uuid.NAMESPACE_URL, f"{named_after}/{number}")
        path = folder / f"part-{number:05d}-{guid}.c000.json.gz"
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
            packed.write(first.encode())
            blob = islice(lines, per_blob - 1)
            while piece := "".join(islice(blob, _LINES_AT_ONCE)):
                packed.write(piece.encode())
        number += 1


def json_line(line: Line, *, basic: bool, as_text: bool) -> str:
    """One line of a blob: numbers as JSON numbers or as text; empty cells are null."""
    form = _form(tuple(line), basic=basic, as_text=as_text)
    return form.template % tuple([written(line[name]) for name, written in form.cells])


def rest_value(name: str, value: Any) -> Any:
    """The cell as Partner Center's v1 shows it: numbers where they are exact, text otherwise."""
    if name in NUMBERS and isinstance(value, str) and (number := _number(value)):
        return json.loads(number)
    return "" if value is None else value


@dataclass(frozen=True, slots=True)
class _Form:
    """How lines of the same names are written: a template, and what writes each cell."""

    template: str
    cells: tuple[tuple[str, Callable[[Any], str]], ...]


@lru_cache(maxsize=64)
def _form(names: tuple[str, ...], *, basic: bool, as_text: bool) -> _Form:
    kept = [name for name in names if not basic or name in _BASIC_USAGE]
    number = _as_text if as_text else _as_number
    template = ", ".join(json.dumps(name).replace("%", "%%") + ": %s" for name in kept)
    cells = tuple((name, number if name in NUMBERS else _cell) for name in kept)
    return _Form("{" + template + "}\n", cells)


def _as_number(value: Any) -> str:
    return _number(value) or _cell(value) if isinstance(value, str) else _cell(value)


def _as_text(value: Any) -> str:
    return _cell(value) if value is None else _cell(str(value))


def _cell(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=100_000)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else "null"


@lru_cache(maxsize=100_000)
def _number(text: str) -> str:
    """The text as a JSON number; empty when it is none."""
    if _JSON_NUMBER.fullmatch(text):
        return text
    try:
        number = Decimal(text.strip().removeprefix("'"))
    except InvalidOperation:
        return ""
    return f"{number}" if number.is_finite() else ""
