"""Where adapters meet the steps of support: `wiring` in a file of its own."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from csp_receivables.adapters.engine import uncollected
from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.account_says import LedgerAccounts
from csp_receivables.adapters.ledger.fetch_book import LedgerSubscriptionBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.support_book import LedgerSupportBook, tenants_of
from csp_receivables.adapters.mailbox import ImapMailbox
from csp_receivables.adapters.notices import as_html as page_of
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.roles_policy import read_roles
from csp_receivables.adapters.support_drafts import Draft, DraftWriter
from csp_receivables.adapters.support_files import read_request_file
from csp_receivables.adapters.support_mail import READ_BYTES_MAX, read_request
from csp_receivables.adapters.support_policy import read_support_policy
from csp_receivables.adapters.support_replies import ReplyLayout
from csp_receivables.adapters.support_terms import terms_document
from csp_receivables.domain.day import Mode
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.microsoft.service_requests import ServiceRequest
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.support.cases import CaseState, SupportCase, case_rows
from csp_receivables.domain.support.handing_on import messages_by_hand
from csp_receivables.domain.support.intake import FoundBy, Intake
from csp_receivables.domain.support.policy import SupportPolicy
from csp_receivables.domain.support.roles import Roles
from csp_receivables.domain.support.vendor_request import vendor_request
from csp_receivables.mail_settings import SUPPORT, MailboxSettings, MailSettings, mailbox_settings
from csp_receivables.mail_wiring import gated_mail, kept_messages, notice_writer, take_files
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.outbox_ports import Waiting
from csp_receivables.settings import Settings
from csp_receivables.steps.hand_on_cases import CaseHandover
from csp_receivables.steps.intake_support import SupportIntake, TakenIn, import_requests
from csp_receivables.steps.look_at_customer import CustomerLook, NoSuchCustomer
from csp_receivables.steps.poll_support import SupportPoll
from csp_receivables.steps.send_notices import Performer
from csp_receivables.steps.send_notices.own_letters import SendOwnLetters
from csp_receivables.wiring import collections_policy, reconciler, seller, support_terms

__all__ = ["NoSuchCustomer", "support_terms"]  # callers see no adapter


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


def any_time(zone: ZoneInfo, now: datetime) -> Moment:
    """What the gate is told of a reader in the house: no quiet hours, no days off."""
    return Moment(now=now, zones=(zone,), country="", working_days_only=False)


def support_policy(settings: Settings) -> SupportPolicy:
    """The rules of support. Raises FileFaults."""
    return read_support_policy(settings.include / "policies" / "support.yaml")


def roles(settings: Settings) -> Roles:
    """Who may see and do what. Raises FileFaults."""
    return read_roles(settings.include / "policies" / "roles.yaml")


def support_book(ledger: Ledger) -> LedgerSupportBook:
    """Cases as people handle them."""
    return LedgerSupportBook(ledger)


def support_mailbox(environment: Mapping[str, str] = os.environ) -> MailboxSettings | None:
    """Where requests come in, for the command line; None: by file or by hand. Raises BadSetting."""
    return mailbox_settings(environment, SUPPORT)


def support_intake(settings: Settings, ledger: Ledger) -> SupportIntake:
    """Everything that taking requests in needs. Raises FileFaults."""
    policy = support_policy(settings)
    return SupportIntake(
        book=LedgerSupportBook(ledger),
        policy=policy,
        read=read_request,
        answer=partial(_answer_by_itself, settings, ledger, policy),
    )


def _answer_by_itself(settings: Settings, ledger: Ledger, policy: SupportPolicy, taken: Intake) -> bool:
    """Answer a new case whose topic the policy names, of a contact that we know. Never anybody else."""
    book = LedgerSupportBook(ledger)
    topic = book.case(taken.case_id).triaged.get("topic", "")
    if topic not in policy.answers.topics or taken.found_by is not FoundBy.ADDRESS:
        return False
    draft = case_draft(settings, ledger, taken.case_id)
    machine = Person(name="support policy", why=f"answers {topic} by itself")
    return bool(book.reply(taken.case_id, draft.text, draft.language, machine, policy.answers.per_day_max))


def case_draft(settings: Settings, ledger: Ledger, case_id: str, language: str = "") -> Draft:
    """The answer to a case from the ledger, for a person to look at. Raises ByHandRefused for an unknown case."""
    case = LedgerSupportBook(ledger).case(case_id)
    account = None
    if case.customer_id:
        day = settings.yesterday()
        plan = RunPlan(as_of=day, known_at=None, mode=Mode.HISTORICAL, because="a draft looks only")
        account = customer_look(settings, ledger).account(plan, case.customer_id)
    writer = DraftWriter(
        templates=settings.include / "templates" / "support", seller=seller(settings), policy=support_policy(settings)
    )
    return writer.draft(case, account, language)


def read_support_mailbox(settings: Settings, ledger: Ledger, mailbox: MailboxSettings) -> TakenIn:
    """Take what is new in the mailbox of support. Raises MailboxFailed."""
    return support_intake(settings, ledger).from_mailbox(ImapMailbox(mailbox, bytes_max=READ_BYTES_MAX + 1))


def take_support_files(settings: Settings, ledger: Ledger) -> tuple[FileReport, ...]:
    """Take requests from CSV and JSON files in `inbox/support`. Raises InboxFailed."""
    return take_files(settings, "support", partial(import_support_file, settings, ledger))


def import_support_file(settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    """Import one file of requests; the same bytes again change nothing."""
    return import_requests(path, read_request_file, support_intake(settings, ledger))


def reply_sender(settings: Settings, ledger: Ledger, mail: MailSettings) -> SendOwnLetters:
    """Everything that sending letters about cases needs: replies, and what providers are handed."""
    words = CaseWords(book=LedgerSupportBook(ledger), layout=reply_layout(settings), policy=support_policy(settings))
    return SendOwnLetters(
        performer=own_performer(settings, ledger, mail, ""),
        words=words,
        moment=partial(any_time, settings.time_zone),
        kinds=(OwnLetter.CASE_REPLY, OwnLetter.CASE_HANDOVER),
    )


def case_handover(settings: Settings, ledger: Ledger) -> CaseHandover:
    """What hands cases on to the providers that the terms name. Raises FileFaults."""
    return CaseHandover(book=LedgerSupportBook(ledger), terms=support_terms(settings))


def hand_on(settings: Settings, ledger: Ledger, case_id: str, who: Person) -> Sequence[str]:
    """Hand a case on to its customer's provider by hand; the ids of the letters. Raises ByHandRefused."""
    book = LedgerSupportBook(ledger)
    terms = support_terms(settings).of(book.case(case_id).customer_id)
    return book.hand_on(case_id, terms, partial(messages_by_hand, terms=terms), who)


def reply_layout(settings: Settings) -> ReplyLayout:
    """How a reply looks."""
    who = seller(settings)
    return ReplyLayout(
        sender=who.name, reply_to=who.support.email, templates=settings.include / "templates" / "notices"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWords:
    """Implements outbox_ports.LetterWords for letters about cases: what was put into the outbox, laid out."""

    book: LedgerSupportBook
    layout: ReplyLayout
    policy: SupportPolicy

    def why_not_wanted(self, action: Waiting) -> str:
        """A person asked for a reply; a provider needs no case that was closed meanwhile."""
        if action.kind is OwnLetter.CASE_HANDOVER and self._case(action)[0].state is CaseState.CLOSED:
            return "the case is closed"
        return ""

    def write(self, action: Waiting) -> Content:
        """The letter. Raises LookupError when its event is not there."""
        case, number = self._case(action)
        told = case.story[number - 1]
        if action.kind is OwnLetter.CASE_HANDOVER:
            customer = self.book.customer(case.customer_id)
            return self.layout.handover(case, told, case_rows(case, self.policy, customer.name if customer else ""))
        return self.layout.reply(case, told.what)

    def _case(self, action: Waiting) -> tuple[SupportCase, int]:
        _, case_id, number, *_ = action.action_id.split("/")
        return self.book.case(case_id), int(number)


def support_poll(ledger: Ledger, one: Callable[[str], ServiceRequest]) -> SupportPoll:
    """What asks Microsoft how filed requests stand. `one`: a reader's."""
    return SupportPoll(book=LedgerSupportBook(ledger), one=one, refusal=MicrosoftRefused)


def request_for_microsoft(settings: Settings, ledger: Ledger, case_id: str) -> str:
    """What a person pastes into Microsoft's form. Raises ByHandRefused for an unknown case."""
    case = LedgerSupportBook(ledger).case(case_id)
    with ledger.reading() as connection:
        tenants = tenants_of(connection, case.customer_id)
        named = [each for tenant in tenants for each in LedgerSubscriptionBook(ledger).known(tenant)]
    subscriptions = [f"{each.subscription_id} ({each.offer_name})" for each in named if each.family is case.family]
    return vendor_request(case, support_policy(settings), tenants, subscriptions)


def customer_look(settings: Settings, ledger: Ledger) -> CustomerLook:
    """What gathers one customer with everything in hand. Raises FileFaults."""
    rules = reconciler(settings, ledger)
    return CustomerLook(
        books=rules.books,
        says=LedgerAccounts(ledger).says,
        engine=partial(uncollected, rules.engine),
        collections=collections_policy(settings),
        matching=rules.policy,
        lines=rules.lines,
        interest=read_late_interest(settings.include / "policies" / "late_interest.yaml"),
    )


def terms_text(settings: Settings, customer_id: str, language: str, *, as_html: bool) -> str:
    """The support terms of a customer as a document. Raises FileFaults."""
    templates = settings.include / "templates" / "notices"
    document = terms_document(support_terms(settings).of(customer_id), seller(settings), language, templates)
    return page_of(document, templates) if as_html else as_text(document)
