"""What follows from Microsoft's no, by its code (microsoft.md 4.6): again, wait, the next day, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Follow(StrEnum):
    """What to do about a refusal. All but PERSON are tried again by themselves."""

    READ_AGAIN = "read_again"  # somebody was quicker, or it is so already: at the next run, after reading
    RETRY = "retry"
    TWO_MINUTES = "two_minutes"
    NEXT_DAY = "next_day"
    PARENT_FIRST = "parent_first"
    PERSON = "person"


FOLLOW: Mapping[str, Follow] = MappingProxyType(
    {
        "2055": Follow.READ_AGAIN,
        "800041": Follow.READ_AGAIN,
        "27009": Follow.PARENT_FIRST,
        "800082": Follow.TWO_MINUTES,
        "900278": Follow.NEXT_DAY,
        "800003": Follow.RETRY,
        "800094": Follow.RETRY,
        "900192": Follow.RETRY,
        "429": Follow.RETRY,
    }
)
_WAITS: Mapping[Follow, timedelta] = MappingProxyType(
    {
        Follow.READ_AGAIN: timedelta(minutes=1),
        Follow.RETRY: timedelta(minutes=5),
        Follow.TWO_MINUTES: timedelta(minutes=2),
        Follow.PARENT_FIRST: timedelta(minutes=5),
        Follow.NEXT_DAY: timedelta(days=1),
    }
)


def follow(code: str, status: int, *, passes: bool) -> Follow:
    """By its code; without one that is known, by whether the same call may work later."""
    if code in FOLLOW:
        return FOLLOW[code]
    if passes or status >= 500 or status in (408, 429):
        return Follow.RETRY
    return Follow.PERSON


def again_at(what: Follow, now: datetime) -> datetime | None:
    """When to try again; None: never by itself."""
    wait = _WAITS.get(what)
    return now + wait if wait else None
