"""When a notice may leave: on working days of the customer's country, outside quiet hours where the customer is.

A country of several time zones is quiet while any of them is. From which day a debt counts is for `anchors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.policy import QuietHours

_LOOKS_MAX = 400  # days looked at for a moment that suits every zone; a year has one if any has


def is_quiet(local: time, quiet: QuietHours) -> bool:
    """Does `local` lie in the quiet hours? They include their begin and not their end, and may pass midnight."""
    if quiet.begins < quiet.ends:
        return quiet.begins <= local < quiet.ends
    return local >= quiet.begins or local < quiet.ends


def may_send(
    moment: datetime, country: str, zones: Sequence[ZoneInfo], quiet: QuietHours | None, *, working_days_only: bool
) -> bool:
    """May a notice leave at `moment` (with its offset) to a customer in `country`, whose time zones are `zones`?"""
    locals_ = [moment.astimezone(zone) for zone in _zones_that_meet(moment, zones, quiet)]
    if quiet and any(is_quiet(local.time(), quiet) for local in locals_):
        return False
    return not working_days_only or all(_is_working_day(local.date(), country) for local in locals_)


def send_from(
    moment: datetime, country: str, zones: Sequence[ZoneInfo], quiet: QuietHours | None, *, working_days_only: bool
) -> datetime:
    """The first moment, not before `moment`, at which a notice may leave. In the zone of `moment`.

    Raises ValueError when `zones` is empty or no moment of a year suits.
    """
    if not zones:
        raise ValueError("a customer without a time zone; give the seller's where the country is unknown")
    met = _zones_that_meet(moment, zones, quiet)
    earliest = moment
    for _ in range(_LOOKS_MAX):
        if may_send(earliest, country, met, quiet, working_days_only=working_days_only):
            return earliest.astimezone(moment.tzinfo)
        earliest = max(_next_open(earliest, country, zone, quiet, working_days_only) for zone in met)
    raise ValueError(f"no moment within a year after {moment} suits {country}; look at the quiet hours")


def _next_open(
    moment: datetime,
    country: str,
    zone: ZoneInfo,
    quiet: QuietHours | None,
    working_days_only: bool,  # noqa: FBT001 - the caller's own keyword
) -> datetime:
    """The first moment, not before `moment`, that suits one zone; `moment` itself when it does."""
    local = moment.astimezone(zone)
    ends = quiet.ends if quiet else time(0)
    day = working_day_from(local.date(), country) if working_days_only else local.date()
    if day > local.date():
        return datetime.combine(day, ends if quiet and is_quiet(time(0), quiet) else time(0), tzinfo=zone)
    if not quiet or not is_quiet(local.time(), quiet):
        return moment
    if local.time() < ends:
        return datetime.combine(day, ends, tzinfo=zone)
    following = local.date() + timedelta(days=1)
    return datetime.combine(following, ends if is_quiet(time(0), quiet) else time(0), tzinfo=zone)


def _zones_that_meet(moment: datetime, zones: Sequence[ZoneInfo], quiet: QuietHours | None) -> Sequence[ZoneInfo]:
    """All of them where some moment is open in all; else, in a country too wide for that, the one in the middle."""
    if quiet is None or len(zones) < 2:
        return zones
    by_offset = sorted(zones, key=lambda zone: (_offset(moment, zone), zone.key))
    spread = _offset(moment, by_offset[-1]) - _offset(moment, by_offset[0])
    return zones if spread < _open_for(quiet) else by_offset[len(by_offset) // 2 :][:1]


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _open_for(quiet: QuietHours) -> timedelta:
    """How long a day is open."""
    any_day = date(2000, 1, 1)
    closed = datetime.combine(any_day, quiet.ends) - datetime.combine(any_day, quiet.begins)
    return timedelta(days=1) - (closed if closed > timedelta(0) else closed + timedelta(days=1))


def _is_working_day(day: date, country: str) -> bool:
    return working_day_from(day, country) == day
