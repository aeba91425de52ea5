"""Which of a few amounts add up to a total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice


def adding_up(amounts: Sequence[int], total: int, *, most: int) -> list[tuple[int, ...]]:
    """The first `most` sets of places (0-based, ascending) whose positive `amounts` add up to `total`."""
    left_from = [sum(amounts[place:]) for place in range(len(amounts) + 1)]
    return list(islice(_sets(amounts, left_from, 0, total), most))


def _sets(amounts: Sequence[int], left_from: Sequence[int], place: int, total: int) -> Iterator[tuple[int, ...]]:
    if total == 0:
        yield ()
    elif place < len(amounts) and 0 < total <= left_from[place]:
        for rest in _sets(amounts, left_from, place + 1, total - amounts[place]):
            yield (place, *rest)
        yield from _sets(amounts, left_from, place + 1, total)
