"""The thin true path: policy, decision, notices to a real mail server, in the customers' languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from csp_receivables import collections_wiring, mail_wiring, wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.day import Mode
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings
from tests.letters import STOCKHOLM, mail
from tests.live_policy import live_include
from tests.mail_server import MailServer, mail_server

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SUNDAY = date(2026, 11, 1)
ADA = Person(name="Ada Lund", why="looked at all of them")
CATCH_ALL = "catch@partner.example"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A real ledger, for development, with the sample's files imported."""
    folder = tmp_path_factory.mktemp("reminder")
    settings = Settings(
        home=folder,
        ledger_url=f"sqlite:///{folder / 'ledger.db'}",
        time_zone=STOCKHOLM,
        fixed_clock=MONDAY,
        include=live_include(folder),
    )
    ledger = wiring.open_ledger(settings, "real")
    sample = ROOT / "include" / "sample" / "inbox"
    for path in sorted((sample / "accounting").glob("customers*")):
        wiring.import_customers(settings, ledger, path)
    for path in sorted((sample / "accounting").glob("receivables*")):
        wiring.import_receivables(settings, ledger, path)
    wiring.import_bank(ledger, sorted((sample / "bank").glob("camt.053*")), wiring.account_names(settings))
    wiring.book_payments(settings, ledger)
    ledger.engine.dispose()
    return settings


@pytest.fixture
def ledger(home: Settings) -> Iterator[Ledger]:
    opened = wiring.open_ledger(home)
    yield opened
    opened.engine.dispose()


def test_what_the_policy_decides_reaches_a_mail_server_once(home: Settings, ledger: Ledger, server: MailServer) -> None:
    outgoing = replace(mail(server.port), catch_all=CATCH_ALL)
    desk = mail_wiring.outbox_desk(ledger)
    plan = RunPlan(as_of=SUNDAY, known_at=None, mode=Mode.LIVE, because="it is yesterday")
    version = wiring.collections_policy(home).version

    # Nobody approved the policy yet: decisions are made, and nothing is even proposed.
    assert collections_wiring.decider(home, ledger).decide(plan).proposed == 0
    desk.approve_policy(version, ADA)
    run = collections_wiring.decider(home, ledger).decide(plan)
    waiting = [row for row in desk.listed() if row.kind == "send_notice"]
    assert len(waiting) > 3
    assert run.proposed >= len(waiting)

    # The shipped breaker is meant for a partner with more customers than the sample's: a person releases.
    desk.release_all(ADA)
    sent = mail_wiring.notice_sender(home, ledger, outgoing).send()

    assert sent.because == ""
    assert sent.ended == {"accepted": len(waiting)}
    assert {tuple(each.recipients) for each in server.accepted} == {(CATCH_ALL,)}
    letters = [each.mail for each in server.accepted]
    assert len({str(each["Message-ID"]) for each in letters}) == len(letters)
    assert {str(each["Content-Language"]) for each in letters} >= {"sv-SE", "de-DE"}
    for letter in letters:
        text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "{{" not in text
    attached = [{part.get_content_type() for part in letter.iter_attachments()} for letter in letters]
    assert {"application/pdf", "text/csv"} in attached
    assert all(each in (set(), {"application/pdf", "text/csv"}) for each in attached)  # none before anything is late
    assert mail_wiring.notice_sender(home, ledger, outgoing).send().ended == {}


def test_the_next_morning_decides_no_notice_twice(home: Settings, ledger: Ledger) -> None:
    tuesday = replace(home, fixed_clock=MONDAY + timedelta(days=1))
    plan = RunPlan(as_of=date(2026, 11, 2), known_at=None, mode=Mode.LIVE, because="it is yesterday")
    sent = {row.action_id for row in mail_wiring.outbox_desk(ledger).listed() if row.state == "done"}

    decided = collections_wiring.decider(tuesday, ledger).look(plan)

    again = [each.action_id for each in decided.acts() if each.action_id in sent]
    assert again == []
