"""What goes to which of two workers: xdist gives each two groups of tests at once, then one after the other."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# What runs in a process that has imported Airflow and made its tables and its API: ten seconds of a core, spent once.
IN_PROCESS = {"dags", "csp_airflow"}
# The two that take longest begin, the third follows the shorter of them, and whatever is short fills what is left.
FIRST = ("test_access_through_airflow", "test_real_airflow", "in_process")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them by their groups, each file's own tests as they stand."""
    items.sort(key=lambda item: FIRST.index(group(item.nodeid)) if group(item.nodeid) in FIRST else len(FIRST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """By groups. (The marks that xdist itself groups by don't reach it from pytest 9.)"""
    return ByGroup(config, log)


class ByGroup(LoadScopeScheduling):
    """One worker takes all tests of a group."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """The group of a test: its file, or what runs in one process."""
    path = PurePath(nodeid.split("::", maxsplit=1)[0])
    return "in_process" if path.parts[1] in IN_PROCESS else path.stem
