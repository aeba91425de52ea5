"""How old the bank feeds are on a day, for decisions: one stale receiving account makes all of it stale (I2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pyarrow as pa

from csp_receivables.domain.feeds import FRESH, STALE
from csp_receivables.domain.working_days import is_banking_day

HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAge:
    """`stale`: why no feed can be trusted, "" when they can. `until`: the last day that all of them cover. `hours`: how
    many banking hours ago the oldest of them ended.
    """

    stale: str = ""
    until: date | None = None
    hours: int = 0


def feed_age(feeds: pa.Table, hours_max: int, on: date) -> FeedAge:
    """The age of `feeds` (schema FEED) at the end of `on`. An account without any statement is never fresh."""
    rows = feeds.to_pylist()
    stale = [why for row in rows if (why := _why_stale(row["account"], row, hours_max, on))]
    days = [row["newest_statement_until"] for row in rows]
    hours = (banking_hours(row["newest_statement_until"], on, row["account"][:2]) for row in rows if None not in days)
    until = min(days) if days and None not in days else None
    return FeedAge(stale="; ".join(stale), until=until, hours=max(hours, default=0))


def age_by(hours: int, on: date, now: datetime) -> timedelta:
    """The age at a moment of a feed that was `hours` old at the end of `on`. `now`: in the partner's time zone.

    From then on every hour counts: to the hour is asked where access is taken, which no day off sees.
    """
    ended = datetime.combine(on + timedelta(days=1), time(), now.tzinfo)
    return timedelta(hours=hours) + max(now - ended, timedelta())


def _why_stale(account: str, row: dict[str, object], hours_max: int, on: date) -> str:
    until = row["newest_statement_until"]
    if row["state"] == FRESH:
        return ""
    if row["state"] == STALE and isinstance(until, date):
        hours = banking_hours(until, on, account[:2])
        return f"{account}: statements until {until}, {hours} banking hours ago" if hours > hours_max else ""
    return f"{account}: {row['state']}"


def banking_hours(after: date, until: date, country: str) -> int:
    """Hours of the banking days from the end of one day to the end of another."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return HOURS_A_DAY * sum(1 for day in days if is_banking_day(day, country))
