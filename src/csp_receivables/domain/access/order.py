"""In which order subscriptions are changed: a base before its add-ons, going down and coming up.

A base takes its legacy add-ons along, and no add-on can live while its base is suspended (code 27009).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Placed(Protocol):
    """What has a place among its customer's subscriptions."""

    @property
    def subscription_id(self) -> str: ...

    @property
    def parent_id(self) -> str: ...


Each = TypeVar("Each", bound=Placed)


def going_down(several: Iterable[Each]) -> tuple[Each, ...]:
    """Bases first, each followed by its add-ons; else by id. What names itself or goes round in a circle is a base."""
    named = list(several)
    by_id = {each.subscription_id.casefold(): each for each in named}
    return tuple(sorted(named, key=lambda each: (_depth(each, by_id), each.subscription_id.casefold())))


def coming_up(several: Iterable[Each]) -> tuple[Each, ...]:
    """The same: the base comes first."""
    return going_down(several)


def _depth(each: Placed, by_id: dict[str, Each]) -> int:
    depth, seen, one = 0, {each.subscription_id.casefold()}, each
    while (parent := by_id.get(one.parent_id.casefold())) and parent.subscription_id.casefold() not in seen:
        seen.add(parent.subscription_id.casefold())
        depth, one = depth + 1, parent
    return depth
