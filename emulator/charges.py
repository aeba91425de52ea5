"""Charge lines of an invoice: from rows, a CSV file or ready blobs. Streamed: a month's file is never held."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

Line = Mapping[str, Any]


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


def of_rows(rows: Sequence[Line]) -> Charges:
    """Charges held in memory, for small months."""
    return Charges(rows=tuple(rows))


@lru_cache(maxsize=4096)
def _digest(path: Path, _changed: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
