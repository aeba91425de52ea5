"""What others do around the system: in Partner Center, at the customers' mail servers, and who stops everything."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from csp_receivables import mail_wiring
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from emulator.state import Json
from emulator.subscription_rules import SUSPENDED_BY_PARTNER
from tests.bounce_mails import dsn
from tests.faults.year.house import House
from tests.faults.year.people import ADA
from tests.faults.year.witness import Letter, Stop, Witness

MEDDLES, BOUNCES, STOPS = 0.05, 0.05, 0.05  # of the days, of the letters, of the days


@dataclass(slots=True, kw_only=True)
class Others:
    """`returning`: letters that come back, and when."""

    chance: random.Random
    house: House
    witness: Witness
    meddling: float = 1.0  # how often all this happens, of the usual
    returning: list[tuple[date, Letter]] = field(default_factory=list)

    def in_partner_center(self, today: date) -> None:
        """Somebody takes what we never took, gives back what we took, or ends what somebody took."""
        if self.chance.random() >= MEDDLES * self.meddling:
            return
        ours = {each.subscription_id: each.status for each in self.witness.changes}
        taken = [name for name in self.witness.taken_by_others if self._document(name)["status"] == "suspended"]
        free = [name for name in self._names("-more", "active") if name not in ours]
        given = [name for name in self._names("-base", "suspended") if ours.get(name) == "suspended"]
        if given and self.chance.random() < 0.6:
            self._give(name := self.chance.choice(given))
            self.witness.given_by_others[name] = today
        elif taken:
            self._give(name := self.chance.choice(taken))
            self._document(name)["autoRenewEnabled"], _ = self.witness.renewal[name]
            del self.witness.taken_by_others[name]
        elif free:
            name = self.chance.choice(free)
            self._document(name).update(status="suspended", suspensionReasons=SUSPENDED_BY_PARTNER)
            self.witness.taken_by_others[name] = today

    def _names(self, ending: str, status: str) -> list[str]:
        every = self.house.emulator.world.subscriptions
        return [name for name in every if name.endswith(ending) and every[name].document["status"] == status]

    def _document(self, name: str) -> Json:
        return self.house.emulator.world.subscriptions[name].document

    def _give(self, name: str) -> None:
        document = self._document(name)
        document["status"] = "active"
        document.pop("suspensionReasons", None)

    def doom(self, letters: list[Letter], today: date) -> None:
        """Some of the letters that were taken will come back."""
        for each in letters:
            if each.action_id and self.chance.random() < BOUNCES * self.meddling:
                self.returning.append((today + timedelta(days=self.chance.randrange(1, 3)), each))

    def return_letters(self, today: date) -> int:
        """Put what comes back today into the inbox, now and then twice. Returns how many letters that are."""
        due = [letter for on, letter in self.returning if on <= today]
        self.returning = [(on, letter) for on, letter in self.returning if on > today]
        for letter in due:
            bounce = dsn(letter.message_id).replace(b"billing@c1.example", letter.recipient.encode())
            name = letter.message_id.partition("@")[0]
            for copy in range(self.chance.choice((1, 1, 2))):
                (self.house.inbox("bounces") / f"{name}-{copy}.eml").write_bytes(bounce)
            self.witness.bounced[letter.message_id] = today
        return len(due)

    def wants_a_stop(self) -> bool:
        return self.witness.stop is None and self.chance.random() < STOPS * self.meddling

    def stop(self) -> None:
        """`csp stop`, while something is under way."""
        with suppress(ByHandRefused):
            mail_wiring.outbox_desk(self.house.ledger).stop(ADA)
        world = self.house.emulator.world
        self.witness.stop = Stop(letters=len(self.house.server.accepted), effects=world.log.effects())
        self.witness.stops += 1

    def start(self) -> None:
        """`csp start`, once somebody has looked."""
        if self.witness.stop and self.chance.random() < 0.7:
            mail_wiring.outbox_desk(self.house.ledger).start(ADA)
            self.witness.stop = None
