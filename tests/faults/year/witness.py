"""What the world outside saw: letters that the mail server took, changes that Microsoft made, and what people said.

Nothing here is read from the ledger but which action a Message-ID belongs to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_tables import message
from emulator.state import World
from tests.faults.year.truth import Partner
from tests.mail_server import Accepted, MailServer

_NUMBER = re.compile(r"\b1\d{4}\b")
FINAL = "final_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter that the mail server accepted. `action_id` "": the ledger knows nothing of it."""

    on: date
    message_id: str
    recipient: str
    numbers: frozenset[str]  # the invoices that its text names
    action_id: str

    @property
    def customer_id(self) -> str:
        return self.action_id.partition("/")[0]

    @property
    def chases(self) -> bool:
        """Does it ask for money? A letter that tells of access, or of a promise that was broken, does not."""
        round_id, stage = self.round_and_stage
        return not round_id.startswith("access") and stage != "promise_broken"

    @property
    def round_and_stage(self) -> tuple[str, str]:
        parts = self.action_id.split("/")
        return parts[1], parts[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """What Microsoft made of a subscription. `settings`: what must be the same again once it is back."""

    at: datetime
    on: date
    customer_id: str
    subscription_id: str
    status: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A person's hold. `number` "": the whole customer. `is_judged`: a promise, which money may end."""

    customer_id: str
    number: str
    hold_id: str
    from_on: date
    until: date  # the first day on which it is not sure to hold
    is_judged: bool = False

    def is_on(self, on: date) -> bool:
        return self.from_on <= on < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What had left the house, and changed at Microsoft, when a person stopped everything."""

    letters: int
    effects: int


@dataclass(slots=True)
class Witness:
    """Everything that was seen, oldest first."""

    letters: list[Letter] = field(default_factory=list)
    changes: list[StatusChange] = field(default_factory=list)
    holds: list[Held] = field(default_factory=list)
    approved: set[str] = field(default_factory=set)  # actions that a person let go ahead
    answered: set[str] = field(default_factory=set)  # suspensions that a person said yes to
    renewal: dict[str, tuple[object, object]] = field(default_factory=dict)  # of each subscription, on the first day
    bounced: dict[str, date] = field(default_factory=dict)  # letters that came back, and when, by Message-ID
    taken_by_others: dict[str, date] = field(default_factory=dict)  # by subscription; they are suspended
    given_by_others: dict[str, date] = field(default_factory=dict)  # by subscription, which we had taken
    said: Counter[str] = field(default_factory=Counter)  # what people answered, and did
    stop: Stop | None = None
    stops: int = 0
    _read: int = 0
    _effects: int = 0

    def read_mail(self, server: MailServer, ledger: Ledger, on: date) -> list[Letter]:
        """Take what the mail server accepted since the last time."""
        new, self._read = server.accepted[self._read :], len(server.accepted)
        if not new:
            return []
        with ledger.reading() as connection:
            rows = connection.execute(select(message.c.message_id, message.c.action_id))
            known = {row.message_id: row.action_id for row in rows}
        letters = [_letter(each, known, on) for each in new]
        self.letters += letters
        return letters

    def read_microsoft(self, world: World, partner: Partner, on: date) -> None:
        """Take what changed at Microsoft since the last time."""
        owner = {each.tenant_id.lower(): each.customer_id for each in partner.customers}
        entries = world.log.entries[self._effects :]
        self._effects = len(world.log.entries)
        for each in entries:
            found = re.fullmatch(r"(\w+) -> (\w+) of subscription (\S+)", each.effect)
            if not found or found[1] == found[2]:
                continue
            subscription = world.subscriptions[found[3].lower()]
            self.changes.append(
                StatusChange(
                    at=datetime.fromisoformat(each.at),
                    on=on,
                    customer_id=owner[subscription.tenant_id],
                    subscription_id=subscription.id.lower(),
                    status=found[2],
                    before=found[1],
                )
            )

    def suspensions(self) -> Iterator[StatusChange]:
        return (each for each in self.changes if each.status == "suspended")


def _letter(accepted: Accepted, known: dict[str, str], on: date) -> Letter:
    mail = accepted.mail
    name = str(mail["Message-ID"]).strip("<>")
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    return Letter(
        on=on,
        message_id=name,
        recipient=accepted.recipients[0],
        numbers=frozenset(_NUMBER.findall(text)),
        action_id=known.get(name, ""),
    )
