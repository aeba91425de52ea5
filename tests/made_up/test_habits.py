"""Habits are data with a source each, and are drawn by their shares."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from csp_receivables.made_up import habits
from csp_receivables.made_up.habits import WHOLE, Habit, Habits, happens

TABLES = {name: each for name, each in vars(habits).items() if isinstance(each, Habits)}
SINGLE = {name: each for name, each in vars(habits).items() if isinstance(each, Habit)}
DRAWN = 40_000


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_draws_each_habit_as_often_as_its_share(name: str) -> None:
    table, random = TABLES[name], Random(5)
    drawn = Counter(table.draw(random) for _ in range(DRAWN))
    rest = WHOLE - sum(habit.share for habit in table.rows[1:])

    for habit in table.rows:
        share = rest if habit is table.rows[0] else habit.share
        assert drawn[habit.name] == pytest.approx(DRAWN * share / WHOLE, rel=0.15, abs=25)


def test_every_share_has_its_source_beside_it() -> None:
    rows = [habit for table in TABLES.values() for habit in table.rows] + list(SINGLE.values())

    assert len(rows) > 30
    assert all(habit.source for habit in rows)
    assert all(0 <= habit.share <= WHOLE for habit in rows)


def test_a_payment_says_what_it_pays_in_the_published_mix() -> None:
    shares = {habit.name: habit.share for habit in habits.SAYS.rows}

    assert shares == {"reference": 8_000, "text": 1_000, "payer": 700, "name_only": 200, "nothing": 100}


def test_what_never_or_always_happens_does_so() -> None:
    random = Random(1)

    assert not any(happens(random, Habit(name="never", share=0, source="-")) for _ in range(100))
    assert all(happens(random, Habit(name="always", share=WHOLE, source="-")) for _ in range(100))
