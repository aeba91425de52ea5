"""An invoice's charges by REST, page by page into a file: for legacy invoices, and what Graph can't give.

Each line of the file is one item as Microsoft tells it; numbers are text there, so that no digit is lost.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from csp_receivables.adapters.partner_center.answers import Record
from csp_receivables.adapters.partner_center.paging import by_offset, seek
from csp_receivables.adapters.partner_center.session import Session, segment
from csp_receivables.adapters.partner_center.whole_files import part_of, put_in_place
from csp_receivables.domain.microsoft.invoices import ChargeList

PAGE = 2_000  # the most there is
_COUNTED = {"office", "azure"}  # by offset; the others by tokens


class LineItems:
    """`ChargeLists` over the wire."""

    def __init__(self, session: Session, page: int = PAGE) -> None:
        self._session = session
        self._page = page

    def download(self, invoice_id: str, charges: ChargeList, into: Path) -> int:
        """See `ChargeLists`."""
        part, count = part_of(into), 0
        with part.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as lines:
            for page in self._pages(invoice_id, charges):
                for item in page.records("items"):
                    lines.write(as_line(item))
                    count += 1
        put_in_place(part, into)
        return count

    def _pages(self, invoice_id: str, charges: ChargeList) -> Iterator[Record]:
        path = f"/v1/invoices/{segment(invoice_id)}/lineitems"
        query = {"provider": charges.provider, "invoicelineitemtype": charges.kind}
        if charges.provider in _COUNTED:
            return by_offset(self._session, path, query, self._page)
        if charges.kind == "usagelineitems":
            query["currencycode"] = charges.currency
        return seek(self._session, path, {**query, "size": str(self._page)})


def as_line(item: Record) -> bytes:
    """One item as a line of JSON."""
    return json.dumps(_as_text(item.raw), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _as_text(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _as_text(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_as_text(each) for each in node]
    return str(node) if isinstance(node, Decimal) or (isinstance(node, int) and not isinstance(node, bool)) else node
