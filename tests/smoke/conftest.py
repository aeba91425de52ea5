"""The order of the files: xdist gives each of two workers two of them at once, then one after the other."""

from __future__ import annotations

import pytest

# The two that take longest begin, the third follows the shorter of them, and whatever is short fills what is left.
FIRST = ("test_access_through_airflow", "test_real_airflow", "test_the_day", "test_notices_in_browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them, each file's own tests as they stand."""
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))
