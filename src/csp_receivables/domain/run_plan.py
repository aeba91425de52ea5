"""Which day a run speaks for, what it may know, and whether it may book: decided once, from arguments alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from csp_receivables.domain.day import Mode

FIRST_DAY = date(1990, 1, 1)  # no ledger is older; a day before it is a slip of the key


class Known(StrEnum):
    """Whose knowledge a run uses: everything we know now, or what was known when that day's own run was due.

    Where that day had a live run, `Reconciler.as_shown` takes what that run knew.
    """

    NOW = "now"
    THEN = "then"


class NoDay(ValueError):
    """The run was not told which day it speaks for, or a day that can't be reconciled; the message has the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """`known_at` None means: everything known when the run looks (UTC ISO text otherwise)."""

    as_of: date
    known_at: datetime | None
    mode: Mode
    because: str


def plan_run(
    *,
    now: datetime,
    zone: ZoneInfo,
    as_of: date | None = None,
    fired_at: datetime | None = None,
    known: Known = Known.NOW,
    known_at: datetime | None = None,
    historical: bool = False,
) -> RunPlan:
    """Plan a run of the daily reconciliation.

    `as_of` or else the day before `fired_at` in the partner's `zone`. Live only when that is the partner's yesterday at
    `now`, everything known is used, and nobody asked for a historical run (a backfill always does).
    """
    day = as_of or _day_before(fired_at, zone)
    today = now.astimezone(zone).date()
    if day > today:
        raise NoDay(f"{day} has not begun (today is {today}); give a day that has")
    if day < FIRST_DAY:
        raise NoDay(f"{day} lies before {FIRST_DAY}, when no book was kept here; give a later day")
    moment = known_at or (_known_then(day, fired_at, zone, now) if known is Known.THEN else None)
    why_not = _why_not_live(day, today - timedelta(days=1), moment, historical=historical)
    if why_not:
        return RunPlan(as_of=day, known_at=moment, mode=Mode.HISTORICAL, because=why_not)
    return RunPlan(as_of=day, known_at=None, mode=Mode.LIVE, because=f"{day} is yesterday")


def is_still_live(plan: RunPlan, now: datetime, zone: ZoneInfo) -> bool:
    """Asked again right before anything is booked or published: a cleared old run keeps its plan, not its day."""
    return plan.mode is Mode.LIVE and plan.as_of == now.astimezone(zone).date() - timedelta(days=1)


def _day_before(fired_at: datetime | None, zone: ZoneInfo) -> date:
    if fired_at is None:
        raise NoDay("no day to reconcile: give as_of (YYYY-MM-DD), or run it with a logical date")
    return fired_at.astimezone(zone).date() - timedelta(days=1)


def _known_then(day: date, fired_at: datetime | None, zone: ZoneInfo, now: datetime) -> datetime:
    then = fired_at or datetime.combine(day + timedelta(days=1), time.min, zone)
    if then > now:
        raise NoDay(f"{then.isoformat()} has not come, so what was known then still changes; ask for what is known now")
    return then


def _why_not_live(day: date, yesterday: date, known_at: datetime | None, *, historical: bool) -> str:
    if historical:
        return "a historical run was asked for"
    if known_at is not None:
        return f"it uses what was known at {known_at.isoformat()}"
    if day != yesterday:
        return f"{day} is not yesterday ({yesterday})"
    return ""
