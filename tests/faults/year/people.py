"""The people around the system: they settle, release, hold, match by hand and approve, or sleep; drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from csp_receivables import access_wiring, collections_wiring, mail_wiring, wiring
from csp_receivables.adapters.ledger import tables
from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Confirm, Person
from csp_receivables.domain.outbox.states import State
from tests.faults.year.house import House
from tests.faults.year.papers import Bank, amount
from tests.faults.year.truth import WORDLESS, Partner, Payment
from tests.faults.year.witness import Held, Witness

FOREVER = date.max
ADA = Person(name="Ada Lund", why="simulated")
SECOND = Approver(id="bea", name="Bea Ek", auth_manager="simulated")
APPROVER = Approver(id="ada", name="Ada Lund", auth_manager="simulated")


@dataclass(slots=True, kw_only=True)
class People:
    """Finance and its customers on the phone. `sleepy`: the share of days on which nobody looks."""

    chance: random.Random
    house: House
    partner: Partner
    bank: Bank
    witness: Witness
    sleepy: float = 0.3

    def approve_the_policy(self) -> None:
        """Once, before anything leaves."""
        collections_wiring.approve_policy(self.house.settings, self.house.ledger, ADA)

    def work(self) -> None:
        """A day at the desk: end holds whose time has come, then whatever waits for a person."""
        self._end_holds()
        if self.chance.random() < self.sleepy:
            return
        self._look_into_the_outbox()
        self._match_by_hand()
        self._answer_the_phone()

    def answer(self, questions: Sequence[access_wiring.Due]) -> None:
        """Each question is answered with yes, no or not now; or nobody looks."""
        for due in questions:
            word = self.chance.choices(
                (Word.SUSPEND, Word.DECLINE, Word.HOLD, Word.NO_ANSWER, None), weights=(48, 18, 8, 6, 20)
            )[0]
            self.witness.said[f"question: {word.value if word else 'nobody looks'}"] += 1
            if word is None:
                continue
            approval = Approval(
                action_id=due.action_id,
                digest=due.proposal.digest,
                word=word,
                who=None if word is Word.NO_ANSWER else APPROVER,
                why="simulated",
                asked_in="simulated",
                until=self.house.clock.today + timedelta(days=2) if word is Word.HOLD else None,
            )
            with suppress(ByHandRefused):
                access_wiring.record_answer(self.house.settings, self.house.ledger, approval, due.decision.customer_id)
                if word is Word.SUSPEND:
                    self.witness.answered.add(due.action_id)
        self._release_suspensions()

    def _release_suspensions(self) -> None:
        """A second person lets a batch past the breaker, once in a while."""
        if self.chance.random() < 0.4:
            with suppress(ByHandRefused):
                released = access_wiring.release_breaker(self.house.settings, self.house.ledger, SECOND, "simulated")
                self.witness.approved.update(released)

    def _look_into_the_outbox(self) -> None:
        desk = mail_wiring.outbox_desk(self.house.ledger)
        for row in desk.listed([State.IN_DOUBT, State.FAILED, State.HELD]):
            if row.kind != Answer.SEND_NOTICE.value or self.chance.random() < 0.4:
                continue
            if row.state == State.IN_DOUBT.value:
                desk.settle(row.action_id, ADA, accepted=self._arrived(row.action_id), on=self.house.clock.today)
            elif not row.retry_at:
                self.witness.approved.add(desk.release(row.action_id, ADA))
        waiting = desk.listed([State.PROPOSED])
        if any(row.kind == Answer.SEND_NOTICE.value for row in waiting) and self.chance.random() < 0.4:
            desk.release_all(ADA)
            self.witness.approved.update(row.action_id for row in waiting if row.kind == Answer.SEND_NOTICE.value)

    def _arrived(self, action_id: str) -> bool:
        """The truth, as the mail server's log shows it."""
        return any(each.action_id == action_id for each in self.witness.letters)

    def _match_by_hand(self) -> None:
        """Payments that say nothing are matched by somebody who asked the customer."""
        for payment in [each for each in self.bank.known() if each.text == WORDLESS]:
            if self.chance.random() < 0.2:
                self._confirm(payment)

    def _confirm(self, payment: Payment) -> None:
        same = (tables.payment.c.amount == payment.amount, tables.payment.c.booked_on >= payment.on)
        with self.house.ledger.reading() as connection:
            found = connection.execute(select(tables.payment.c.payment_id).where(*same)).scalars().first()
        if found:
            request = Confirm(payment=found, receivable=payment.number)
            with suppress(ByHandRefused):
                self.witness.said["matched by hand"] += 1
                wiring.by_hand(self.house.settings, self.house.ledger).decide(
                    request, by="Ada Lund", why="they said so"
                )

    def _answer_the_phone(self) -> None:
        """A customer disputes an invoice, promises to pay, or asks to be left alone."""
        if self.chance.random() >= 0.15:
            return
        today = self.house.clock.today
        customer = self.chance.choice(self.partner.customers)
        owed = [
            number for number in self.partner.missing(customer.customer_id, self.bank.known()) if self._is_known(number)
        ]
        kind = self.chance.choice((HoldKind.DISPUTE, HoldKind.MANUAL, HoldKind.PROMISE))
        if owed:
            self._hold(customer.customer_id, self.chance.choice(owed), kind, today)

    def _is_known(self, number: str) -> bool:
        return self.partner.invoices[number].issued_on < self.house.clock.today

    def _hold(self, customer_id: str, number: str, kind: HoldKind, today: date) -> None:
        days = self.chance.randrange(2, 8)
        only = number if kind is HoldKind.DISPUTE else ""
        promised = today + timedelta(days=days)
        missing = self.partner.missing(customer_id, self.bank.known())[number]
        is_promise = kind is HoldKind.PROMISE
        request = HoldRequest(
            customer_id=customer_id,
            kind=kind,
            receivable_id=self.partner.invoices[number].receivable_id if only else "",
            currency="SEK" if is_promise else "",
            parts=((promised, amount(missing)),) if is_promise else (),
        )
        placed = hold_of(request, ADA, today)
        with suppress(ByHandRefused):
            collections_wiring.hold_book(self.house.ledger).place(placed)
            word = Held(
                customer_id=customer_id,
                number=only,
                hold_id=placed.hold_id,
                from_on=today,
                until=promised if is_promise else FOREVER,
                is_judged=is_promise,
            )
            self.witness.holds.append(word)
            self.witness.said[f"hold: {kind.value}"] += 1

    def _end_holds(self) -> None:
        today, book = self.house.clock.today, collections_wiring.hold_book(self.house.ledger)
        for place, word in enumerate(self.witness.holds):
            is_on = word.until == FOREVER and word.from_on < today
            if is_on and self.chance.random() < 0.15:
                book.end(word.hold_id, today, ADA)
                ended = Held(
                    customer_id=word.customer_id,
                    number=word.number,
                    hold_id=word.hold_id,
                    from_on=word.from_on,
                    until=today,
                )
                self.witness.holds[place] = ended
