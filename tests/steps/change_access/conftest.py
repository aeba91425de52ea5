"""A desk at an emulator of Microsoft: who changes access is at work from end to end. `desk` on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from emulator.server import Emulator
from tests.access_desk import (
    AccessDesk,
    access_desk,
)
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def desk(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[AccessDesk]:
    with access_desk(demo_ledger, served, clock, tmp_path) as desk:
        yield desk


@pytest.fixture
def plain_desk(
    new_demo_ledger: Callable[[], Ledger], served: Emulator, clock: StandingClock, tmp_path: Path
) -> Iterator[AccessDesk]:
    """For what has nothing to do with the database: SQLite only."""
    with access_desk(new_demo_ledger(), served, clock, tmp_path) as desk:
        yield desk
