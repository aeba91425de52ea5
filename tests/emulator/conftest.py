"""One emulator for all tests of this folder; each test gets a world of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.server import Emulator
from tests.emulator.serving import Client, sample_world


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(sample_world()) as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """The sample's partner, fresh."""
    emulator.world = sample_world()
    client = Client(emulator)
    yield client
    client.http.close()
