"""A notice that comes back did not happen: the level does not count, and the next contact is written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from csp_receivables import mail_wiring, wiring
from csp_receivables.adapters.bounce_reading import read_bounce
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.collections_facts import read_collections
from csp_receivables.adapters.ledger.outbox_bounces import LedgerBounces
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.ledger.outbox_tables import message, message_event
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person
from csp_receivables.domain.outbox.actions import message_id_of
from csp_receivables.settings import Settings
from csp_receivables.steps.read_bounces import read_mailbox
from tests.bounce_mails import ANSWER, dsn
from tests.conftest import StandingClock
from tests.letters import STOCKHOLM
from tests.mail_server import ACCEPT_AND_DROP, MailServer, mail_server
from tests.outbox_desk import TODAY, Desk, decided, desk_at

ADA = Person(name="Ada Lund", why="she rang them")


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.accepted.clear()
    running.replies.clear()
    return running


@pytest.fixture
def desk(ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer) -> Desk:
    return desk_at(ledger, clock, tmp_path, server.port)


@pytest.fixture
def people(ledger: Ledger) -> LedgerOutboxDesk:
    return LedgerOutboxDesk(ledger)


class Pile:
    """A mailbox that is a list."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = mails

    def read(self, take: object) -> int:
        for mail in self.mails:
            take(mail)  # type: ignore[operator]
        return len(self.mails)


def read(desk: Desk, *mails: bytes) -> dict[str, int]:
    return dict(read_mailbox(Pile(*mails), read_bounce, LedgerBounces(desk.ledger), TODAY).counts)


def of(action_id: str, ordinal: int = 1) -> str:
    return message_id_of(action_id, ordinal, "partner.example")


def words(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(message_event)).scalar_one())


def test_a_bounced_notice_does_not_count_and_the_next_contact_is_written_to(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1", "billing@c1.example", "boss@c1.example")
    desk.send()

    assert read(desk, dsn(of(action_id))) == {"failed": 1}
    assert desk.delivered() == {"C1": "bounced"}
    assert desk.findings() == ["outbox.bounced"]

    desk.decide(decided("C1"))
    assert desk.send().ended == {"accepted": 1}
    assert server.sent_to("boss@c1.example") == ["reminder C1"]
    assert desk.delivered() == {"C1": "accepted"}
    assert desk.story(action_id) == ["proposed", "claimed", "done", "bounced", "claimed", "done"]


def test_a_bounce_with_nobody_left_is_told_and_ends_the_action(desk: Desk) -> None:
    action_id = desk.customer("C1")
    desk.send()

    read(desk, dsn(of(action_id)))

    assert desk.state(action_id) == "failed"
    assert desk.findings() == ["collections.no_address"]
    assert desk.send().ended == {}


def test_the_same_report_twice_and_another_of_the_same_message_change_nothing(desk: Desk, ledger: Ledger) -> None:
    action_id = desk.customer("C1", "a@c1.example", "b@c1.example")
    desk.send()
    read(desk, dsn(of(action_id)))
    before = words(ledger)

    again = read(desk, dsn(of(action_id)), dsn(of(action_id), diagnostic="said otherwise"))

    assert again == {"known": 2}
    assert words(ledger) == before


def test_a_delay_is_no_bounce(desk: Desk) -> None:
    action_id = desk.customer("C1")
    desk.send()

    assert read(desk, dsn(of(action_id), action="delayed", status="4.4.1")) == {"delayed": 1}
    assert (desk.state(action_id), desk.delivered()) == ("done", {"C1": "accepted"})
    read(desk, dsn(of(action_id)))
    assert desk.delivered() == {"C1": "bounced"}


def test_a_bounced_address_is_not_written_to_for_anything_else(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1", "billing@c1.example", "boss@c1.example")
    desk.send()
    read(desk, dsn(of(action_id)))

    desk.decide(decided("C1", "final_notice"))
    desk.send()

    assert server.sent_to("billing@c1.example") == ["reminder C1"]
    assert server.sent_to("boss@c1.example") == ["final_notice C1"]


@pytest.mark.parametrize(
    ("report", "state", "delivery"),
    [
        ({"action": "failed"}, "proposed", "bounced"),
        ({"action": "delayed", "status": "4.4.1"}, "done", "accepted"),
        ({"action": "delivered", "status": "2.0.0"}, "done", "accepted"),
    ],
)
def test_a_report_settles_what_was_in_doubt(
    desk: Desk, server: MailServer, report: dict[str, str], state: str, delivery: str
) -> None:
    server.replies["CONTENT"] = [ACCEPT_AND_DROP]
    action_id = desk.customer("C1", "a@c1.example", "b@c1.example")
    desk.send()

    read(desk, dsn(of(action_id), **report))  # type: ignore[arg-type]

    assert (desk.state(action_id), desk.delivered()) == (state, {"C1": delivery})


def test_strange_mail_is_a_finding_and_holds_nothing_up(desk: Desk) -> None:
    action_id = desk.customer("C1")
    desk.send()

    counts = read(desk, ANSWER, dsn(f"{'f' * 32}@partner.example"), dsn(of(action_id)))

    assert counts == {"no_bounce": 1, "not_ours": 1, "failed": 1}
    assert desk.findings() == ["collections.no_address", "outbox.no_bounce", "outbox.unknown_bounce"]


def test_a_file_of_bounces_is_imported_once(desk: Desk, tmp_path: Path) -> None:
    action_id = desk.customer("C1")
    desk.send()
    path = tmp_path / "bounce.eml"
    path.write_bytes(dsn(of(action_id)))
    settings = Settings(home=tmp_path, ledger_url="", time_zone=STOCKHOLM, fixed_clock=desk.clock.now)

    first, second = (mail_wiring.import_bounces(settings, desk.ledger, path) for _ in range(2))

    assert (first.outcome, first.facts, first.new_facts) == (Outcome.IMPORTED, 1, 1)
    assert second.outcome is Outcome.ALREADY_KNOWN
    assert desk.delivered() == {"C1": "bounced"}


def test_a_file_that_holds_no_mail_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "bounce.csv"
    path.write_bytes(b"amount;currency\n")
    settings = Settings(home=tmp_path, ledger_url="", time_zone=STOCKHOLM, fixed_clock=desk.clock.now)

    reports = [mail_wiring.import_bounces(settings, desk.ledger, path) for _ in range(2)]

    assert {report.outcome for report in reports} == {Outcome.REFUSED}
    assert desk.findings() == ["bounces.not_a_mail"]


def test_decisions_know_whom_nobody_can_be_written_to_at(desk: Desk, ledger: Ledger) -> None:
    def reached() -> frozenset[str] | None:
        with ledger.reading() as connection:
            return read_collections(connection, TODAY, "9", STOCKHOLM).reachable

    action_id = desk.customer("C1")
    desk.send()
    assert reached() == {"C1"}

    read(desk, dsn(of(action_id)))
    assert reached() == frozenset()

    with ledger.writing() as writing:  # accounting states the address anew: somebody mended the mailbox
        writing.connection.execute(update(tables.contact).values(recorded_at=writing.recorded_at))
    assert reached() == {"C1"}


def test_an_erasure_takes_the_address_and_the_mail_and_leaves_what_was_done(
    desk: Desk, server: MailServer, ledger: Ledger, tmp_path: Path
) -> None:
    desk.customer("C1")
    desk.customer("C2")
    desk.send()
    settings = Settings(home=tmp_path, ledger_url="", time_zone=STOCKHOLM, fixed_clock=desk.clock.now)
    with ledger.writing() as writing:
        row = {"customer_id": "C1", "recorded_at": writing.recorded_at}
        writing.connection.execute(insert(tables.customer).values(**row))

    wiring.erase_contacts(settings, ledger, "C1", by="Ada Lund", why="she asked")

    with ledger.reading() as connection:
        told = connection.execute(select(message.c.recipient, message.c.sent_to).order_by(message.c.recipient)).all()
    assert [tuple(row) for row in told] == [("", ""), ("billing@c2.example", "billing@c2.example")]
    (kept,) = (tmp_path / "messages").rglob("*.eml")
    assert b"c1.example" not in kept.read_bytes()
    assert desk.delivered() == {"C1": "accepted", "C2": "accepted"}


# ---- what a person says ------------------------------------------------------------------------------------------


def test_a_person_settles_what_is_in_doubt_as_accepted(
    desk: Desk, server: MailServer, people: LedgerOutboxDesk
) -> None:
    server.replies["CONTENT"] = [ACCEPT_AND_DROP]
    action_id = desk.customer("C1")
    desk.send()

    people.settle("C1/", ADA, accepted=True, on=TODAY)

    assert (desk.state(action_id), desk.delivered()) == ("done", {"C1": "accepted"})
    assert desk.send().ended == {}
    assert len(server.accepted) == 1


def test_a_person_settles_what_is_in_doubt_as_not_accepted_and_it_is_sent(
    desk: Desk, server: MailServer, people: LedgerOutboxDesk
) -> None:
    server.replies["CONTENT"] = ["drop"]
    action_id = desk.customer("C1")
    desk.send()

    people.settle(action_id, ADA, accepted=False, on=TODAY)

    assert desk.delivered() == {}
    assert desk.send().ended == {"accepted": 1}
    assert len(server.accepted) == 1


def test_a_cancelled_action_stays_away_until_a_person_releases_it(
    desk: Desk, server: MailServer, people: LedgerOutboxDesk
) -> None:
    action_id = desk.customer("C1")
    people.cancel(action_id, ADA)
    desk.decide(decided("C1"))
    assert desk.send().ended == {}

    people.release(action_id, ADA)

    assert desk.send().ended == {"accepted": 1}
    assert desk.story(action_id) == ["proposed", "declined", "released", "approved", "claimed", "done"]


def test_what_a_person_releases_passes_the_breaker_and_nothing_else_does(
    desk: Desk, server: MailServer, people: LedgerOutboxDesk
) -> None:
    actions = [desk.customer(f"C{number}") for number in range(8)]  # nobody owes anything, as far as is known: too many
    assert desk.send().ended == {}
    people.release(actions[0], ADA)
    assert desk.send().ended == {"accepted": 1}

    suspension = desk.decide(decided("C0", "suspension", answer=Answer.PROPOSE_SUSPENSION))
    assert people.release_all(ADA) == 7
    assert desk.state(suspension) == "proposed"  # the breaker of notices lets no suspension through
    assert desk.send().ended == {"accepted": 7}


@pytest.mark.parametrize("name", ["", "nobody", "C"])
def test_a_name_that_means_no_action_or_several_is_refused(desk: Desk, people: LedgerOutboxDesk, name: str) -> None:
    desk.customer("C1")
    desk.customer("C2")

    with pytest.raises(ByHandRefused):
        people.cancel(name, ADA)


def test_a_repeat_says_that_it_is_done_and_what_is_done_cant_be_undone(desk: Desk, people: LedgerOutboxDesk) -> None:
    action_id, held = desk.customer("C1"), desk.customer("C2")
    people.hold(held, ADA)
    desk.send()

    with pytest.raises(AlreadyDone):
        people.hold(held, ADA)
    for act in (people.cancel, people.hold, people.release):
        with pytest.raises(ByHandRefused, match="is done and can't be"):
            act(action_id, ADA)
    with pytest.raises(ByHandRefused, match="is done and can't be settled"):
        people.settle(action_id, ADA, accepted=False, on=TODAY)
    people.stop(ADA)
    with pytest.raises(AlreadyDone):
        people.stop(ADA)
    people.start(ADA)
    with pytest.raises(AlreadyDone):
        people.start(ADA)
