"""Attempts to get a letter past the gate, each against a real mail server that would take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csp_receivables import mail_wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.outbox.gate import House, Verdict
from csp_receivables.domain.outbox.replies import HandOver, Outcome
from csp_receivables.outbox_ports import Sealed
from csp_receivables.settings import PRODUCTION, Settings
from tests.letters import STOCKHOLM, letter, mail, moment
from tests.mail_server import MailServer, mail_server
from tests.migrated import upgraded

ADA = Person(name="Ada Lund", why="a wrong bank file")
CUSTOMER, CATCH_ALL = "faktura@kund.example", "catch@partner.example"


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.accepted.clear()
    return running


def settings_of(folder: Path, environment: str) -> Settings:
    include = Path(__file__).parents[3] / "include"
    url = f"sqlite:///{folder / 'ledger.db'}"
    return Settings(home=folder, ledger_url=url, time_zone=STOCKHOLM, environment=environment, include=include)


def ledger_of(folder: Path, kind: str, made_for: str) -> Ledger:
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}", lambda: datetime(2026, 11, 2, 9, tzinfo=UTC))
    upgraded(ledger)
    ledger.mark(kind, made_for)
    return ledger


def posted(gated: GatedMail) -> Verdict | HandOver:
    sealed = gated.seal(letter(), moment())
    said = sealed if isinstance(sealed, Verdict) else gated.hand_over(sealed, moment())
    gated.close()
    return said


@pytest.mark.parametrize(
    ("kind", "made_for", "runs_as", "catch_all", "reaches"),
    [
        ("real", "development", "development", "", []),
        ("real", "development", PRODUCTION, "", []),  # a copied database is not production
        ("real", PRODUCTION, "development", "", []),  # nor is production's own, run by somebody else
        ("demo", "development", PRODUCTION, "", []),
        ("demo", "development", "development", CATCH_ALL, [CATCH_ALL]),
        ("real", "development", PRODUCTION, CATCH_ALL, [CATCH_ALL]),
        ("real", PRODUCTION, PRODUCTION, "", []),  # the shipped example of a seller writes to nobody
    ],
)
def test_only_production_by_the_setting_and_the_ledger_reaches_a_customer(
    tmp_path: Path, server: MailServer, kind: str, made_for: str, runs_as: str, catch_all: str, reaches: list[str]
) -> None:
    ledger = ledger_of(tmp_path, kind, made_for)
    outgoing = replace(mail(server.port), catch_all=catch_all)

    posted(mail_wiring.gated_mail(settings_of(tmp_path, runs_as), ledger, outgoing))

    assert [each.recipients for each in server.accepted] == [[address] for address in reaches]
    ledger.engine.dispose()


def test_the_stop_of_the_ledger_closes_the_gate_after_the_letter_was_sealed(tmp_path: Path, server: MailServer) -> None:
    ledger = ledger_of(tmp_path, "real", "development")
    outgoing = replace(mail(server.port), catch_all=CATCH_ALL)
    gated = mail_wiring.gated_mail(settings_of(tmp_path, "development"), ledger, outgoing)
    sealed = gated.seal(letter(), moment())
    assert isinstance(sealed, Sealed)

    LedgerOutboxDesk(ledger).stop(ADA)
    said = gated.hand_over(sealed, moment())

    assert isinstance(said, Verdict)
    assert "stopped" in said.because
    assert "Ada" not in said.because  # logs keep this
    assert server.accepted == []
    ledger.engine.dispose()


def gated_by(server: MailServer | None, house: House) -> GatedMail:
    return GatedMail(mail(server.port if server else None), lambda: house, Pace(100_000, lambda: 0.0, lambda _: None))


def test_a_letter_sealed_for_somebody_else_is_not_handed_over(server: MailServer) -> None:
    gated = gated_by(server, House(is_production=False, catch_all=CATCH_ALL))
    sealed = gated.seal(letter(), moment())
    assert isinstance(sealed, Sealed)

    said = gated.hand_over(replace(sealed, to=CUSTOMER), moment())

    assert isinstance(said, Verdict)
    assert server.accepted == []


def test_the_recipient_that_the_server_is_told_is_the_gates_own(server: MailServer) -> None:
    gated = gated_by(server, House(is_production=False, catch_all=CATCH_ALL))
    forged = Sealed(letter=letter(), to=CATCH_ALL, content=b"To: everybody@kund.example\r\n\r\nHello\r\n")

    said = gated.hand_over(forged, moment())
    gated.close()

    assert isinstance(said, HandOver)
    assert said.outcome is Outcome.ACCEPTED
    assert [each.recipients for each in server.accepted] == [[CATCH_ALL]]


def test_without_a_mail_server_the_gate_is_closed() -> None:
    found = gated_by(None, House(is_production=True)).verdict(CUSTOMER, moment())

    assert not found.is_open
    assert "no mail server is set" in found.because


def test_letters_leave_at_the_agreed_pace() -> None:
    now, waits = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(120, lambda: now[0], sleep)
    for _ in range(4):
        pace.wait()
    now[0] += 60
    pace.wait()

    assert waits == [0.5, 0.5, 0.5]
