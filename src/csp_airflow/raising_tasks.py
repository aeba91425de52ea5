"""What the tasks do that raise receivables: show what would be raised, and issue what a person confirmed.

Logs and XCom carry ids, numbers and amounts of documents, and no personal data.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from csp_airflow.access_tasks import starter
from csp_airflow.run_context import why_not_now
from csp_airflow.tasks import Context, Told, at_work, refuse_to_outrun_the_clock, skip
from csp_receivables.domain.run_plan import RunPlan, plan_run

if TYPE_CHECKING:
    from csp_receivables.domain.pricing.documents import Raising
    from csp_receivables.settings import Settings

log = logging.getLogger(__name__)
SHOW, ISSUE = "Show only", "Issue"
WHATS = [SHOW, ISSUE]


class NotConfirmed(ValueError):
    """What is to be issued was not named by the code of what was shown."""


def preview(context: Context) -> Told:
    """Show in the log what the vendor invoice wants now; the code stands for exactly that."""
    from csp_receivables import money_wiring

    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        step = money_wiring.raise_receivables(settings, ledger)
        raising = step.preview(_plan(settings), _invoice(context), _day(context, settings))
    _log(raising)
    return {"documents": len(raising.drafts), "findings": len(raising.findings), "code": raising.code}


def issue(context: Context) -> Told:
    """Issue what the person who started this run confirmed. Raises NotConfirmed, NotToBeRaised, PermissionError."""
    from csp_receivables import money_wiring

    params = context["params"]
    if params["what"] != ISSUE:
        skip("only to show was asked for")
    code = str(params["code"]).strip()
    if not code:
        raise NotConfirmed("give the code that the log of `preview` ends with: only what was shown is issued")
    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        who = starter(context, settings)
        step = money_wiring.raise_receivables(settings, ledger)
        raising, issued = step.issue(
            _plan(settings), _invoice(context), _day(context, settings), who.name, confirmed=code
        )
    numbers = issued.receivables["number"].to_pylist()
    log.info("issued: %s", ", ".join(numbers) or "nothing, for nothing is left to issue")
    return {"issued": len(numbers), "numbers": ", ".join(numbers), "findings": len(raising.findings)}


def _log(raising: Raising) -> None:
    from csp_receivables.domain.money import Money

    for draft in raising.drafts:
        net, gross = Money(draft.net, draft.currency), Money(draft.gross, draft.currency)
        log.info("%s: %s of %d lines, net %s, gross %s", draft.customer_id, draft.kind, len(draft.lines), net, gross)
    for finding in raising.findings:
        log.warning("%s", finding)
    log.info("%d documents, code %s", len(raising.drafts), raising.code)


def _invoice(context: Context) -> str:
    invoice = str(context["params"]["vendor_invoice"]).strip()
    if not invoice:
        raise ValueError("name the vendor invoice, G… or D…; csp charges ready lists those that may be billed from")
    return invoice


def _day(context: Context, settings: Settings) -> date:
    text = context["params"].get("issued_on")
    return date.fromisoformat(text) if text else settings.clock().astimezone(settings.time_zone).date()


def _plan(settings: Settings) -> RunPlan:
    return plan_run(now=settings.clock(), zone=settings.time_zone, as_of=settings.yesterday(), historical=True)


def _speaks_for_now(context: Context, settings: Settings) -> None:
    refuse_to_outrun_the_clock(context, settings)
    if why := why_not_now(context, settings):
        skip(f"receivables are raised now only: {why}")
