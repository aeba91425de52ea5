"""What the tasks of escalation do. Logs and XCom carry counts and ids, no names and no address."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from csp_airflow import connections
from csp_airflow.run_context import plan_of
from csp_airflow.tasks import Context, Told, at_work, refuse_to_outrun_the_clock, skip
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.run_plan import is_still_live

if TYPE_CHECKING:
    from csp_receivables.settings import Settings
    from csp_receivables.steps.send_notices import Sent

log = logging.getLogger(__name__)


def compile_report(kind: str, context: Context) -> Told:
    """Compile the report of the run's day and keep it; live, propose it to its readers."""
    from csp_receivables import escalation_wiring

    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        plan = plan_of(context, settings)
        reported = escalation_wiring.escalation_reporter(settings, ledger).report(ReportKind(kind), plan)
        page = str(reported.files[0].relative_to(settings.home))
    made = reported.report
    log.info("as of %s, %s because %s: %s", plan.as_of, plan.mode.value, plan.because, page)
    return {
        "run_id": reported.run_id,
        "as_of": plan.as_of.isoformat(),
        "mode": plan.mode.value,
        "digest": made.digest,
        "items": len(made.items),
        "new": len(made.changed.new),
        "proposed": reported.proposed,
        "page": page,
    }


def send_report(run: Told, context: Context) -> Told:
    """Hand the report over to its readers. Skipped unless the run is live, asked again by the clock of this moment."""
    from csp_receivables import escalation_wiring

    with at_work() as (settings, ledger):
        _skip_unless_live(run, context, settings)
        return _told(escalation_wiring.report_sender(settings, ledger, connections.mail()).send())


def hand_over_packs(run: Told, context: Context) -> Told:
    """Hand packs to the house of whom the day's decisions hand over, each once. Skipped unless the run is live."""
    from csp_receivables import escalation_wiring

    with at_work() as (settings, ledger):
        _skip_unless_live(run, context, settings)
        proposed = escalation_wiring.propose_packs(settings, ledger, plan_of(context, settings).as_of)
        sent = escalation_wiring.pack_sender(settings, ledger, connections.mail()).send()
    return {"proposed": proposed, **_told(sent)}


def _skip_unless_live(run: Told, context: Context, settings: Settings) -> None:
    plan = plan_of(context, settings)
    if run["mode"] != Mode.LIVE.value or not is_still_live(plan, settings.clock(), settings.time_zone):
        skip(f"nothing is sent: this run was {run['mode']}, and now {plan.because}")


def _told(sent: Sent) -> Told:
    for reason, count in sent.waits.items():
        log.info("%d wait: %s", count, reason)
    if sent.because:
        log.warning("ended early: %s", sent.because)
    return {**sent.ended, "waits": sum(sent.waits.values()), "findings": len(sent.findings)}
