"""Whatever happens in whatever order: per action at most one letter that did not come back (I4), and a true story."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from csp_receivables.adapters.bounce_reading import read_bounce
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_bounces import LedgerBounces
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.outbox.actions import message_id_of
from csp_receivables.domain.outbox.states import Event, State, after
from tests.bounce_mails import dsn
from tests.conftest import StandingClock
from tests.faults.test_killed_outbox import Broken, breaking
from tests.mail_server import ACCEPT_AND_DROP, DROP, MailServer, mail_server
from tests.outbox_desk import TODAY, Desk, decided, desk_at

ADA = Person(name="Ada Lund", why="because")
CUSTOMERS = st.sampled_from(["C1", "C2", "C3"])
REPLIES = st.sampled_from(
    [
        ("RCPT", "450 4.2.0 later"),
        ("RCPT", "550 5.1.1 unknown"),
        ("MAIL", "451 busy"),
        ("DATA", "554 no"),
        ("CONTENT", "550 5.7.1 spam"),
        ("CONTENT", "451 later"),
        ("CONTENT", DROP),
        ("CONTENT", ACCEPT_AND_DROP),
        ("MAIL", DROP),
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


class Outbox(RuleBasedStateMachine):
    """The outbox over one real mail server; each run has a new ledger, copied from `template`."""

    server: MailServer
    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="csp-outbox-"))
        shutil.copy(self.template, self.folder / "ledger.db")
        self.clock = StandingClock()
        self.ledger = Ledger.open(f"sqlite:///{self.folder / 'ledger.db'}", self.clock)
        self.ledger.mark("real", "development")
        self.desk: Desk = desk_at(self.ledger, self.clock, self.folder, self.server.port)
        self.desk.owing(1000)
        self.people = LedgerOutboxDesk(self.ledger)
        self.returned: Counter[str] = Counter()  # Message-IDs of letters that came back
        self.server.accepted.clear()
        self.server.replies.clear()
        for customer in ("C1", "C2", "C3"):
            name = customer.lower()
            self.desk.contacts(customer, *(f"{who}@{name}.example" for who in ("a", "b", "c")))

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.engine.dispose()
            shutil.rmtree(self.folder)

    @rule(customer=CUSTOMERS)
    def decide(self, customer: str) -> None:
        self.desk.decide(decided(customer))

    @rule(customer=CUSTOMERS)
    def pay(self, customer: str) -> None:
        self.desk.decided.decisions[customer] = decided(customer, answer=Answer.WAIT)

    @rule()
    def send(self) -> None:
        self.desk.send()

    @rule(misbehaves=REPLIES)
    def send_to_a_server_that_misbehaves(self, misbehaves: tuple[str, str]) -> None:
        verb, reply = misbehaves
        self.server.replies[verb] = [reply]
        self.desk.send()
        self.server.replies[verb] = []

    @rule(write=st.integers(1, 6), late=st.booleans())
    def break_down(self, write: int, late: bool) -> None:
        whole, self.desk.ledger = self.desk.ledger, breaking(self.ledger, write, after=late)
        with suppress(Broken):
            self.desk.send()
        self.desk.ledger = whole

    @rule(hours=st.sampled_from([0, 1, 24, 72]))
    def wait(self, hours: int) -> None:
        self.desk.later(hours=hours)

    @rule(which=st.integers(0, 20))
    def bounce(self, which: int) -> None:
        if self.server.accepted:
            message_id = self.server.message_ids[which % len(self.server.accepted)].strip("<>")
            for each in read_bounce(dsn(message_id)):
                LedgerBounces(self.ledger).take(each, TODAY)
            self.returned[message_id] = 1

    @rule(customer=CUSTOMERS)
    def settle_truly(self, customer: str) -> None:
        name = f"{customer}/1.1/reminder/send_notice"
        arrived = any(self._is_of(message_id, name) for message_id in self._kept_by_customers())
        with suppress(ByHandRefused):
            self.people.settle(name, ADA, accepted=arrived, on=TODAY)

    @rule(customer=CUSTOMERS, what=st.sampled_from(["hold", "cancel", "release"]))
    def person_decides(self, customer: str, what: str) -> None:
        with suppress(ByHandRefused):
            getattr(self.people, what)(f"{customer}/1.1/reminder/send_notice", ADA)

    @invariant()
    def nobody_has_two(self) -> None:
        if hasattr(self, "desk"):
            for customer in ("C1", "C2", "C3"):
                name = f"{customer}/1.1/reminder/send_notice"
                have = [each for each in self._kept_by_customers() if self._is_of(each, name)]
                assert len(have) <= 1, have

    @invariant()
    def each_story_is_one_that_can_be_told(self) -> None:
        if hasattr(self, "people"):
            for row in self.people.listed():
                state: State | None = None
                for event in self.desk.story(row.action_id):
                    state = after(state, Event(event))
                assert state == row.state

    def _kept_by_customers(self) -> list[str]:
        every = (message_id.strip("<>") for message_id in self.server.message_ids)
        return [message_id for message_id in every if not self.returned[message_id]]

    @staticmethod
    def _is_of(message_id: str, action_id: str) -> bool:
        return message_id in {message_id_of(action_id, ordinal, "partner.example") for ordinal in (1, 2, 3)}


def test_whatever_happens_nobody_gets_two_letters(server: MailServer, migrated_file: Path) -> None:
    run_state_machine_as_test(
        type("OutboxHere", (Outbox,), {"server": server, "template": migrated_file}),
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
