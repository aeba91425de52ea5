"""Made-up exports in JSON lines for tests: the rows of `recon_files` with numbers as JSON writes them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from csp_receivables.adapters.microsoft_files.download_record import Part, write_record
from tests.adapters.microsoft_files.recon_files import HEADER, row

NUMBERS = ("UnitPrice", "EffectiveUnitPrice", "Quantity", "BillableQuantity", "Subtotal", "TaxTotal", "Total")


def line(**values: Any) -> dict[str, Any]:
    """One charge as Graph writes it: every attribute, null where there is nothing, numbers as numbers."""
    usual = {name: (float(cell) if name in NUMBERS and cell else cell or None) for name, cell in row().items()}
    return {**dict.fromkeys(HEADER), **usual, **values}


def text(lines: Sequence[Mapping[str, Any] | str]) -> bytes:
    """JSON lines; a text among them is written as it is."""
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines).encode()


def write(folder: Path, lines: Sequence[Mapping[str, Any] | str], name: str = "export.json.gz") -> Path:
    """The lines as one file."""
    path = folder / name
    path.write_bytes(gzip.compress(text(lines)) if name.endswith(".gz") else text(lines))
    return path


def download(folder: Path, *parts: Sequence[Mapping[str, Any] | str], invoice_id: str = "G000000001") -> Path:
    """The lines as a download of several parts; returns its record."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, lines in enumerate(parts):
        path = write(folder, lines, f"part-{number:05}.c000.json.gz")
        content = path.read_bytes()
        written.append(Part(path=path, bytes=len(content), digest=hashlib.sha256(content).hexdigest()))
    record = folder / f"{invoice_id}.download.json"
    write_record(record, invoice_id=invoice_id, parts=written)
    return record
