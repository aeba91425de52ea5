"""What the tasks do that write to customers and read what comes back. Logs and XCom carry no address."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from csp_airflow import connections
from csp_airflow.run_context import SCHEDULED, why_not_now
from csp_airflow.tasks import Context, Told, at_work, count_reports, refuse_to_outrun_the_clock, skip
from csp_airflow.troubles import PassingTrouble

if TYPE_CHECKING:
    from csp_receivables.settings import Settings

log = logging.getLogger(__name__)


class NotForThePast(RuntimeError):
    """A run that writes to customers was started for another day than today."""


def send_notices(context: Context) -> Told:
    """Relay what is due in the outbox: last look, render, gate, hand over. Refuses to speak for the past."""
    from csp_receivables import mail_wiring

    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        refuse_the_past(context, settings)
        sent = mail_wiring.notice_sender(settings, ledger, connections.mail()).send()
    told: Told = {**sent.ended, "waits": sum(sent.waits.values()), "findings": len(sent.findings)}
    for reason, count in sent.waits.items():
        log.info("%d wait: %s", count, reason)
    if sent.because:
        log.warning("ended early: %s", sent.because)
    log.info("%s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return told


def import_bounces(context: Context) -> Told:
    """Take files with bounces from `inbox/bounces`."""
    from csp_receivables import mail_wiring

    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        refuse_the_past(context, settings)
        told = count_reports(mail_wiring.take_bounces(settings, ledger))
    log.info("bounces inbox: %s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return dict(told)


def read_mailbox(context: Context) -> Told:
    """Read the mailbox of bounces; skipped where none is set."""
    from csp_receivables import mail_wiring

    mailbox = connections.mailbox()
    if mailbox is None:
        skip("no mailbox is set (Airflow's connection imap_bounces, or CSP_IMAP_URL)")
    with at_work() as (settings, ledger):
        refuse_to_outrun_the_clock(context, settings)
        refuse_the_past(context, settings)
        try:
            read = mail_wiring.read_mailbox(settings, ledger, mailbox)
        except mail_wiring.MailboxFailed as failure:
            raise PassingTrouble(str(failure)) from failure
    told: Told = {"mails": read.mails, "findings": len(read.findings), **read.counts}
    log.info("%s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return told


def refuse_the_past(context: Context, settings: Settings) -> None:
    """What acts speaks for now: a scheduled run for another day is skipped, any other one fails."""
    why = why_not_now(context, settings)
    if why and context["dag_run"].run_type == SCHEDULED:
        skip(f"nothing is done: {why}")
    if why:
        raise NotForThePast(f"nothing is done: {why}; start it without a date")
