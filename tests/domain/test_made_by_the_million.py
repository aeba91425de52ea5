"""A value that was made the quick way is the value that is made the usual way."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from csp_receivables.domain.made_by_the_million import maker_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is made here."""

    name: str
    worth: int = 7
    marks: dict[str, int] = field(default_factory=dict)


def test_it_is_equal_and_of_the_same_class_and_says_the_same() -> None:
    quick, usual = maker_of(Stamp)(name="a", worth=1), Stamp(name="a", worth=1)

    assert quick == usual
    assert type(quick) is Stamp
    assert repr(quick) == repr(usual)


def test_defaults_are_those_of_the_class_and_nothing_is_shared() -> None:
    make = maker_of(Stamp)
    one, other = make(name="a"), make(name="b")

    assert (7, {}) == (one.worth, one.marks)
    assert one.marks is not other.marks


def test_it_is_as_frozen_and_can_be_replaced_copied_and_kept() -> None:
    made = maker_of(Stamp)(name="a")

    with pytest.raises(FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    assert Stamp(name="b") == replace(made, name="b")
    assert made == copy.copy(made) == pickle.loads(pickle.dumps(made))


def test_a_field_that_is_missing_or_unknown_is_refused() -> None:
    with pytest.raises(TypeError, match="name"):
        maker_of(Stamp)(worth=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="colour"):
        maker_of(Stamp)(name="a", colour="red")  # type: ignore[call-arg]


def test_a_class_without_slots_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Loose:
        name: str

    with pytest.raises(TypeError):
        maker_of(Loose)(name="a")
