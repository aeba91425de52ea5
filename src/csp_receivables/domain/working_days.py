"""Banking days by country, from the `holidays` package (Sweden with its de-facto days, the euro area with TARGET's)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays

_CATEGORIES = {"SE": ("public", "de_facto")}  # Midsummer, Christmas and New Year's Eve are no banking days there
_WEEKEND = 5  # Monday is 0


@cache
def _closed_days(country: str, year: int) -> frozenset[date]:
    if country in holidays.list_supported_countries():
        kinds = _CATEGORIES.get(country, ("public",))
        return frozenset(holidays.country_holidays(country, years=year, categories=kinds))
    return frozenset(holidays.financial_holidays("ECB", years=year))


def is_banking_day(day: date, country: str) -> bool:
    """Are banks open on `day`? `country` is ISO 3166 alpha-2; an unknown one has the euro area's calendar."""
    return day.weekday() < _WEEKEND and day not in _closed_days(country, day.year)


def banking_day_by(day: date, country: str) -> date:
    """The last banking day that is not after `day`."""
    while not is_banking_day(day, country):
        day -= timedelta(days=1)
    return day


def banking_day_after(day: date, days: int, country: str) -> date:
    """The banking day that is `days` banking days after `day`; `day` itself for 0."""
    for _ in range(days):
        day += timedelta(days=1)
        while not is_banking_day(day, country):
            day += timedelta(days=1)
    return day
