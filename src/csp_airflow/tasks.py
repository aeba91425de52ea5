"""What each task does: read Airflow's context, call the steps through `wiring`, hand on ids, counts and digests.

XCom and logs carry no personal data: they are kept by Airflow, and erasing a contact does not reach them.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from csp_airflow.conventions import ACTIONS_PUBLISHED, PAYMENTS_BOOKED
from csp_airflow.run_context import customers_of, is_after_the_clock, known_of, plan_of
from csp_airflow.troubles import told_apart
from csp_receivables.domain.day import Mode
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.run_plan import Known, RunPlan, is_still_live

if TYPE_CHECKING:
    from csp_receivables.domain.imports import FileReport
    from csp_receivables.settings import Settings
    from csp_receivables.wiring import Ledger

log = logging.getLogger(__name__)
Context = Mapping[str, Any]
Told = dict[str, Any]  # text and integers only


class OutputsDiffer(RuntimeError):
    """The day computed again is not the day that was reconciled: a bug, or somebody changed the ledger by hand."""


def import_inbox(purpose: str, context: Context) -> Told:
    """Take the files that lie ready in one inbox. A historical run leaves them where they are."""
    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        plan = plan_of(context, settings)
        if plan.mode is not Mode.LIVE:
            skip(f"no file is taken: {plan.because}")
        return _take(settings, ledger, purpose)


def import_payments(context: Context) -> Told:
    """Take the bank statements that lie ready; this DAG always speaks for now."""
    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        return _take(settings, ledger, "bank")


def reconcile_day(context: Context) -> Told:
    """Reconcile the day of this run; a live run books."""
    from csp_receivables import wiring

    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        plan = plan_of(context, settings)
        wiring.refuse_unknown(ledger, customers_of(context))
        reconciler = wiring.reconciler(settings, ledger)
        booked = reconciler.reconcile(reconciler.as_shown(plan) if known_of(context) is Known.THEN else plan)
    told = {
        "run_id": wiring.run_id_of(booked),
        "as_of": plan.as_of.isoformat(),
        "known_at": booked.day.known_at,
        "mode": plan.mode.value,
        "digest": booked.digest,
        "allocations": booked.allocations.num_rows,
        "findings": booked.day.findings.num_rows,
    }
    log.info("as of %s, %s because %s", plan.as_of, plan.mode.value, plan.because)
    log.info("%d allocations, %d findings: %s", told["allocations"], told["findings"], told["run_id"])
    return told


def decide_day(run: Told) -> Told:
    """Decide what follows for everybody who is late; a live run proposes it once the policy is live."""
    from csp_receivables import collections_wiring

    with at_work() as (settings, ledger):
        plan = RunPlan(
            as_of=date.fromisoformat(run["as_of"]),
            known_at=None if run["mode"] == Mode.LIVE.value else datetime.fromisoformat(run["known_at"]),
            mode=Mode(run["mode"]),
            because="reconciled by this run",
        )
        try:
            decided = collections_wiring.decider(settings, ledger).decide(plan)
        except collections_wiring.NotLiveAnyMore as passed:
            skip(str(passed))
    answers = Counter(each.answer.value for each in decided.decided.decisions)
    log.info("decided %s: %s", decided.run_id, dict(answers))
    if decided.dry:
        log.info("nothing is proposed: %s", decided.dry)
    told = {"run_id": decided.run_id, "customers": sum(answers.values()), "proposed": decided.proposed}
    return told | {name: int(number) for name, number in sorted(answers.items())}


def issue_outputs(run: Told, context: Context) -> Told:
    """Write the workbook, the page and the tables of the day that `reconcile` left, computed again from the ledger.

    A task of an older run that is cleared issues what the day's newest live run knew.
    """
    from csp_receivables import wiring

    plan = RunPlan(
        as_of=date.fromisoformat(run["as_of"]),
        known_at=datetime.fromisoformat(run["known_at"]),
        mode=Mode(run["mode"]),
        because="reconciled by this run",
    )
    customers = customers_of(context)
    with at_work() as (settings, ledger):
        newest = wiring.reconciler(settings, ledger).not_older_than_shown(plan)
        issued = wiring.issue_day(settings, ledger, newest, customers)
        if newest == plan and not customers and issued.digest != run["digest"]:
            raise OutputsDiffer(f"reconciled {run['digest']}, but the same day computed again gives {issued.digest}")
        paths = {"workbook": issued.workbook, "page": issued.page}
        told = {name: str(path.relative_to(settings.home)) for name, path in paths.items()}
    log.info("%s %s", "issued" if issued.changed else "left as it was:", told["workbook"])
    return told | {"digest": issued.digest, "changed": int(issued.changed)}


def publish_actions(run: Told, context: Context) -> Told:
    """Wake those who act. Silent unless the run is live, asked again by the clock of this moment."""
    from csp_receivables.settings import Settings

    settings = Settings.from_environment()
    plan = plan_of(context, settings)
    if run["mode"] != "live" or not is_still_live(plan, settings.clock(), settings.time_zone):
        skip(f"nothing is published: this run was {run['mode']}, and now {plan.because}")
    told = {name: run[name] for name in ("as_of", "run_id", "digest")}
    context["outlet_events"][ACTIONS_PUBLISHED].extra = dict(told)
    log.info("published the actions of %(as_of)s", told)
    return told


def book_payments(context: Context) -> Told:
    """Match what came in with what is open, and book what a rule is sure of."""
    from csp_receivables import wiring

    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        booked = wiring.book_payments(settings, ledger)
    told = {"allocations_booked": booked}
    context["outlet_events"][PAYMENTS_BOOKED].extra = dict(told)
    log.info("booked %d allocations", booked)
    return told


@contextmanager
def at_work() -> Iterator[tuple[Settings, Ledger]]:
    """Settings and ledger for one task; what passes by itself gets the name that is retried."""
    from csp_receivables.settings import Settings
    from csp_receivables.wiring import open_ledger

    os.umask(0o077)  # files hold what customers paid: owner only
    settings = Settings.from_environment()
    ledger = open_ledger(settings)
    try:
        with told_apart():
            yield settings, ledger
    finally:
        ledger.engine.dispose()


def _take(settings: Settings, ledger: Ledger, purpose: str) -> Told:
    from csp_receivables import wiring

    reports = wiring.take_inbox(settings, ledger, purpose)
    told = count_reports(reports)
    log.info("%s inbox: %s", purpose, ", ".join(f"{count} {name}" for name, count in told.items()))
    return told


def count_reports(reports: Sequence[FileReport]) -> dict[str, int]:
    """What importing came to, in numbers."""
    outcomes = Counter(report.outcome.value for report in reports)
    return {
        "files": len(reports),
        **{outcome.value: outcomes[outcome.value] for outcome in Outcome},
        "new_facts": sum(report.new_facts for report in reports),
        "findings": sum(len(report.findings) for report in reports),
    }


def refuse_to_outrun_the_clock(context: Context, settings: Settings) -> None:
    """A demonstration's clock stands still: the schedule of the days after it has nothing to do."""
    if is_after_the_clock(context, settings):
        skip(f"this ledger's clock stands at {settings.clock().isoformat()}, before the day that the schedule means")


def skip(why: str) -> NoReturn:
    """End the task as skipped."""
    from airflow.sdk.exceptions import AirflowSkipException

    raise AirflowSkipException(why)
