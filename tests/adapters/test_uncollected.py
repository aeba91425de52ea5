"""The search for cycles is off for as long as the room is used, and only then."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path

import pytest

from csp_receivables.adapters.engine import engine, uncollected


def test_it_is_off_inside_and_on_again_afterwards(tmp_path: Path) -> None:
    with uncollected(partial(engine, tmp_path)) as connection:
        assert not gc.isenabled()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]

    assert gc.isenabled()


def test_inside_another_it_stays_off_until_the_outer_one_ends(tmp_path: Path) -> None:
    room = partial(engine, tmp_path)
    with uncollected(room):
        with uncollected(room):
            pass
        assert not gc.isenabled()


def test_an_error_turns_it_on_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bad"), uncollected(partial(engine, tmp_path)):
        raise ValueError("bad")

    assert gc.isenabled()
