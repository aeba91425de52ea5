"""Letters beside the ladder on a ledger and through the relay: once, looked at last, none by a run of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.collections_facts import read_collections
from csp_receivables.adapters.ledger.hold_book import LedgerHoldBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk, approved_policies
from csp_receivables.adapters.ledger.outbox_tables import action, action_event
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.notices.writer import TemplateWriter
from csp_receivables.adapters.seller import read_seller
from csp_receivables.adapters.support_terms import read_support_terms
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.outbox.gate import House
from csp_receivables.steps.send_notices import Performer, SendNotices, Sent
from csp_receivables.steps.send_notices.looking import LastLooks
from tests.conftest import StandingClock
from tests.ledgers_with_debtors import (
    DUE,
    POLICY_TEXT,
    YESTERDAY,
    decider,
    feed,
    historical,
    live,
    owe,
    pay,
    receivable,
    rows_of,
)
from tests.letters import STOCKHOLM, mail
from tests.mail_server import MailServer, mail_server

ROOT = Path(__file__).parents[2]
SELLER = ROOT / "include" / "policies" / "seller.yaml"
TERMS = read_support_terms(SELLER.with_name("support_terms.yaml"), ("en",))
ADA = person("Ada", "seen and agreed")
LETTERS = POLICY_TEXT + (
    "letters: {promise_broken: true, payment_received: true, statement: {day_of_month: 31}}\n"
    "working_days_only: false\n"
    "interest_in: [DE]\n"
    "notices: {number_max: 100, share_per_mille_max: 1000, canary: 100}\n"
)
INTEREST = "12,38"  # 1,000.00 for 29 days and 500.00 for 30, at 10.27 per cent
FRIDAY, SUNDAY, MONDAY = date(2026, 10, 30), date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.accepted.clear()
    return running


def _approved(ledger: Ledger, spill: Path, text: str = LETTERS) -> None:
    LedgerOutboxDesk(ledger).approve_policy(decider(ledger, spill, text).policy.version, ADA)


def _decide(ledger: Ledger, spill: Path, text: str = LETTERS, as_of: date = YESTERDAY) -> int:
    return decider(ledger, spill, text).decide(live(as_of)).proposed


def _letters(ledger: Ledger) -> list[str]:
    """The ids of the letters beside the ladder that were proposed."""
    return [row[0] for row in rows_of(ledger, action, "action_id") if not row[0].endswith(("notice", "suspension"))]


def _relay(ledger: Ledger, clock: StandingClock, folder: Path, server: MailServer, text: str = LETTERS) -> SendNotices:
    """Everything as it runs: the decisions of the ledger, the words of the product, a real mail server."""
    rules, outbox, settings = decider(ledger, folder, text), LedgerOutbox(ledger), mail(server.port)

    def approved() -> frozenset[str]:
        with ledger.reading() as connection:
            return approved_policies(connection)

    look = LastLooks(
        book=rules.book,
        decide=rules.compute,
        today=lambda: clock().astimezone(STOCKHOLM).date(),
        approved=approved,
        has_changed=lambda: outbox.others.since_last_asked(ledger.last_recorded_at()),
        zones_of=lambda _: (STOCKHOLM,),
        languages=("en",),
        interest=read_late_interest(ROOT / "include" / "policies" / "late_interest.yaml"),
    )
    seller = read_seller(SELLER, ("en",))
    performer = Performer(
        outbox=outbox,
        writer=TemplateWriter(seller=seller, templates=ROOT / "include" / "templates" / "notices", support=TERMS),
        mail=GatedMail(settings, lambda: House(is_production=True), Pace(100_000, lambda: 0.0, lambda _: None)),
        store=KeptMessages(folder / "messages"),
        clock=clock,
        zone=STOCKHOLM,
        domain=settings.domain,
        token="worker",
    )
    return SendNotices(performer=performer, look=look)


def _send(ledger: Ledger, clock: StandingClock, folder: Path, server: MailServer, text: str = LETTERS) -> Sent:
    return _relay(ledger, clock, folder, server, text).send()


def _promised(ledger: Ledger) -> None:
    """C1 is three days late, has promised 50.00 by Friday, and nothing came: no stage has anything to say yet."""
    owe(ledger, receivable("C1", "100", due_on=date(2026, 10, 28)))
    request = HoldRequest(customer_id="C1", kind=HoldKind.PROMISE, currency="EUR", parts=((FRIDAY, "50.00"),))
    LedgerHoldBook(ledger).place(hold_of(request, ADA, date(2026, 10, 29)))
    feed(ledger, YESTERDAY)


def _settled(ledger: Ledger, spill: Path, clock: StandingClock, server: MailServer) -> None:
    """C3 had its final notice, and pays on that day; the next one begins."""
    owe(ledger, receivable("C3", "300"))
    feed(ledger, YESTERDAY)
    _approved(ledger, spill)
    _decide(ledger, spill)
    assert _send(ledger, clock, spill, server).ended["accepted"] == 2  # and its statement
    server.accepted.clear()
    pay(ledger, "300", 10_000, SUNDAY)
    clock.now += timedelta(days=1)


def test_a_broken_promise_is_proposed_with_the_decisions_and_sent_once(
    ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    text = LETTERS.replace("statement: {day_of_month: 31}", "statement: null")
    _promised(ledger)
    _approved(ledger, tmp_path, text)

    assert (1, 0) == (_decide(ledger, tmp_path, text), _decide(ledger, tmp_path, text))
    first, second = (_send(ledger, clock, tmp_path, server, text) for _ in range(2))

    assert ({"accepted": 1}, {}) == (first.ended, second.ended)
    assert 0 == _decide(ledger, tmp_path, text)
    (sent,) = server.accepted
    assert "agreed for 30 October 2026 has not arrived" in str(sent.mail["Subject"])
    assert read_seller(SELLER, ("en",)).invoices.email == str(sent.mail["Reply-To"])


def test_a_run_for_the_past_and_a_dry_policy_propose_no_letter(ledger: Ledger, tmp_path: Path) -> None:
    _promised(ledger)
    decider(ledger, tmp_path, LETTERS).decide(live())  # nobody approved it yet
    _approved(ledger, tmp_path)

    run = decider(ledger, tmp_path, LETTERS).decide(historical())

    assert {"promise_broken", "statement"} == {letter.kind for letter in run.decided.letters}
    assert [] == rows_of(ledger, action, "action_id")


def test_money_of_this_morning_supersedes_the_letter_on_a_promise(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    ledger = new_ledger()
    _promised(ledger)
    _approved(ledger, tmp_path)
    _decide(ledger, tmp_path)
    pay(ledger, "100", 5_000, SUNDAY)

    sent = _send(ledger, clock, tmp_path, server)

    assert {"superseded": 1, "accepted": 1} == sent.ended  # half of it is open still: the statement goes
    assert ["Statement of account as of 1 November 2026"] == [str(each.mail["Subject"]) for each in server.accepted]


def test_who_owes_nothing_any_more_gets_no_statement(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    ledger = new_ledger()
    owe(ledger, receivable("C2", "200", due_on=date(2026, 12, 1), issued_on=DUE))  # far from due: looked at as a set
    _approved(ledger, tmp_path)
    _decide(ledger, tmp_path)
    assert ["C2/2026-10/statement"] == _letters(ledger)
    pay(ledger, "200", 10_000, SUNDAY)

    assert {"superseded": 1} == _send(ledger, clock, tmp_path, server).ended
    assert [] == server.accepted


def test_a_payment_that_settles_a_round_is_thanked_for_once_and_counts_for_no_stage(
    ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    _settled(ledger, tmp_path, clock, server)

    assert (1, 0) == (_decide(ledger, tmp_path, as_of=SUNDAY), _decide(ledger, tmp_path, as_of=SUNDAY))
    assert {"accepted": 1} == _send(ledger, clock, tmp_path, server).ended

    assert "We have received your payment of" in str(server.accepted[0].mail["Subject"])
    assert (0, {}) == (_decide(ledger, tmp_path, as_of=SUNDAY), _send(ledger, clock, tmp_path, server).ended)
    with ledger.reading() as connection:
        known = read_collections(connection, MONDAY, ledger.everything_known(), STOCKHOLM)
    assert ["final_notice"] == [notice.stage for notice in known.notices["C3"]]


def test_a_payment_that_was_returned_meanwhile_is_not_thanked_for(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    ledger = new_ledger()
    _settled(ledger, tmp_path, clock, server)
    assert 1 == _decide(ledger, tmp_path, as_of=SUNDAY)
    pay(ledger, "300", -10_000, MONDAY, reverses=f"300/{SUNDAY}/10000")

    assert {"superseded": 1} == _send(ledger, clock, tmp_path, server).ended
    assert [] == server.accepted


def test_a_credit_note_that_settles_a_round_is_no_payment(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    ledger = new_ledger()
    _settled(ledger, tmp_path, clock, server)
    with ledger.writing() as writing:
        from csp_receivables.adapters.ledger.tables import allocation

        writing.connection.execute(allocation.update().values(source_kind="credit_note"))

    assert 0 == _decide(ledger, tmp_path, as_of=SUNDAY)


def test_letters_count_in_the_breaker_like_every_notice(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    ledger = new_ledger()
    text = LETTERS.replace("number_max: 100", "number_max: 1").replace("canary: 100", "canary: 0")
    _promised(ledger)
    _approved(ledger, tmp_path, text)
    _decide(ledger, tmp_path, text)

    sent = _send(ledger, clock, tmp_path, server, text)

    assert {} == sent.ended
    assert ["outbox.breaker"] == [found.code for found in sent.findings]
    assert [] == server.accepted


@pytest.mark.parametrize("is_shown", [True, False])
def test_interest_stands_in_a_letter_where_the_policy_shows_it(
    new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path, server: MailServer, is_shown: bool
) -> None:
    """Half was paid on 31 March: until that day interest runs on all of it."""
    ledger, text = new_ledger(), LETTERS if is_shown else LETTERS.replace("interest_in: [DE]\n", "")
    clock.now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    owe(ledger, receivable("C1", "100", 100_000, due_on=date(2026, 3, 2)))
    pay(ledger, "100", 50_000, date(2026, 3, 31))
    feed(ledger, date(2026, 4, 30))
    _approved(ledger, tmp_path, text)
    _decide(ledger, tmp_path, text, date(2026, 4, 30))

    _send(ledger, clock, tmp_path, server, text)

    words = {str(each.mail["Subject"]): each.mail.get_body(("plain",)).get_content() for each in server.accepted}  # type: ignore[union-attr]
    assert 2 == len(words)  # the final notice and the statement
    for text_of in words.values():
        assert is_shown is ("interest" in text_of.lower())
        assert is_shown is (INTEREST in text_of)


@pytest.mark.parametrize("kind", [HoldKind.MANUAL, HoldKind.PROMISE])
def test_a_hold_of_today_keeps_back_what_was_decided_of_yesterday(
    ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer, kind: HoldKind
) -> None:
    owe(ledger, receivable("C3", "300"))
    feed(ledger, YESTERDAY)
    _approved(ledger, tmp_path)
    _decide(ledger, tmp_path)
    parts = ((MONDAY, "50.00"),) if kind is HoldKind.PROMISE else ()
    request = HoldRequest(customer_id="C3", kind=kind, currency="EUR" if parts else "", parts=parts)
    LedgerHoldBook(ledger).place(hold_of(request, ADA, clock().astimezone(STOCKHOLM).date()))

    sent = _send(ledger, clock, tmp_path, server)

    notices = [each for each in server.accepted if "notice" in each.mail["Subject"].lower()]
    assert (notices, sent.ended["superseded"] > 0) == ([], True)
    with ledger.reading() as connection:
        query = select(action_event.c.why).where(action_event.c.event == "superseded")
        told = connection.execute(query).scalars().all()
    assert any(f"(Ada, {clock().astimezone(STOCKHOLM):%Y-%m-%d})" in why for why in told), told
    assert any(f"until {MONDAY}" in why for why in told) is bool(parts)
