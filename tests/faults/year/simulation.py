"""A made-up partner in its house: what the world, the system and the people do on a day, in the order of the DAGs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlalchemy import func, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger.outbox_tables import action, action_state, message_event
from csp_receivables.adapters.ledger.tables import finding
from tests.faults.year.access_invariants import ACCESS
from tests.faults.year.again import i6, i7, i8
from tests.faults.year.house import House
from tests.faults.year.invariants import DAILY, Seen
from tests.faults.year.machine import Machine
from tests.faults.year.microsoft import subscription_ids
from tests.faults.year.others import Others
from tests.faults.year.papers import MORNING, NOON, Bank, write_customers, write_receivables
from tests.faults.year.people import People
from tests.faults.year.truth import BEGINS, Partner
from tests.faults.year.witness import Witness

WEEKEND = (5, 6)
WITHOUT_MEMORY_EVERY, IN_TURN_EVERY = 18, 9  # days
OFF = 0.7  # of the days off: nothing runs


@dataclass(frozen=True, slots=True)
class Turn:
    """From the morning of `day` on, counted from 0, everything is drawn anew; by chances 0 it goes on as it was."""

    day: int
    chances: int

    def __str__(self) -> str:
        return f"{self.day}:{self.chances}"


@dataclass(slots=True, kw_only=True)
class Simulation:
    """A partner in its house, from the first day on."""

    seed: int
    house: House
    partner: Partner
    bank: Bank
    machine: Machine
    people: People
    others: Others
    witness: Witness
    checked: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """The day before the first."""
        wiring.make_home(self.house.settings)
        self.house.ledger.mark("real", "production")
        write_customers(self.house.inbox("accounting"), self.partner.customers)
        self.people.approve_the_policy()

    def take(self, turn: Turn) -> None:
        """Let everybody's chances, and Microsoft's faults, be others from now on."""
        if not turn.chances:
            return
        drawing = {
            "partner": self.partner, "bank": self.bank, "kills": self.machine.fate, "machine": self.machine,
            "others": self.others, "people": self.people,
        }  # fmt: skip
        for name, each in drawing.items():
            each.chance.seed(f"{name}:{self.seed}:{turn}")
        faults = self.house.emulator.world.faults
        assert faults.random is not None
        faults.random = replace(faults.random, seed=random.Random(f"microsoft:{self.seed}:{turn}").getrandbits(32))

    def day(self, today: date) -> list[str]:
        """One day of the world, of the system, of the people. Returns what broke."""
        self._world_turns(today)
        if today.weekday() in WEEKEND and self.machine.chance.random() < OFF:
            return []  # the machine is off: whatever it missed must heal
        self._morning(today)
        self._office_hours(today)
        return self._check(today)

    def _world_turns(self, today: date) -> None:
        self.bank.close(self.partner, today - timedelta(days=1))
        for customer_id in self._without_access():
            if self.people.chance.random() < 0.3:
                self.partner.pay_everything(customer_id, today)
        self.others.in_partner_center(today)
        self.partner.pay(today)
        if invoices := self.partner.issue(today):
            subscriptions = {each.customer_id: subscription_ids(each) for each in self.partner.customers}
            write_receivables(self.house.inbox("accounting"), invoices, subscriptions, today)

    def _morning(self, today: date) -> None:
        self.house.clock.set(today, 4)
        if today == BEGINS or self.machine.chance.random() < 0.2:
            self.machine.sync_subscriptions()
        self.house.clock.set(today, 6)
        self.bank.deliver(self.house.inbox("bank"), today, MORNING)
        for purpose in ("accounting", "bank"):
            if any(self.house.inbox(purpose).iterdir()):
                self.machine.import_files(purpose)
        if self.others.return_letters(today) or any(self.house.inbox("bounces").iterdir()):
            self.machine.import_bounces()
        self.machine.reconcile()
        self.checked["received"] = 0
        self.machine.decide()
        self._restore()

    def _office_hours(self, today: date) -> None:
        self.house.clock.set(today, 9)
        self.others.start()
        self.people.work()
        if self.bank.deliver(self.house.inbox("bank"), today, NOON):
            self.machine.import_files("bank")
            self.machine.book_payments()
            self.checked["received"] = 1  # the day was reconciled before this came
            self._restore()
        self.house.clock.set(today, 10)
        self.machine.interrupting = self.others.stop if self.others.wants_a_stop() else None
        self.machine.send_notices()
        self.others.doom(self.witness.read_mail(self.house.server, self.house.ledger, today), today)
        self.people.answer(self.machine.ask())
        self.house.clock.set(today, 11)
        self.machine.interrupting = self.others.stop if self.others.wants_a_stop() else None
        self.machine.suspend()
        if self.others.meddling and any(True for _ in self.witness.suspensions()):
            self.machine.watch()
        self._see_microsoft(today)

    def _without_access(self) -> list[str]:
        subscriptions = self.house.emulator.world.subscriptions
        return [
            each.customer_id
            for each in self.partner.customers
            if any(subscriptions[name].document["status"] == "suspended" for name in subscription_ids(each))
        ]

    def _restore(self) -> None:
        """Only where something may be away: looking at nobody takes no step further."""
        self._see_microsoft(self.house.clock.today)
        if any(True for _ in self.witness.suspensions()):
            self.machine.restore()
            self._see_microsoft(self.house.clock.today)

    def _see_microsoft(self, today: date) -> None:
        self.witness.read_microsoft(self.house.emulator.world, self.partner, today)

    def _check_again(self, today: date) -> Iterator[str]:
        """The same again after every day, now and then without any memory; the other costly checks in turn."""
        days = (today - BEGINS).days
        if days % WITHOUT_MEMORY_EVERY == 1:
            self.house.forget()
        yield from i6(self.house, self.machine.booked[-1])
        if days % IN_TURN_EVERY == 3:
            yield from i7(self.house, self.machine.chance)
        if days % IN_TURN_EVERY == 7:
            yield from i8(self.house, self.partner, self.machine.chance)

    def told(self) -> Counter[str]:
        """What happened, in numbers: a run in which nothing happens proves nothing."""
        ends = select(action.c.kind, action_state.c.state, func.count())
        ends = ends.join(action_state, action_state.c.action_id == action.c.action_id)
        with self.house.ledger.reading() as connection:
            rows = connection.execute(ends.group_by(action.c.kind, action_state.c.state)).all()
            found = connection.execute(select(finding.c.code, func.count()).group_by(finding.c.code)).all()
            mail = connection.execute(select(message_event.c.event, func.count()).group_by(message_event.c.event)).all()
        faults = Counter(each.fault for each in self.house.emulator.world.log.entries if each.fault)
        seen = self.witness.said + self.bank.mishaps
        return Counter(
            {f"{kind} {state}": count for kind, state, count in rows}
            | {f"finding {code}": count for code, count in found}
            | {f"mail {event}": count for event, count in mail}
            | {f"Microsoft: {fault}": count for fault, count in faults.items()}
            | {"stops": self.witness.stops, "letters that came back": len(self.witness.bounced)}
            | {"given back by others": len(self.witness.given_by_others)}
            | seen
            | {"letters": len(self.witness.letters), "invoices": len(self.partner.invoices)}
            | {f"-> {each}": sum(c.status == each for c in self.witness.changes) for each in ("suspended", "active")}
        )

    def _check(self, today: date) -> list[str]:
        seen = Seen(
            today=today,
            partner=self.partner,
            bank=self.bank,
            witness=self.witness,
            ledger=self.house.ledger,
            world=self.house.emulator.world,
            booked=self.machine.booked[-1],
            accepted=len(self.house.server.accepted),
            checked=self.checked,
        )
        found = [complaint for check in (*DAILY, *ACCESS) for complaint in check(seen)]
        found += self._check_again(today)
        self.checked["letters"], self.checked["changes"] = len(self.witness.letters), len(self.witness.changes)
        return found
