"""The tree of commands is made once: reading every signature takes longer than most commands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
import typer.testing
from typer.main import get_command


@pytest.fixture(scope="session", autouse=True)
def one_tree() -> Iterator[None]:
    """As `cli.command` has it for a process of the product."""
    with patch.object(typer.testing, "_get_command", cache(get_command)):
        yield
