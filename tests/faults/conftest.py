"""The order of the files: whatever takes long begins, so that at the end all workers have short tests left to share."""

from __future__ import annotations

import os
from itertools import islice

import pytest

FIRST = ("test_year", "test_month_under_faults", "test_killed_access")
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal what takes long to the workers, each of which begins with an equal part of the list, in its order."""
    long = sorted((each for each in items if each.path.stem in FIRST), key=lambda each: FIRST.index(each.path.stem))
    short = (each for each in items if each.path.stem not in FIRST)
    dealt: list[pytest.Item] = []
    for worker in range(WORKERS):
        hand = long[worker::WORKERS]
        part = (len(items) - len(dealt)) // (WORKERS - worker)
        dealt += [*hand, *islice(short, max(0, part - len(hand)))]
    items[:] = [*dealt, *short]
