"""Made-up MT940 statements for tests: what a bank would write of given entries."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

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
