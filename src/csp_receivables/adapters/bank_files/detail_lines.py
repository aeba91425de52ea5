"""What formats without bank balances share: their lines in batches, and the findings on control totals that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.bank_files.line_batches import LINES_PER_BATCH, batch_of
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.records import BANK_LINE
from csp_receivables.domain.statements import Statement

Row = dict[str, Any]  # the columns of BANK_LINE, but for those that such formats never fill
_NEVER_FILLED = {"instructed_currency": "", "instructed_amount": 0}
_in_order = itemgetter(*BANK_LINE.names)


def batches(rows: Sequence[Row]) -> Iterator[pa.RecordBatch]:
    """`rows` as batches of schema BANK_LINE."""
    for start in range(0, len(rows), LINES_PER_BATCH):
        filled = (_NEVER_FILLED | row for row in rows[start : start + LINES_PER_BATCH])
        yield batch_of([_in_order(row) for row in filled])


def held(statement: Statement, line: int, doubts: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """A finding for each doubt (field, what differs, both figures) about the statement that ends in `line`."""
    for name, found in doubts:
        yield Finding(
            code="bank.control_totals_differ",
            severity=Severity.HELD,
            found=found,
            remedy=f"Nothing of it is booked until: csp import bank --accept {statement.statement_id} "
            "--by NAME --why …",
            source=statement.source,
            line=line,
            field=name,
            subject=statement.statement_id,
        )
