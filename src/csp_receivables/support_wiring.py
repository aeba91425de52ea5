"""Where adapters meet the steps of escalation and support: `wiring` in a file of its own."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from csp_receivables.adapters.engine import uncollected
from csp_receivables.adapters.escalation.files import EscalationFiles
from csp_receivables.adapters.escalation_policy import read_escalation_policy
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.escalation_book import LedgerEscalationBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.policy import EscalationPolicy
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.mail_settings import MailSettings
from csp_receivables.mail_wiring import gated_mail, kept_messages, notice_writer
from csp_receivables.outbox_ports import Waiting
from csp_receivables.settings import Settings
from csp_receivables.steps.report_escalations import EscalationReporter, NotTheDayAnyMore
from csp_receivables.steps.send_notices import Performer
from csp_receivables.steps.send_notices.own_letters import SendOwnLetters
from csp_receivables.wiring import collections_policy, reconciler, seller

__all__ = ["NotTheDayAnyMore"]  # refusals that callers name; they see no adapter


def escalation_policy(settings: Settings) -> EscalationPolicy:
    """Who hears what of escalation. Raises FileFaults."""
    return read_escalation_policy(settings.include / "policies" / "escalation.yaml")


def escalation_reporter(settings: Settings, ledger: Ledger) -> EscalationReporter:
    """Everything that compiling an escalation report needs. Raises FileFaults for a policy that can't be used."""
    rules = reconciler(settings, ledger)
    return EscalationReporter(
        book=LedgerEscalationBook(ledger, settings.time_zone),
        files=escalation_files(settings),
        engine=partial(uncollected, rules.engine),
        collections=collections_policy(settings),
        matching=rules.policy,
        lines=rules.lines,
        policy=escalation_policy(settings),
        is_still_live=rules.is_still_live,
    )


def escalation_files(settings: Settings) -> EscalationFiles:
    """The report as files, under CSP_HOME/outputs."""
    return EscalationFiles(
        outputs=settings.outputs,
        include=settings.include,
        sender=seller(settings).name,
        shown_max=escalation_policy(settings).shown_max,
    )


def report_sender(settings: Settings, ledger: Ledger, mail: MailSettings, historical: str = "") -> SendOwnLetters:
    """Everything that sending the report needs; it leaves by the gate, like every letter."""
    words = ReportWords(book=LedgerEscalationBook(ledger, settings.time_zone), files=escalation_files(settings))
    performer = own_performer(settings, ledger, mail, historical)
    return SendOwnLetters(
        performer=performer,
        words=words,
        moment=partial(_any_time, settings.time_zone),
        kinds=(OwnLetter.ESCALATION_REPORT,),
        historical=historical,
    )


def own_performer(settings: Settings, ledger: Ledger, mail: MailSettings, historical: str) -> Performer:
    """What hands over letters that nothing is decided about."""
    return Performer(
        outbox=LedgerOutbox(ledger),
        writer=notice_writer(settings),
        mail=gated_mail(settings, ledger, mail, historical),
        store=kept_messages(settings),
        clock=settings.clock,
        zone=settings.time_zone,
        domain=mail.domain,
        token=f"{socket.gethostname()}/{os.getpid()}/{time.monotonic_ns()}",
    )


def _any_time(zone: ZoneInfo, now: datetime) -> Moment:
    """What the gate is told of a reader in the house: no quiet hours, no days off."""
    return Moment(now=now, zones=(zone,), country="", working_days_only=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWords:
    """Implements outbox_ports.LetterWords for the report: what was kept, laid out again."""

    book: LedgerEscalationBook
    files: EscalationFiles

    def why_not_wanted(self, action: Waiting) -> str:
        """A report that a newer one of its kind has overtaken is not news any more."""
        kind = ReportKind(action.stage)
        newest = self.book.newest(kind)
        if newest is not None and newest > action.decided_on:
            return f"there is a newer report, of {newest}"
        return ""

    def write(self, action: Waiting) -> Content:
        """The letter. Raises LookupError when the report is not kept."""
        report = self.book.kept(action.run_id)
        if report is None:
            raise LookupError(f"no report {action.run_id} is kept")
        return self.files.letter(report)
