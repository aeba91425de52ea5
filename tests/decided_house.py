"""A partner whose customer owes, was warned and may be suspended: all that production joins, and the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from csp_receivables import access_wiring, collections_wiring
from csp_receivables.adapters.ledger import Ledger, outbox, tables
from csp_receivables.adapters.ledger.fetch_book import LedgerSubscriptionBook
from csp_receivables.adapters.ledger.outbox_messages import Said, keep_message, say
from csp_receivables.adapters.ledger.outbox_tables import action
from csp_receivables.adapters.partner_center.actor import Actor, open_actor
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.domain.access.approvals import Approval, Word
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.states import Event
from csp_receivables.settings import Settings
from csp_receivables.steps.change_access.ended import Performed
from csp_receivables.steps.change_access.restoring import Restored
from emulator.portfolio import add_subscription
from emulator.server import Emulator
from emulator.state import Customer
from tests.access_desk import ADA, document
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world
from tests.ledgers_with_debtors import POLICY_TEXT, feed, live, owe, receivable, rows_of
from tests.live_policy import include_with
from tests.microsoft_server import identity

WARNED, DECIDED = date(2026, 10, 22), date(2026, 11, 2)
TENANT = "c1-tenant"
POLICY = POLICY_TEXT + "working_days_only: false\nsuspensions: {number_max: 9, share_per_mille_max: 1000, canary: 9}\n"


@dataclass
class House:
    """A partner's house, day by day."""

    ledger: Ledger
    emulator: Emulator
    clock: StandingClock
    settings: Settings
    actor: Actor

    def on(self, day: date) -> None:
        """It is the morning after `day`, whose bank file has come."""
        self.at(datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=1))
        feed(self.ledger, day)

    def at(self, moment: datetime) -> None:
        self.clock.now = moment
        self.emulator.world.clock.set(moment)
        self.settings = replace(self.settings, fixed_clock=moment)

    def decide(self, as_of: date) -> list[str]:
        """The day's decisions; the actions that are known afterwards."""
        collections_wiring.decider(self.settings, self.ledger).decide(live(as_of))
        return [row[0] for row in rows_of(self.ledger, action, "action_id")]

    def accepted(self, action_id: str, on: date, *also: str) -> None:
        """The mail server took the action's letter."""
        with self.ledger.writing() as writing:
            now = self.ledger.now()
            outbox.claim(writing, action_id, token="w", until=now, now=now)
            row: dict[str, Any] = {"message_id": action_id, "attempt": 1, "action_id": action_id, "ordinal": 1}
            row |= dict.fromkeys(("recipient", "sent_to", "subject", "language", "digest"), "")
            keep_message(writing, row | {"receivable_ids": json.dumps(["partner/100", *also])})
            for event in (MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED):
                say(writing, action_id, 1, Said(event=event, on=on))
            outbox.append(writing, action_id, Event.DONE)

    def approve(self) -> list[str]:
        asked = access_wiring.questions(self.settings, self.ledger)
        for due in asked:
            approval = Approval(
                action_id=due.action_id,
                digest=due.proposal.digest,
                word=Word.SUSPEND,
                who=ADA,
                why="they were told twice",
                asked_in="test",
            )
            access_wiring.record_answer(self.settings, self.ledger, approval, due.decision.customer_id)
        return [access_wiring.question_text(due, self.clock.now) for due in asked]

    def perform(self, **given: Any) -> Performed:
        return access_wiring.performer(self.settings, self.ledger, self.actor, wait=self.wait, **given).perform()

    def restore(self, **given: Any) -> Restored:
        return access_wiring.restorer(self.settings, self.ledger, self.actor, wait=self.wait, **given).restore()

    def wait(self, pause: timedelta) -> None:
        self.at(self.clock.now + pause)

    def status(self, own: str = "c1-1") -> str:
        return str(self.emulator.world.subscriptions[own].document["status"])


@contextmanager
def house_of(
    ledger: Ledger,
    emulator: Emulator,
    clock: StandingClock,
    folder: Path,
    policy: str = POLICY,
    also: Sequence[dict[str, Any]] = (),
) -> Iterator[House]:
    settings = Settings.from_environment(
        {
            "CSP_HOME": str(folder / "home"),
            "CSP_INCLUDE": str(include_with(policy)),
            "CSP_CLOCK": "2026-10-23T09:00:00+00:00",
        }
    )
    (folder / "home").mkdir()
    emulator.world = empty_world(settings.clock())
    manners = Manners(clock=clock, elapsed=lambda: 0.0, sleep=lambda _: None, chance=lambda: 0.5)
    actor = open_actor(identity(emulator.url), manners)
    house = House(ledger=ledger, emulator=emulator, clock=clock, settings=settings, actor=actor)
    try:
        _moved_in(house, also)
        yield house
    finally:
        actor.close()


def _moved_in(house: House, also: Sequence[dict[str, Any]]) -> None:
    """C1 owes 100.00 for its subscription (and what is `also` owed), was warned, and may be suspended."""
    world, ledger = house.emulator.world, house.ledger
    world.customers[TENANT] = Customer(tenant_id=TENANT, name="C1", domain="c1.example")
    add_subscription(world, TENANT, document("c1-1"))
    add_subscription(world, TENANT, document("paid-for", offerName="Visio Plan 2"))
    house.on(WARNED)
    owe(ledger, receivable("C1", "100"), *also)
    with ledger.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        mapping = {"tenant_id": TENANT, "customer_id": "C1", "mapped": True}
        writing.connection.execute(insert(tables.customer_tenant).values(**mapping | at))
        line = {"receivable_id": "partner/100", "line_no": 1, "description": "", "net": 10_000, "tax": 0}
        line |= {"tax_rate": "0", "vendor_invoice": "", "subscription_id": "c1-1"}
        writing.connection.execute(insert(tables.receivable_line).values(**line | at))
    listed = [house.actor.subscriptions.read(TENANT, own) for own in ("c1-1", "paid-for")]
    LedgerSubscriptionBook(ledger).keep(TENANT, listed)
    collections_wiring.approve_policy(house.settings, ledger, person("Ada", "seen"))
    (warning,) = house.decide(WARNED)
    house.accepted(warning, WARNED + timedelta(days=1), *(each["receivable_id"] for each in also))
    house.on(DECIDED)
    assert house.decide(DECIDED)[-1].endswith("propose_suspension")
