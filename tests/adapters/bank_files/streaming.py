"""How much memory reading a long file takes, measured where batches are small: the file need not be longer then."""

from __future__ import annotations

import tracemalloc
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pyarrow as pa

BATCH = 500  # instead of ten thousand
COPIES = 8  # batches in the file


def lines_and_peak(module: ModuleType, reader: Any, short: Any, long: Any) -> tuple[int, int]:
    """The lines of the `long` file, and the most bytes that Python held at once. `short` fills what is filled once."""
    with patch.object(module, "LINES_PER_BATCH", BATCH):
        list(reader.read(short, source="f", digest="d"))
        tracemalloc.start()
        try:
            parts = reader.read(long, source="f", digest="d")
            lines = sum(part.num_rows for part in parts if isinstance(part, pa.RecordBatch))
            return lines, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
