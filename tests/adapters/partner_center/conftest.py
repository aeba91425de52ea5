"""A scripted server and a reader that asks it, in a time that only passes by being slept through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from csp_receivables.adapters.partner_center.reader import Reader, open_reader
from tests.microsoft_server import Scripted, Waiting, identity, microsoft


@pytest.fixture
def server() -> Iterator[Scripted]:
    with microsoft() as script:
        yield script


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def reader(server: Scripted, waiting: Waiting) -> Iterator[Reader]:
    opened = open_reader(identity(server.base), waiting.manners)
    yield opened
    opened.close()
