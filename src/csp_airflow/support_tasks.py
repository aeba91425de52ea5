"""What the tasks of support do. Logs and XCom carry counts, no names, no address and no word of a mail."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from csp_airflow import connections
from csp_airflow.mail_tasks import refuse_the_past
from csp_airflow.tasks import Context, Told, at_work, count_reports, refuse_to_outrun_the_clock, skip
from csp_airflow.troubles import PassingTrouble

if TYPE_CHECKING:
    from csp_receivables.settings import Settings

log = logging.getLogger(__name__)


def read_mailbox(context: Context) -> Told:
    """Take what is new in the mailbox of support; skipped where none is set."""
    from csp_receivables import mail_wiring, support_wiring

    mailbox = connections.mailbox(name=connections.IMAP_SUPPORT)
    if mailbox is None:
        skip("no mailbox is set (Airflow's connection imap_support, or CSP_SUPPORT_IMAP_URL)")
    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        try:
            taken = support_wiring.read_support_mailbox(settings, ledger, mailbox)
        except mail_wiring.MailboxFailed as failure:
            raise PassingTrouble(str(failure)) from failure
    told: Told = {**taken.counts, "findings": len(taken.findings)}
    log.info("%s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return told


def take_files(context: Context) -> Told:
    """Take requests from files in `inbox/support`."""
    from csp_receivables import support_wiring

    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        told = count_reports(support_wiring.take_support_files(settings, ledger))
    log.info("support inbox: %s", ", ".join(f"{count} {name}" for name, count in told.items()))
    return dict(told)


def send_replies(context: Context) -> Told:
    """Hand cases on to their providers, and hand over what waits: replies of people and of the policy, and those."""
    from csp_receivables import support_wiring

    with at_work() as (settings, ledger):
        _speaks_for_now(context, settings)
        handed_on = support_wiring.case_handover(settings, ledger).run()
        sent = support_wiring.reply_sender(settings, ledger, connections.mail()).send()
    for reason, count in sent.waits.items():
        log.info("%d wait: %s", count, reason)
    return {"handed_on": handed_on, **sent.ended, "waits": sum(sent.waits.values()), "findings": len(sent.findings)}


def poll(context: Context) -> Told:
    """Ask Microsoft how the requests stand that were filed there."""
    from csp_airflow.microsoft_tasks import at_microsoft
    from csp_receivables import support_wiring

    with at_microsoft(context) as (_, ledger, reader):
        told = support_wiring.support_poll(ledger, reader.service_requests.one).run()
    log.info("%s", dict(told))
    return dict(told)


def _speaks_for_now(context: Context, settings: Settings) -> None:
    refuse_to_outrun_the_clock(context, settings)
    refuse_the_past(context, settings)
