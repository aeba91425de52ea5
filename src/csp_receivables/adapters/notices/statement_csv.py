"""The statement of account as a table that the customer's spreadsheet opens as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from csp_receivables.adapters.notices.wording import Wording
from csp_receivables.adapters.outside_text import no_formula
from csp_receivables.domain.collections.notice_content import NoticeContent

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page
_COLUMNS = ("number", "issued", "due", "days", "currency", "amount", "received", "open", "reference")


def statement_csv(content: NoticeContent, wording: Wording) -> bytes:
    """One row a receivable of `content.statement`. Days are ISO 8601; decimal sign and separator are the locale's.

    Where the decimal sign is a comma, spreadsheets expect a semicolon between the cells.
    """
    sign = wording.manner.decimal_sign
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if sign == "," else ",", lineterminator="\r\n")
    writer.writerow([no_formula(wording.say(f"column_{name}")) for name in _COLUMNS])
    writer.writerows(_rows(content, wording))
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8", errors="replace")


def _rows(content: NoticeContent, wording: Wording) -> Iterator[list[str]]:
    plain = wording.manner.plain
    for each in content.statement:
        yield [
            no_formula(each.number),
            each.issued_on.isoformat(),
            each.due_on.isoformat(),
            str(max(each.days_overdue, 0)),
            each.currency,
            plain(each.amount, each.currency),
            plain(each.received, each.currency),
            plain(each.open, each.currency),
            no_formula(each.reference),
        ]
