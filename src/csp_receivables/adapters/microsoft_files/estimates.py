"""Estimates as a CSV for people: whatever Microsoft tells of what is not billed yet, each line marked as that.

Its lines name no invoice, so every import of charges refuses the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from csp_receivables.adapters.microsoft_files.download_record import Part
from csp_receivables.adapters.microsoft_files.json_as_csv import cell, lines_of, object_of
from csp_receivables.adapters.outside_text import no_formula
from csp_receivables.domain.money import NotMoney, parse_decimal

MARK = "Estimate"  # the first column


def write_estimate(parts: Sequence[Path], into: Path, mark: str) -> int:
    """Write the lines of an export's parts to the CSV `into`, whole or not at all; how many. Raises FileRefused."""
    names = list(dict.fromkeys(name for line in _objects(into, parts) for name in line))
    half, count = into.with_name(f"{into.name}.part"), 0
    with half.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([MARK, *names])
        for line in _objects(into, parts):
            writer.writerow([mark, *(_shown(cell(line.get(name), is_number=True)) for name in names)])
            count += 1
    half.replace(into)
    return count


def _shown(text: str) -> str:
    """A negative number is no formula."""
    try:
        parse_decimal(text)
    except NotMoney:
        return no_formula(text)
    return text


def _objects(into: Path, parts: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for line in lines_of(into, [Part(path=part) for part in parts]):
        if (value := object_of(line)) is not None:
            yield value
