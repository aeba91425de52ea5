"""MT940 of 100,000 entries: our reader against one regular-expression pass over the same file.

    python -m bench.mt940

The floor finds every field and every sub-field of the text and hands it to Python: what any reader must pay. Modules
are imported before the clock starts, for both.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.measure import Budget, measure_pair, report
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.domain.statements import Statement

ENTRIES = 100_000
ACCOUNT = "DE89370400440532013000"
_WIDTH = 65
_PURPOSE_WIDTH = 27


def write_statement(path: str, entries: int = ENTRIES) -> int:
    """A made-up statement as German banks write it, that proves; returns its bytes."""
    total = sum(_minor(number) for number in range(1, entries + 1))
    first = date(2026, 10, 1)
    with Path(path).open("w", encoding="iso-8859-1", newline="") as file:
        file.write(f":20:BENCH\r\n:25:{ACCOUNT}\r\n:28C:1/1\r\n:60F:C260930EUR0,00\r\n")
        for number in range(1, entries + 1):
            file.write(_entry(number, first + timedelta(days=number * 30 // (entries + 1))))
        file.write(f":62F:C261031EUR{_text(total)}\r\n-\r\n")
    return Path(path).stat().st_size


def regex_pass(path: str) -> int:
    """The floor: one pattern over the whole file, each field, entry line and sub-field given to Python."""
    pattern = re.compile(
        r"^:61:(\d{6})(\d{4})?(R?[CD])([A-Z])?(\d+,\d*)([A-Z][A-Z0-9 ]{3})(.*?)(?://(.*?))?\r?$"
        r"|^:(\d\d[A-Z]?):(?:(\d{3})\?00)?([^?\r\n]*)|\?(\d\d)([^?]*?(?=\?|\r?\n:))",
        re.MULTILINE,
    )
    text = Path(path).read_text(encoding="iso-8859-1")
    return sum(bool(match.groups()) for match in pattern.finditer(text))


def our_reader(path: str) -> dict[str, Any]:
    """The whole reader: statements, Arrow lines, findings."""
    lines, reconciles = 0, []
    with Path(path).open("rb") as file:
        for part in Mt940Reader().read(file, source="bench.sta", digest="0" * 64):
            if isinstance(part, pa.RecordBatch):
                lines += part.num_rows
            elif isinstance(part, Statement):
                reconciles.append(part.reconciles)
    return {"lines": lines, "reconciles": reconciles}


def main() -> bool:
    """Measure both, print, and tell whether the reader keeps its budget."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.sta")
        size = write_statement(path)
        floor, ours = measure_pair(("bench.mt940:regex_pass", path), ("bench.mt940:our_reader", path), rounds=6)
        assert ours.returned == {"lines": ENTRIES, "reconciles": [True]}, ours.returned
        return report("mt940", floor, ours, Budget(ratio=3.0, peak_mb=250), entries=ENTRIES, bytes=size)


def _entry(number: int, day: date) -> str:
    """`:61:` and `:86:`, the text cut into sub-fields of 27 and lines of 65 characters."""
    customer = number % 20_000
    purpose = f"SVWZ+Rechnung {number:08d} vom 01.09.2026 Kunde {customer} Danke"
    parts = [f"EREF+E2E-{number:012d}", *_cut(purpose, _PURPOSE_WIDTH)]
    text = "166?00GUTSCHRIFT?109310" + "".join(f"?{20 + place}{part}" for place, part in enumerate(parts))
    text += f"?30COBADEFFXXX?31DE44500105175{customer:011d}?32Erfundener Kunde {customer} GmbH?34000"
    lines = "\r\n".join(_cut(text, _WIDTH))
    return f":61:{day:%y%m%d%m%d}C{_text(_minor(number))}NTRFNONREF//BENCH{number:011d}\r\n:86:{lines}\r\n"


def _cut(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


def _minor(number: int) -> int:
    return 10_000 + number * 37 % 1_000_003


def _text(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
