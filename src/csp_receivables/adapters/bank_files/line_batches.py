"""Lines of money in batches: what every reader gives out while the rest of its file is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from csp_receivables.adapters.bank_files.camt_entry import Line
from csp_receivables.domain.records import BANK_LINE

LINES_PER_BATCH = 10_000  # some 5 MB: bounds the memory of a file of any size


def batches(lines: list[Line]) -> Iterator[pa.RecordBatch]:
    """`lines` as a batch of schema BANK_LINE, none when there are none; `lines` is empty then."""
    if lines:
        yield batch_of(lines)
        lines.clear()


def batch_of(lines: Sequence[Sequence[object]]) -> pa.RecordBatch:
    """At least one line as a batch of schema BANK_LINE."""
    columns = zip(zip(*lines, strict=True), BANK_LINE, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(column, type=f.type) for column, f in columns], schema=BANK_LINE)
