"""An escalation reporter and its sender on a real ledger, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

from csp_receivables.adapters.collections_policy import parse_collections_policy
from csp_receivables.adapters.escalation.files import EscalationFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.escalation_book import LedgerEscalationBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.domain.booking import NO_LINE_RULES
from csp_receivables.domain.escalation.items import ReportKind, Section
from csp_receivables.domain.escalation.policy import EscalationPolicy, Reader
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import House, Moment
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.escalation_wiring import ReportWords
from csp_receivables.mail_settings import MailSettings
from csp_receivables.steps.report_escalations import EscalationReporter, Reported
from csp_receivables.steps.send_notices import Performer, Sent
from csp_receivables.steps.send_notices.own_letters import SendOwnLetters
from tests.ledgers_with_debtors import live
from tests.letters import STOCKHOLM
from tests.one_duckdb import rules_room
from tests.outbox_desk import Words

INCLUDE = Path(__file__).parents[1] / "include"
# Whoever is two weeks late is handed over at once: no letters are needed before.
COLLECTIONS = """
name: standard
live_from: 2026-01-01
dry_days: 0
stages:
  - {name: escalation, act: escalate, owner: head of finance, when: {days_min: 14}}
"""
READERS = (Reader(email="finance@partner.example", name="Finance"), Reader(email="ceo@partner.example", name=""))
POLICY = EscalationPolicy(
    readers={ReportKind.DAILY: READERS, ReportKind.WEEKLY: READERS[:1]},
    owners=dict.fromkeys(Section, "accounts receivable"),
    shown_max=3,
)


@dataclass
class EscalationDesk:
    """What a test needs to report on a ledger and to see what was sent."""

    ledger: Ledger
    folder: Path
    house: House = field(default_factory=lambda: House(is_production=True))
    policy: EscalationPolicy = POLICY
    collections: str = COLLECTIONS
    is_live: bool = True

    @property
    def book(self) -> LedgerEscalationBook:
        return LedgerEscalationBook(self.ledger, STOCKHOLM)

    @property
    def files(self) -> EscalationFiles:
        return EscalationFiles(outputs=self.folder, include=INCLUDE, sender="Partner AB", shown_max=3)

    def reporter(self) -> EscalationReporter:
        return EscalationReporter(
            book=self.book,
            files=self.files,
            engine=partial(rules_room, self.folder / "spill"),
            collections=parse_collections_policy("collections.yaml", self.collections),
            matching=MatchingPolicy(),
            lines=NO_LINE_RULES,
            policy=self.policy,
            is_still_live=lambda _: self.is_live,
        )

    def report(self, plan: RunPlan | date, kind: ReportKind = ReportKind.DAILY) -> Reported:
        return self.reporter().report(kind, live(plan) if isinstance(plan, date) else plan)

    def send(self, mail: MailSettings) -> Sent:
        performer = Performer(
            outbox=LedgerOutbox(self.ledger),
            writer=Words(),
            mail=GatedMail(mail, lambda: self.house, Pace(100_000, lambda: 0.0, lambda _: None)),
            store=KeptMessages(self.folder / "messages"),
            clock=self.ledger.clock,
            zone=STOCKHOLM,
            domain="partner.example",
            token="worker",
        )
        sender = SendOwnLetters(
            performer=performer,
            words=ReportWords(book=self.book, files=self.files),
            moment=_any_time,
            kinds=(OwnLetter.ESCALATION_REPORT,),
        )
        return sender.send()


def _any_time(now: datetime) -> Moment:
    return Moment(now=now, zones=(STOCKHOLM,), country="", working_days_only=False)
