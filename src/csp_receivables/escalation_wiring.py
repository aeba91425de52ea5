"""Where adapters meet the steps of escalation: `wiring` in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.engine import uncollected
from csp_receivables.adapters.escalation.agency_files import AgencyFiles, claim_data
from csp_receivables.adapters.escalation.files import EscalationFiles
from csp_receivables.adapters.escalation.pack import PackFiles
from csp_receivables.adapters.escalation.write_off_files import WriteOffFiles
from csp_receivables.adapters.escalation_policy import read_escalation_policy
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.account_says import LedgerAccounts
from csp_receivables.adapters.ledger.agency_book import LedgerAgencyBook
from csp_receivables.adapters.ledger.escalation_book import LedgerEscalationBook
from csp_receivables.adapters.ledger.write_off_book import LedgerWriteOffBook
from csp_receivables.domain.collections.cases import Hold
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.account import CustomerAccount
from csp_receivables.domain.escalation.agency import agency_claim, refuse_held
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.policy import EscalationPolicy
from csp_receivables.domain.escalation.write_offs import WriteOff, booked, needs_second, proposed_parts, refuse_booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching_by_hand.books import Situation
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.support.policy import SupportPolicy
from csp_receivables.mail_settings import MailSettings
from csp_receivables.outbox_ports import Waiting
from csp_receivables.settings import Settings
from csp_receivables.steps.look_at_customer import NoSuchCustomer
from csp_receivables.steps.report_escalations import EscalationReporter, NotTheDayAnyMore
from csp_receivables.steps.send_notices.own_letters import SendOwnLetters
from csp_receivables.support_wiring import any_time, customer_look, own_performer, support_policy
from csp_receivables.wiring import collections_policy, reconciler, seller

__all__ = ["NoSuchCustomer", "NotTheDayAnyMore"]  # refusals that callers name; they see no adapter


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
        support=_usable_support_policy(settings),
        vendor_term_days=settings.vendor_term_days,
    )


def _usable_support_policy(settings: Settings) -> SupportPolicy | None:
    """A fault in the rules of support does not hold up the report of debts, which says what it leaves out."""
    try:
        return support_policy(settings)
    except FileFaults:
        return None


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
        moment=partial(any_time, settings.time_zone),
        kinds=(OwnLetter.ESCALATION_REPORT,),
        historical=historical,
    )


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


def pack_files(settings: Settings) -> PackFiles:
    """How packs look, and where they lie."""
    return PackFiles(outputs=settings.outputs, include=settings.include, sender=seller(settings).name)


def escalation_pack(settings: Settings, ledger: Ledger, plan: RunPlan, customer_id: str) -> Sequence[Path]:
    """The pack of one customer as files. Raises NoSuchCustomer."""
    return pack_files(settings).write(customer_look(settings, ledger).account(plan, customer_id))


def propose_packs(settings: Settings, ledger: Ledger, as_of: date) -> int:
    """Propose the packs of whom that day's live decisions hand over; how many letters are new. Raises FileFaults."""
    book = LedgerEscalationBook(ledger, settings.time_zone)
    return book.propose_packs(as_of, escalation_policy(settings).pack_readers)


def pack_sender(settings: Settings, ledger: Ledger, mail: MailSettings) -> SendOwnLetters:
    """Everything that handing packs to the house needs; they leave by the gate."""
    plan = RunPlan(as_of=settings.yesterday(), known_at=None, mode=Mode.HISTORICAL, because="a pack looks only")
    performer = own_performer(settings, ledger, mail, "")
    words = PackWords(
        waiting=lambda: performer.outbox.waiting((OwnLetter.ESCALATION_PACK,)),
        accounts=lambda ids: customer_look(settings, ledger).accounts(plan, ids),
        files=pack_files(settings),
    )
    moment = partial(any_time, settings.time_zone)
    return SendOwnLetters(performer=performer, words=words, moment=moment, kinds=(OwnLetter.ESCALATION_PACK,))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackWords:
    """Implements outbox_ports.LetterWords for packs: who waits is looked at once, with the first of them."""

    waiting: Callable[[], Sequence[Waiting]]
    accounts: Callable[[Sequence[str]], Sequence[CustomerAccount]]
    files: PackFiles
    _looked: dict[str, CustomerAccount] = field(default_factory=dict, init=False)

    def why_not_wanted(self, action: Waiting) -> str:
        """Who has paid meanwhile needs no pack."""
        return "" if self._account(action).overdue() else "nothing is overdue any more"

    def write(self, action: Waiting) -> Content:
        """The letter, as of now; its files lie among the outputs as well. Raises NoSuchCustomer."""
        account = self._account(action)
        self.files.write(account)
        return self.files.letter(account)

    def _account(self, action: Waiting) -> CustomerAccount:
        if action.customer_id not in self._looked:
            ids = sorted({each.customer_id for each in self.waiting()} | {action.customer_id})
            self._looked.update({each.customer_id: each for each in self.accounts(ids)})
        return self._looked[action.customer_id]


def agency_book(ledger: Ledger) -> LedgerAgencyBook:
    """Debts that were handed to a collection agency."""
    return LedgerAgencyBook(ledger)


def hand_to_agency(  # noqa: PLR0917 - what a handover is made of
    settings: Settings, ledger: Ledger, customer_id: str, numbers: Sequence[str], agency: str, who: Person
) -> tuple[Mapping[str, Any], Sequence[Path]]:
    """Hand over what is overdue of a customer as of yesterday; what was kept, and the files.

    Kept first: files that a crash left unwritten are written by `write_handover`. Raises ByHandRefused, NoSuchCustomer.
    """
    plan = RunPlan(as_of=settings.yesterday(), known_at=None, mode=Mode.HISTORICAL, because="a handover looks first")
    claim = agency_claim(customer_look(settings, ledger).account(plan, customer_id), numbers)
    today = settings.clock().astimezone(settings.time_zone).date()
    data = claim_data(claim, seller(settings))

    def refuse(holds: Sequence[Hold]) -> None:
        refuse_held(claim, holds, claim.account.case, today)

    document = agency_book(ledger).hand_over(claim, data, agency, who, today, refuse)
    return document, AgencyFiles(outputs=settings.outputs).write(document, claim.account.says.people)


def write_handover(settings: Settings, ledger: Ledger, handover_id: str) -> Sequence[Path]:
    """Write the files of a handover again. Raises ByHandRefused for an unknown one."""
    document = agency_book(ledger).document(handover_id)
    people = LedgerAccounts(ledger).says(document["debtor"]["customer_id"], ledger.everything_known()).people
    return AgencyFiles(outputs=settings.outputs).write(document, people)


def write_off_book(ledger: Ledger) -> LedgerWriteOffBook:
    """Debts that are given up."""
    return LedgerWriteOffBook(ledger)


def propose_write_off(
    settings: Settings, ledger: Ledger, customer_id: str, numbers: Sequence[str], who: Person
) -> tuple[WriteOff, Sequence[Path]]:
    """Propose to write off what is open as of yesterday. Raises ByHandRefused, NoSuchCustomer."""
    limits = escalation_policy(settings).second_person_above
    plan = RunPlan(as_of=settings.yesterday(), known_at=None, mode=Mode.HISTORICAL, because="a proposal looks first")
    account = customer_look(settings, ledger).account(plan, customer_id)
    parts, is_taken = proposed_parts(account, numbers), account.case.suspension is not None
    proposal = write_off_book(ledger).propose(customer_id, parts, who, had_access_taken=is_taken)
    files = WriteOffFiles(outputs=settings.outputs, include=settings.include, sender=seller(settings).name)
    today = settings.clock().astimezone(settings.time_zone).date()
    return proposal, files.write(proposal, account.name, today, needs_second=needs_second(proposal, limits))


def book_write_off(
    settings: Settings, ledger: Ledger, write_off_id: str, who: Person, *, access_returns: bool
) -> WriteOff:
    """Book a proposal on the facts of the moment. Raises ByHandRefused, AlreadyDone, FileFaults."""
    rules, today = reconciler(settings, ledger), settings.clock().astimezone(settings.time_zone).date()
    limits = escalation_policy(settings).second_person_above

    def entries(proposal: WriteOff, facts: Facts) -> pa.Table:
        refuse_booking(proposal, who, limits, access_returns=access_returns)
        situation = Situation(facts=facts, policy=rules.policy, lines=rules.lines)
        with uncollected(rules.engine) as connection:
            return booked(connection, situation, proposal, who, today)

    return write_off_book(ledger).book(write_off_id, who, today, entries)
