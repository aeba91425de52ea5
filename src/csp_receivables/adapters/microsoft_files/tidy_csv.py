"""The quick way through a reconciliation CSV: Arrow parses, types and writes it in one ordered, streamed pass.

Most files are tidy: every cell is what its column says, written plainly. The first cell that is not (an apostrophe
before a number, a broken record, a date of another format, quotes that are not by the rules …) raises NotTidy and the
whole file goes to the tolerant reader, which names what is wrong. What this module reads, that one reads the same;
a test holds them together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv

from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files.columns import Columns
from csp_receivables.adapters.microsoft_files.opening import Opening
from csp_receivables.adapters.microsoft_files.quoting import BadQuoting, QuoteChecked
from csp_receivables.adapters.microsoft_files.streams import Digested
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy, write_charges
from csp_receivables.domain.records import PRECISE

BLOCK = 2 << 20  # bytes parsed at a time: fits the cache of a core, which halves the time of 8 MB


def write_tidy(opening: Opening, staged: Path) -> str:
    """Write the file's charges to the Parquet file `staged`; returns the SHA-256 of the file they were read from.

    Raises NotTidy; `staged` may be half written then.
    """
    try:
        with opening.path.open("rb", buffering=0) as file:
            raw = Digested(file)
            content = pa.CompressedInputStream(raw, "gzip") if opening.is_packed else raw
            write_charges(opening, csv.open_csv(QuoteChecked(content), **_options(opening.columns)), staged)
            return raw.digest()
    except (pa.ArrowInvalid, BadQuoting, OSError) as unclear:  # OSError: a gzip file that ends too early, among others
        raise NotTidy(str(unclear)) from None


def _options(columns: Columns) -> dict[str, Any]:
    names = [f"c{index}" for index in range(len(columns.names))]
    kinds = dict.fromkeys(names, pa.string())
    for field, place in columns.place.items():
        kinds[f"c{place}"] = PRECISE if field in (*forms.MONEY_COLUMNS, *forms.NUMBER_COLUMNS) else pa.string()
    return {
        "read_options": csv.ReadOptions(
            block_size=BLOCK, column_names=names, skip_rows_after_names=1, use_threads=False
        ),
        "parse_options": csv.ParseOptions(newlines_in_values=True),
        "convert_options": csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=False),
    }
