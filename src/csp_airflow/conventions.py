"""What every DAG of ours has in common: owner, tags, schedule, retries, limits. `tests/dags/test_census.py` holds them.

Retrying cures only what passes by itself: a database that is busy or away, a network that hiccups, a task that hung.
Whatever else fails (a setting, a refused ledger, a bug) fails at once, so that a person sees it in the first minute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk import task as airflow_task
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

OWNER = "receivables"
DEFAULT_TIME_ZONE = "Europe/Stockholm"  # as `settings.Settings.from_environment`
NO_SURPRISE = timedelta(0)  # in Airflow 3.3.2 `False` still starts a run whose tick passed within 10 % of the period


class Tag(StrEnum):
    """The only tags there are: what a DAG does, and what it may touch."""

    IMPORT = "does:import"
    RECONCILE = "does:reconcile"
    NOTIFY = "does:notify"
    REPORT = "does:report"
    ACCESS = "does:access"
    SUPPORT = "does:support"
    BILL = "does:bill"
    NO_EFFECTS = "effects:none"  # nothing leaves the house
    MICROSOFT = "effects:microsoft"  # subscriptions of customers, through the outbox
    MAIL = "effects:mail"  # letters, through the gate


ACTIONS_PUBLISHED = Asset("actions_published")
PAYMENTS_BOOKED = Asset("payments_booked")

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=["builtins.FileNotFoundError", "builtins.PermissionError", "builtins.IsADirectoryError"],
            action=RetryAction.FAIL,
            reason="a path or a permission is wrong; a person must set it right",
        ),
        RetryRule(
            exception=[
                "builtins.OSError",
                "sqlalchemy.exc.OperationalError",
                "sqlalchemy.exc.InterfaceError",
                "sqlite3.OperationalError",  # bulk loads speak to the driver itself
                "csp_airflow.troubles.PassingTrouble",
            ],
            action=RetryAction.RETRY,
            reason="a file system, a network or a database that may be back in a moment",
        ),
        RetryRule(
            exception="airflow.sdk.exceptions.AirflowTaskTimeout",
            action=RetryAction.RETRY,
            reason="it hung; every task may be repeated",
        ),
    ],
    default=RetryAction.FAIL,
)

DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(minutes=30),
}


def task(function: Callable[..., Any] | None = None, **given: Any) -> Any:
    """Airflow's `@task`, which keeps what the function returns as one XCom.

    For a function that returns a mapping Airflow keeps each of its keys besides, by a call of its API each: half of all
    the calls that a day makes.
    """
    decorate = airflow_task(multiple_outputs=False, **given)
    return decorate(function) if function else decorate


def schedule(cron: str) -> CronTriggerTimetable:
    """`cron` in the partner's time zone. Unpausing waits for the next tick."""
    zone = os.environ.get("CSP_TIME_ZONE") or DEFAULT_TIME_ZONE
    return CronTriggerTimetable(cron, timezone=zone, run_immediately=NO_SURPRISE)


def woken_by(asset: Asset, cron: str) -> AssetOrTimeSchedule:
    """At `cron`, or as soon as `asset` has news: the news only wakes early, what is due says the ledger."""
    return AssetOrTimeSchedule(timetable=schedule(cron), assets=[asset])


def deadline(after: timedelta, name: str) -> DeadlineAlert | None:
    """Tell when a run takes `after` longer than the last ten took on average. None under `airflow dags test`.

    From the average, because Airflow 3.3.2 answers 500 to clearing a run whose deadline counts from its queueing, and
    one that counts from the logical date has passed before a backfilled run begins. Under `airflow dags test` it looks
    a deadline up by its definition in place of its id, and a DAG that has one can't run.
    """
    if sys.argv[1:3] == ["dags", "test"]:
        return None
    callback = SyncCallback("csp_airflow.deadlines.report_late_run", kwargs={"deadline_name": name})
    usual = DeadlineReference.AVERAGE_RUNTIME(max_runs=10, min_runs=1)
    return DeadlineAlert(reference=usual, interval=after, callback=callback, name=name)
