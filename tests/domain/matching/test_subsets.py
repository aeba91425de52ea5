"""Adding up: the quick search finds what trying everything finds."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.matching.subsets import adding_up

AMOUNTS = st.lists(st.one_of(st.integers(1, 12), st.integers(1, 10**15)), max_size=9)


def tried(amounts: list[int], total: int) -> set[tuple[int, ...]]:
    places = range(len(amounts))
    every = chain.from_iterable(combinations(places, size) for size in range(1, len(amounts) + 1))
    return {chosen for chosen in every if sum(amounts[place] for place in chosen) == total}


@given(AMOUNTS, st.integers(1, 60))
def test_every_set_is_found_once(amounts: list[int], total: int) -> None:
    found = adding_up(amounts, total, most=1000)

    assert set(found) == tried(amounts, total)
    assert len(found) == len(set(found))


@given(AMOUNTS.filter(bool), st.data())
def test_a_set_that_is_there_is_found_among_large_amounts(amounts: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(range(len(amounts))), min_size=1))
    total = sum(amounts[place] for place in chosen)

    assert tuple(sorted(chosen)) in adding_up(amounts, total, most=1000)
    assert set(adding_up(amounts, total, most=1000)) == tried(amounts, total)


@given(AMOUNTS, st.integers(1, 60), st.integers(0, 4))
def test_no_more_are_given_than_are_wanted(amounts: list[int], total: int, most: int) -> None:
    assert adding_up(amounts, total, most=most) == adding_up(amounts, total, most=1000)[:most]


@pytest.mark.parametrize(("amounts", "total"), [([], 1), ([2, 4], 7), ([2, 4], 3)])
def test_what_does_not_add_up_gives_nothing(amounts: list[int], total: int) -> None:
    assert adding_up(amounts, total, most=3) == []
