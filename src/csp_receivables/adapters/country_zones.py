"""The time zones of a country, from CLDR's data."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from csp_receivables.adapters.country_names import countries


@cache
def zones_of(country: str) -> tuple[ZoneInfo, ...]:
    """All zones of a country of ISO 3166; none when nobody knows, and the caller takes the seller's own."""
    if country not in countries():  # CLDR has zones for "ZZ" too
        return ()
    zones = []
    for name in sorted(get_global("territory_zones").get(country, ())):
        try:
            zones.append(ZoneInfo(name))
        except ZoneInfoNotFoundError:
            continue  # a name that CLDR knows and this machine's time zones don't
    return tuple(zones)
