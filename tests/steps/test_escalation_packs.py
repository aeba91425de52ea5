"""Who comes to the end of the ladder is handed to the house with a pack: once, by the gate, and only for now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from csp_receivables import collections_wiring, escalation_wiring, support_wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_tables import action, action_state
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import House
from csp_receivables.mail_settings import MailSettings
from csp_receivables.settings import Settings
from csp_receivables.steps.send_notices import Sent
from tests.conftest import StandingClock
from tests.escalation_desk import COLLECTIONS
from tests.ledgers_with_debtors import YESTERDAY, feed, historical, live, owe, pay, receivable, rows_of
from tests.letters import mail
from tests.live_policy import include_with
from tests.mail_server import ACCEPT_AND_DROP, MailServer, mail_server


@pytest.fixture
def settings(ledger: Ledger, clock: StandingClock, tmp_path: Path) -> Settings:
    """C1 is 26 days late and is handed over by the day's decisions; C2 is not late."""
    owe(ledger, receivable("C1", "A1"), receivable("C2", "B1", due_on=YESTERDAY + timedelta(days=9)))
    feed(ledger, YESTERDAY)
    include = include_with(COLLECTIONS)
    (tmp_path / "home").mkdir()
    return Settings.from_environment(
        {"CSP_HOME": str(tmp_path / "home"), "CSP_INCLUDE": str(include), "CSP_CLOCK": clock.now.isoformat()}
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def decide(settings: Settings, ledger: Ledger, on: date = YESTERDAY) -> None:
    collections_wiring.decider(settings, ledger).decide(live(on))


def hand_over(
    settings: Settings, ledger: Ledger, settings_of_mail: MailSettings, *, is_production: bool = True
) -> Sent:
    """What the task of the DAG does; the gate as it is in a house of the kind that is asked for."""
    escalation_wiring.propose_packs(settings, ledger, settings.yesterday())
    sender = escalation_wiring.pack_sender(settings, ledger, settings_of_mail)
    house = House(is_production=is_production)
    gate = replace(sender.performer.mail, house=lambda: house)  # type: ignore[type-var]
    return replace(sender, performer=replace(sender.performer, mail=gate)).send()


def states(ledger: Ledger) -> list[str]:
    """Of packs."""
    known = zip(rows_of(ledger, action, "kind"), rows_of(ledger, action_state, "state"), strict=True)
    return [state for (kind,), (state,) in known if kind == OwnLetter.ESCALATION_PACK.value]


@pytest.fixture
def approved(settings: Settings, ledger: Ledger) -> None:
    collections_wiring.approve_policy(settings, ledger, person("Ada", "seen"))


@pytest.mark.usefixtures("approved")
def test_a_pack_reaches_the_house_once_and_never_the_customer(
    settings: Settings, ledger: Ledger, server: MailServer
) -> None:
    decide(settings, ledger)
    for _ in range(2):
        sent = hand_over(settings, ledger, mail(server.port))
        assert not sent.waits, sent
    letter = server.accepted[0]

    assert [each.recipients for each in server.accepted] == [["receivables@molnpartner.example"]]
    assert "C1 AB" in str(letter.mail["Subject"])
    assert {part.get_filename() for part in letter.mail.iter_attachments()} == {"pack-C1.pdf", "pack-C1.xlsx"}
    assert "100.00" in str(letter.mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    account = support_wiring.customer_look(settings, ledger).account(historical(), "C1")
    assert account.says.letters == (), "it is no letter to the customer"
    assert states(ledger) == ["done"]


@pytest.mark.usefixtures("approved")
def test_who_has_paid_meanwhile_needs_no_pack(settings: Settings, ledger: Ledger, server: MailServer) -> None:
    decide(settings, ledger)
    pay(ledger, "A1", 10_000, YESTERDAY)

    hand_over(settings, ledger, mail(server.port))

    assert (server.accepted, states(ledger)) == ([], ["superseded"])


@pytest.mark.usefixtures("approved")
def test_outside_production_and_in_doubt_nothing_is_sent_again(
    settings: Settings, ledger: Ledger, server: MailServer
) -> None:
    decide(settings, ledger)
    assert hand_over(settings, ledger, mail(server.port), is_production=False).waits
    assert server.accepted == []

    server.replies["CONTENT"] = [ACCEPT_AND_DROP]
    for _ in range(2):
        hand_over(settings, ledger, mail(server.port))
    assert (len(server.accepted), states(ledger)) == (1, ["in_doubt"])


def test_neither_a_dry_policy_nor_a_day_that_was_only_looked_at_hands_anybody_over(
    settings: Settings, ledger: Ledger, server: MailServer
) -> None:
    decide(settings, ledger)
    collections_wiring.decider(settings, ledger).decide(historical())

    hand_over(settings, ledger, mail(server.port))

    assert (server.accepted, states(ledger)) == ([], [])
