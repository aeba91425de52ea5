"""Made-up MT940 statements for tests: what a bank would write of given entries, and what our reader makes of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from csp_receivables.adapters.bank_files import reader_of
from csp_receivables.adapters.bank_files.mt940 import Mt940Reader
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.statements import Statement

Read = tuple[list[Statement], list[dict[str, Any]], list[Finding]]

ACCOUNT = "DE89370400440532013000"


def entry(amount: str, mark: str = "C", *, ref: str = "", day: str = "2610151015", text: str = "Danke") -> str:
    """`:61:` and `:86:` of one entry; `amount` with a decimal comma."""
    bank_ref = f"//{ref}" if ref else ""
    return f":61:{day}{mark}{amount}NTRFNONREF{bank_ref}\r\n:86:{text}\r\n"


def mt940(
    entries: Sequence[str],
    *,
    opening: str = "C261014EUR0,00",
    closing: str = "",
    account: str = ACCOUNT,
    number: str = "1/1",
    off_by: str = "0",
    page: str = "FF",
) -> bytes:
    """One statement that proves, unless `off_by` or `closing` make it not. `page`: F or M for each balance."""
    total = Decimal(opening[10:].replace(",", ".")) * (-1 if opening[0] == "D" else 1) + Decimal(off_by)
    for line in entries:
        head = line[len(":61:") :].lstrip("0123456789 ")
        mark = head[: 2 if head[0] == "R" else 1]
        amount = Decimal(head[len(mark) :].partition("N")[0].replace(",", "."))
        total += amount if mark in ("C", "RD") else -amount
    closing = closing or f"{'D' if total < 0 else 'C'}261015{opening[7:10]}{abs(total)}".replace(".", ",")
    body = "".join(entries)
    return (
        f":20:TEST\r\n:25:{account}\r\n:28C:{number}\r\n:60{page[0]}:{opening}\r\n{body}:62{page[1]}:{closing}\r\n-\r\n"
    ).encode()


def read(content: bytes) -> Read:
    """Statements, lines and findings of a whole file."""
    parts = list(Mt940Reader().read(io.BytesIO(content), source="file.sta", digest="d"))
    lines = [row for part in parts if isinstance(part, pa.RecordBatch) for row in part.to_pylist()]
    statements = [part for part in parts if isinstance(part, Statement)]
    return statements, lines, [part for part in parts if isinstance(part, Finding)]


def refusal(content: bytes) -> BankFileRefused:
    """Why the file is refused, by whichever reader takes it."""
    with pytest.raises(BankFileRefused) as caught:
        reader, _ = reader_of(content[: 1 << 16])
        list(reader.read(io.BytesIO(content), source="f", digest="d", equals_before=lambda _: {}))
    return caught.value


def only_line(content: bytes) -> dict[str, Any]:
    _, lines, _ = read(content)
    assert len(lines) == 1
    return lines[0]
