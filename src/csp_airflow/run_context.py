"""From Airflow's context to our own arguments: which day a run speaks for, and what it may do.

Airflow's `ds` is a UTC date and is never used. A backfill is known by its run type, not by the name of its run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from csp_receivables.domain.run_plan import Known, RunPlan, plan_run
from csp_receivables.settings import Settings

BACKFILL = "backfill"
SCHEDULED = "scheduled"
MANUAL = "manual"


def plan_of(context: Mapping[str, Any], settings: Settings) -> RunPlan:
    """The plan of this run by its parameters, its logical date and our clock.

    Raises NoDay when neither `as_of` nor a logical date is given, or the day has not begun.
    """
    params = context["params"]
    as_of = date.fromisoformat(params["as_of"]) if params.get("as_of") else None
    return plan_run(
        now=settings.clock(),
        zone=settings.time_zone,
        as_of=as_of,
        fired_at=None if as_of else _fired_at(context, settings),
        known=known_of(context),
        historical=is_backfill(context) or params.get("mode") == "historical" or bool(customers_of(context)),
    )


def known_of(context: Mapping[str, Any]) -> Known:
    """Whose knowledge the run uses; an empty field of the form is what is known now."""
    return Known(context["params"].get("known") or Known.NOW)


def customers_of(context: Mapping[str, Any]) -> tuple[str, ...]:
    """The customers that the run was limited to; empty: all. Such a run only looks."""
    return named_in(context, "customers")


def named_in(context: Mapping[str, Any], param: str) -> tuple[str, ...]:
    """What a parameter lists. Airflow's form takes a line each, and hands on blank ones too."""
    lines: list[str] = (context["params"] or {}).get(param) or []
    return tuple(line.strip() for line in lines if line.strip())


def is_backfill(context: Mapping[str, Any]) -> bool:
    """Is this run part of a backfill? A scheduled run that a backfill repeats becomes one, and keeps its name."""
    return bool(context["dag_run"].run_type == BACKFILL)  # an enum whose str() is not its value


def is_after_the_clock(context: Mapping[str, Any], settings: Settings) -> bool:
    """Did the schedule fire for a day that a clock standing still (a demonstration's) has not reached?"""
    if settings.fixed_clock is None or context["dag_run"].run_type != SCHEDULED:
        return False
    fired_at = context.get("logical_date")
    return fired_at is not None and fired_at > settings.fixed_clock


def _fired_at(context: Mapping[str, Any], settings: Settings) -> datetime | None:
    """The logical date. Airflow's form fills in the machine's now; where a clock stands still it means that one's."""
    fired_at: datetime | None = context.get("logical_date")
    if fired_at is None or settings.fixed_clock is None or context["dag_run"].run_type != MANUAL:
        return fired_at
    return min(fired_at, settings.fixed_clock)


def why_not_now(context: Mapping[str, Any], settings: Settings) -> str:
    """Why a run that acts on the outside speaks for the past, and must not act; "" when it speaks for now."""
    if is_backfill(context):
        return "a backfill speaks for the past"
    as_of, today = (context["params"] or {}).get("as_of"), settings.clock().astimezone(settings.time_zone).date()
    if as_of and date.fromisoformat(as_of) != settings.yesterday():
        return f"it was started for {as_of}, and what acts speaks for yesterday ({settings.yesterday()})"
    fired_at = _fired_at(context, settings)
    if fired_at is not None and fired_at.astimezone(settings.time_zone).date() != today:
        return f"its logical date {fired_at.isoformat()} is not today ({today})"
    return ""
