"""How alike two names are, word by word in any order."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

LIKENESS_MIN = 85  # of 100


def alike(said: Sequence[str], names: Sequence[str]) -> pa.Array:
    """Of each pair how alike it is, in hundredths; 0 where that is less than LIKENESS_MIN. Floats: it is no money."""
    likenesses = process.cpdist(
        said, names, scorer=fuzz.token_sort_ratio, processor=default_process, score_cutoff=LIKENESS_MIN
    )
    buffer = pa.py_buffer(likenesses.astype("float64"))  # not money: how alike two names are
    # Of its array as it is, PyArrow asks pandas, which takes a fifth of a second to import.
    return pa.Array.from_buffers(pa.float64(), len(likenesses), [None, buffer])  # not money: as above
