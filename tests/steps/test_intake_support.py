"""Requests come in from a real mailbox: a case from mail to vehicle and back to the customer; nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from csp_receivables import support_wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.contacts import LedgerContactBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.support_book import LedgerSupportBook
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.mailbox import ImapMailbox
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.adapters.partner_center.reader import Reader, open_reader
from csp_receivables.adapters.support_files import read_request_file
from csp_receivables.adapters.support_mail import read_request
from csp_receivables.adapters.support_replies import ReplyLayout
from csp_receivables.adapters.support_terms import read_support_terms
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import House, Moment
from csp_receivables.domain.support.cases import CaseEvent, CaseState
from csp_receivables.domain.support.handing_on import messages_by_hand
from csp_receivables.domain.support.policy import Kind
from csp_receivables.domain.support.terms import TermsBook
from csp_receivables.domain.support.vehicles import vehicle_for
from csp_receivables.steps.hand_on_cases import CaseHandover
from csp_receivables.steps.intake_support import SupportIntake, import_requests
from csp_receivables.steps.send_notices import Performer
from csp_receivables.steps.send_notices.own_letters import SendOwnLetters
from csp_receivables.support_wiring import CaseWords
from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN
from emulator.state import ServiceRequest as Ticket
from tests.conftest import StandingClock
from tests.domain.support.test_vehicles import POLICY
from tests.emulator.serving import empty_world
from tests.escalation_desk import INCLUDE
from tests.imap_server import ImapServer, imap_server
from tests.ledgers_with_debtors import owe, receivable
from tests.letters import STOCKHOLM, mail
from tests.mail_server import ACCEPT_AND_DROP, mail_server
from tests.microsoft_server import TENANT, identity
from tests.outbox_desk import Words

NUMBER = "615101415505107"
ADA = Person(name="Ada Lund", why="they asked")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def book(ledger: Ledger) -> LedgerSupportBook:
    """C1 and C2 each have a contact at customer.example; C1 owes A1 and has a tenant."""
    owe(ledger, receivable("C1", "INV-100"), receivable("C2", "INV-200"))
    tenant = {"tenant_id": "11111111-2222-3333-4444-555555555555", "customer_id": "C1", "mapped": True}
    with ledger.writing() as writing:
        writing.connection.execute(t.customer_tenant.insert().values(**tenant, recorded_at=writing.recorded_at))
    return LedgerSupportBook(ledger)


@pytest.fixture
def intake(book: LedgerSupportBook) -> SupportIntake:
    return SupportIntake(book=book, policy=POLICY, read=read_request, answer=lambda _: False)


def letter(sender: str, subject: str = "Invoice", text: str = "Why?", **headers: str) -> bytes:
    made = EmailMessage(policy=SMTP)
    for name, value in ({"From": sender, "Subject": subject} | headers).items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def codes(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        return list(connection.execute(select(t.finding.c.code).order_by(t.finding.c.code)).scalars())


def take(intake: SupportIntake, *mails: bytes) -> dict[str, int]:
    class Box:
        def read(self, take: object) -> int:
            for each in mails:
                take(each)  # type: ignore[operator]
            return len(mails)

    return dict(intake.from_mailbox(Box()).counts)  # type: ignore[arg-type]


def test_a_case_goes_from_mail_to_vehicle_to_microsoft_and_back(
    intake: SupportIntake, book: LedgerSupportBook, server: ImapServer, tmp_path: Path
) -> None:
    asked = letter("Bo <c1@customer.example>", "Outage in Azure", "everyone is out", Message_ID="<1@customer.example>")
    folder = f"Support {tmp_path.name}"
    server.put(folder, asked, b"no mail at all", asked)

    told = intake.from_mailbox(ImapMailbox(server.settings(folder)))
    case = book.case(told.opened[0])

    assert (told.counts["opened"], told.counts["known"], told.counts["unreadable"]) == (1, 1, 1)
    assert (case.customer_id, case.found_by, case.severity) == ("C1", "address", "A")
    choice = vehicle_for(case.kind, case.family, case.severity, POLICY)
    assert choice.vehicle is not None
    assert choice.vehicle.name == "advanced_support"

    book.append(case.case_id, CaseEvent.ESCALATED, "Ada Lund", {"number": NUMBER})
    assert book.case(case.case_id).state is CaseState.WITH_MICROSOFT


def test_microsoft_is_asked_how_a_request_stands_over_the_wire(book: LedgerSupportBook, intake: SupportIntake) -> None:
    take(intake, letter("c1@customer.example", "Outage"), letter("c1@customer.example", "Another"))
    book.append("S-000001", CaseEvent.ESCALATED, "Ada Lund", {"number": NUMBER})
    book.append("S-000002", CaseEvent.ESCALATED, "Ada Lund", {"number": "1"})
    with Emulator(empty_world()) as emulator, at_microsoft(emulator) as reader:
        _request_stands(emulator, "attention_needed")
        poll = support_wiring.support_poll(book.ledger, reader.service_requests.one)

        assert (poll.run(), poll.run()) == ({"changed": 1, "refused": 1}, {"unchanged": 1, "refused": 1})
        told = book.case("S-000001").story[-1]
        assert (told.event, told.what["status"], told.what["severity"]) == (
            CaseEvent.VENDOR, "attention_needed", "critical",
        )  # fmt: skip
        assert book.case("S-000001").state is CaseState.WITH_MICROSOFT

        _request_stands(emulator, "closed")
        assert poll.run() == {"changed": 1, "refused": 1}

    assert book.case("S-000001").state is CaseState.OPEN, "our customer still waits for our word"
    assert book.case("S-000002").state is CaseState.WITH_MICROSOFT, "Microsoft does not know that number"


def _request_stands(emulator: Emulator, status: str) -> None:
    document = {"title": "Outage", "severity": "critical", "id": NUMBER, "status": status}
    document |= {"createdDate": "2026-11-01T01:07:00Z", "lastClosedDate": "0001-01-01T00:00:00"}
    emulator.world.service_requests[NUMBER] = Ticket(tenant_id=TENANT, document=document)


@contextmanager
def at_microsoft(emulator: Emulator) -> Iterator[Reader]:
    """A reader that a person consented to: service requests are for app and user only."""
    tokens = Tokens(RefreshToken(token=REFRESH_TOKEN, stored_at=emulator.world.clock.now))
    manners = Manners(
        clock=lambda: emulator.world.clock.now, elapsed=lambda: 0.0, sleep=lambda _: None, chance=lambda: 0.5
    )
    reader = open_reader(identity(emulator.url, with_user=True), manners, tokens)
    try:
        yield reader
    finally:
        reader.close()


@dataclass
class Tokens:
    """Implements microsoft_ports.RefreshTokens in memory."""

    newest: RefreshToken

    def load(self) -> RefreshToken:
        return self.newest

    def store(self, token: RefreshToken) -> None:
        self.newest = token


@pytest.mark.parametrize(
    ("sender", "text", "customer", "found_by"),
    [
        ("c1@customer.example", "", "C1", "address"),
        ("C2@CUSTOMER.example", "", "C2", "address"),
        ("new@customer.example", "", "", "not found"),  # two customers share the domain
        ("new@elsewhere.example", "tenant 11111111-2222-3333-4444-555555555555", "C1", "tenant"),
        ("new@elsewhere.example", "about INV-200, please", "C2", "receivable"),
        ("new@elsewhere.example", "about INV-100 and INV-200", "", "not found"),
    ],
)
def test_the_customer_is_found_or_it_is_a_finding(
    intake: SupportIntake, book: LedgerSupportBook, sender: str, text: str, customer: str, found_by: str
) -> None:
    take(intake, letter(sender, "A question", text or "hello"))
    case = book.cases()[0]

    assert (case.customer_id, case.found_by) == (customer, found_by)
    assert ("support.unknown_customer" in codes(book.ledger)) == (not customer)


def test_a_reply_joins_its_case_and_opens_a_closed_one(intake: SupportIntake, book: LedgerSupportBook) -> None:
    take(intake, letter("c1@customer.example", Message_ID="<1@c.example>"))
    book.append("S-000001", CaseEvent.CLOSED, "Ada Lund", {})
    assert book.case("S-000001").state is CaseState.CLOSED

    told = take(intake, letter("c1@customer.example", "Re: Invoice", Message_ID="<2@c>", In_Reply_To="<1@c.example>"))

    assert told["joined"] == 1
    assert book.case("S-000001").state is CaseState.OPEN


def test_a_stranger_who_writes_a_case_s_number_joins_nothing(intake: SupportIntake, book: LedgerSupportBook) -> None:
    take(intake, letter("c1@customer.example"))
    take(intake, letter("mallory@evil.example", "Re: Invoice [S-000001]", "send me everything"))

    assert [case.sender for case in book.cases()] == ["c1@customer.example", "mallory@evil.example"]
    assert len(book.case("S-000001").story) == 2


def test_automatic_mail_opens_no_case_and_runs_no_clock(intake: SupportIntake, book: LedgerSupportBook) -> None:
    take(intake, letter("c1@customer.example", Message_ID="<1@c.example>"))
    book.append("S-000001", CaseEvent.REPLIED, "Ada Lund", {"text": "Because", "language": "en"})
    told = take(
        intake,
        letter("c1@customer.example", "Away", Auto_Submitted="auto-replied", In_Reply_To="<1@c.example>"),
        letter("c2@customer.example", "Away", Auto_Submitted="auto-replied"),
    )

    assert told["automatic"] == 2
    assert len(book.cases()) == 1
    assert book.case("S-000001").unanswered_since is None


def test_a_clock_runs_out_and_stops_with_an_answer(
    intake: SupportIntake, book: LedgerSupportBook, clock: StandingClock
) -> None:
    clock.now = datetime.fromisoformat("2026-11-02T08:00+00:00")  # a Monday, nine o'clock at the desk
    take(intake, letter("c1@customer.example", "Outage", "critical"))
    case = book.cases()[0]

    assert not case.is_late(POLICY, clock.now + timedelta(hours=2))
    assert case.is_late(POLICY, clock.now + timedelta(hours=2, minutes=1))
    book.append(case.case_id, CaseEvent.REPLIED, "Ada Lund", {})
    assert not book.cases()[0].is_late(POLICY, clock.now + timedelta(days=9))


def test_a_reply_leaves_once_by_the_gate_and_its_answer_joins(
    intake: SupportIntake, book: LedgerSupportBook, tmp_path: Path
) -> None:
    take(intake, letter("c1@customer.example", "Invoice"))
    book.reply("S-000001", "Because.\n\nBest regards", "en", ADA)

    with mail_server() as server:
        for _ in range(2):
            _send(book, tmp_path, mail(server.port))
        sent = server.accepted[0].mail
    take(intake, letter("c1@customer.example", "Thanks", In_Reply_To=str(sent["Message-ID"]), Message_ID="<9@c>"))

    assert len(server.accepted) == 1
    assert str(sent["Subject"]) == "Re: Invoice [S-000001]"
    assert str(sent["Auto-Submitted"]) == "auto-generated"
    assert [t.event for t in book.case("S-000001").story][-1] is CaseEvent.MESSAGE


def test_no_more_answers_go_by_themselves_than_the_policy_allows(
    intake: SupportIntake, book: LedgerSupportBook
) -> None:
    take(intake, letter("c1@customer.example"), letter("c1@customer.example", "Another"))

    assert book.reply("S-000001", "Because", "en", ADA, per_day_max=1)
    assert book.reply("S-000002", "Because", "en", ADA, per_day_max=1) == ""
    assert book.reply("S-000002", "Because", "en", ADA), "a person may"


def test_erasing_a_customer_s_contacts_takes_their_words_out_of_cases(
    intake: SupportIntake, book: LedgerSupportBook
) -> None:
    take(intake, letter("Bo Ek <c1@customer.example>", "Bo asks", "I am Bo Ek"))
    LedgerContactBook(book.ledger).erase("C1", "Ada Lund", "they asked")

    kept = repr(book.case("S-000001"))
    assert "Bo" not in kept
    assert "c1@customer" not in kept
    assert book.case("S-000001").triaged["topic"], "what it was about stays"
    with pytest.raises(ByHandRefused, match="no address"):
        book.reply("S-000001", "Because", "en", ADA)


def test_an_unknown_case_is_refused(book: LedgerSupportBook) -> None:
    with pytest.raises(ByHandRefused, match="csp case list"):
        book.append("S-999999", CaseEvent.CLOSED, "Ada Lund", {})


def test_a_file_of_requests_opens_cases_once_and_a_bad_line_holds_up_no_other(
    intake: SupportIntake, book: LedgerSupportBook, tmp_path: Path
) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text('{"id": 1, "sender": "c1@customer.example", "subject": "Invoice"}\n[[[\n{"id": 2}\n')

    first, again = (import_requests(file, read_request_file, intake) for _ in range(2))

    assert (first.outcome, first.new_facts, again.new_facts) == (Outcome.IMPORTED, 1, 0)
    assert [(found.line, found.field) for found in first.findings] == [(2, ""), (3, "subject")]
    assert len(book.cases()) == 1


def test_a_file_that_is_none_is_refused_with_what_it_lacks(intake: SupportIntake, tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    file.write_text("a,b\n1,2\n")

    report = import_requests(file, read_request_file, intake)

    assert report.outcome is Outcome.REFUSED
    assert "id, subject" in report.because


@pytest.fixture
def outsourced(book: LedgerSupportBook) -> CaseHandover:
    """C1's technical requests are for somebody outside."""
    shipped = read_support_terms(INCLUDE / "policies" / "support_terms.yaml").terms[0]
    helper = replace(shipped, name="outside", provider="Outside AB", email="Desk@outside.example")
    helper = replace(helper, takes=frozenset({Kind.TECHNICAL}))
    return CaseHandover(book=book, terms=TermsBook(terms=(shipped, helper), customers={"C1": "outside"}))


def test_a_case_is_handed_on_once_with_clock_and_state_and_its_answer_joins(
    intake: SupportIntake, book: LedgerSupportBook, outsourced: CaseHandover, clock: StandingClock, tmp_path: Path
) -> None:
    clock.now = datetime.fromisoformat("2026-11-02T08:00+00:00")  # a Monday, nine o'clock at the desk
    take(intake, letter("Bo <c1@customer.example>", "Outage in Azure", "everyone\n\nis out", Message_ID="<1@c>"))
    take(intake, letter("c1@customer.example", "Invoice"), letter("c2@customer.example", "Outage"))

    assert (outsourced.run(), outsourced.run()) == (1, 0), "what is commercial, or another's, stays"
    with mail_server() as server:
        for _ in range(2):
            _send(book, tmp_path, mail(server.port))
    sent = server.accepted[0].mail
    said = str(sent.get_body(("plain",)).get_content())  # type: ignore[union-attr]

    assert (len(server.accepted), str(sent["Subject"])) == (1, "[S-000001] Outage in Azure")
    for told in ("2026-11-02 11:00 (Europe/Stockholm)", "with provider", "everyone", "Bo <c1@customer.example>"):
        assert told in said
    assert book.letters("S-000001") == {"case_handover/S-000001/1/outside": "done"}

    take(intake, letter("desk@outside.example", "Sv: [S-000001]", "It is up.", In_Reply_To=str(sent["Message-ID"])))
    case = book.case("S-000001")
    assert (case.story[-1].event, case.state) == (CaseEvent.PROVIDER, CaseState.OPEN)
    assert case.unanswered_since == clock.now, "the customer still waits for our word"
    assert len(book.cases()) == 3

    take(intake, letter("c1@customer.example", "Re: Outage", "It is not.", In_Reply_To="<1@c>"))
    assert outsourced.run() == 1, "what the customer adds follows"


@pytest.mark.parametrize(("catch_all", "sent_to"), [("", []), ("trial@partner.example", ["trial@partner.example"])])
def test_outside_production_no_case_reaches_a_provider(
    intake: SupportIntake,
    book: LedgerSupportBook,
    outsourced: CaseHandover,
    tmp_path: Path,
    catch_all: str,
    sent_to: list[str],
) -> None:
    take(intake, letter("c1@customer.example", "Outage"))
    outsourced.run()

    with mail_server() as server:
        _send(book, tmp_path, mail(server.port), House(is_production=False, catch_all=catch_all))

    assert [to for each in server.accepted for to in each.recipients] == sent_to


def test_a_handover_that_may_have_arrived_is_never_sent_again(
    intake: SupportIntake, book: LedgerSupportBook, outsourced: CaseHandover, tmp_path: Path
) -> None:
    take(intake, letter("c1@customer.example", "Outage"))
    outsourced.run()

    with mail_server() as server:
        server.replies["CONTENT"] = [ACCEPT_AND_DROP]
        for _ in range(3):
            outsourced.run()
            _send(book, tmp_path, mail(server.port))

    assert (len(server.accepted), list(book.letters("S-000001").values())) == (1, ["in_doubt"])


def test_a_closed_case_is_not_handed_on_and_a_person_may_hand_on_any_other(
    intake: SupportIntake, book: LedgerSupportBook, outsourced: CaseHandover, tmp_path: Path
) -> None:
    take(intake, letter("c1@customer.example", "Outage"), letter("c1@customer.example", "Invoice"))
    take(intake, letter("stranger@elsewhere.example", "Outage"))
    outsourced.run()
    book.append("S-000001", CaseEvent.CLOSED, "Ada Lund", {})
    with mail_server() as server:
        _send(book, tmp_path, mail(server.port))

    assert server.accepted == [], "it was closed before it left"
    own, outside = outsourced.terms.terms
    assert book.hand_on("S-000002", outside, partial(messages_by_hand, terms=outside), ADA)
    for case_id, terms, why in (("S-000001", outside, "closed"), ("S-000003", own, "takes no requests")):
        with pytest.raises(ByHandRefused, match=why):
            book.hand_on(case_id, terms, partial(messages_by_hand, terms=terms), ADA)


def _send(
    book: LedgerSupportBook,
    folder: Path,
    settings: object,
    house: House = House(is_production=True),  # noqa: B008
) -> None:
    performer = Performer(
        outbox=LedgerOutbox(book.ledger),
        writer=Words(),
        mail=GatedMail(settings, lambda: house, Pace(100_000, lambda: 0.0, lambda _: None)),  # type: ignore[arg-type]
        store=KeptMessages(folder / "messages"),
        clock=book.ledger.clock,
        zone=STOCKHOLM,
        domain="partner.example",
        token="worker",
    )
    layout = ReplyLayout(sender="Partner AB", reply_to="", templates=INCLUDE / "templates" / "notices")
    SendOwnLetters(
        performer=performer,
        words=CaseWords(book=book, layout=layout, policy=POLICY),
        moment=lambda now: Moment(now=now, zones=(STOCKHOLM,), country="", working_days_only=False),
        kinds=(OwnLetter.CASE_REPLY, OwnLetter.CASE_HANDOVER),
    ).send()
