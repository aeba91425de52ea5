"""Performing one action: claim it, write to its contacts one after the other, and write down what became of each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.going_live import why_dry
from csp_receivables.domain.collections.notice_content import LETTERS
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.outbox.actions import message_id_of
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.gate import Moment, Verdict
from csp_receivables.domain.outbox.letters import Content, Letter
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.domain.outbox.replies import HandOver, Outcome, Verb
from csp_receivables.domain.outbox.retries import RETRY_AFTER, retry_at
from csp_receivables.domain.outbox.states import Event
from csp_receivables.outbox_ports import (
    Became,
    Claim,
    Draft,
    End,
    Fresh,
    Handling,
    Mail,
    MessageStore,
    NoticeWriter,
    Outbox,
    Sealed,
    Waiting,
)
from csp_receivables.steps.send_notices import findings

log = logging.getLogger(__name__)

_NOBODY_FARES_BETTER = frozenset({Verb.CONNECT, Verb.HELLO, Verb.TLS, Verb.LOGIN})
_WORDS = {
    Outcome.ACCEPTED: MessageEvent.ACCEPTED,
    Outcome.TRY_LATER: MessageEvent.TRY_LATER,
    Outcome.REFUSED_US: MessageEvent.TRY_LATER,
    Outcome.REFUSED_ADDRESS: MessageEvent.REFUSED_ADDRESS,
    Outcome.REFUSED_MESSAGE: MessageEvent.REFUSED_MESSAGE,
    Outcome.IN_DOUBT: MessageEvent.IN_DOUBT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an action ended. `how`: "accepted", "superseded", "taken" (by another), "no_address", "not_written",
    "stopped", or an `Outcome`. `stops`: why nothing else of the run may be handed over."""

    how: str
    stops: str = ""
    is_of_address: bool = False  # the server spoke of one address, and said nothing of what else we send
    found: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is handed over for one action: its words for a contact, and what the gate must know at each moment.

    `named`: the receivables that it names. `customer_id`: "" for a letter that is to nobody's customer.
    """

    customer_id: str
    named: tuple[str, ...]
    content: Callable[[Contact], Content]
    moment: Callable[[], Moment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """What performing one action needs. `token` names this worker, `domain` is that of the Message-IDs."""

    outbox: Outbox
    writer: NoticeWriter
    mail: Mail
    store: MessageStore
    clock: Callable[[], datetime]
    zone: ZoneInfo
    domain: str
    token: str

    @property
    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()

    def verdict(self, fresh: Fresh) -> Verdict:
        """Would the gate let a letter to this customer pass now?"""
        return self.mail.verdict(fresh.decision.customer_id, self.moment(fresh))

    def moment(self, fresh: Fresh) -> Moment:
        """What the gate must know of a customer at this moment."""
        return Moment(
            now=self.clock(),
            zones=fresh.zones,
            country=fresh.country,
            policy=why_dry(fresh.policy, self.today, is_approved=fresh.policy_approved),
            working_days_only=fresh.policy.working_days_only,
            quiet_hours=fresh.policy.quiet_hours,
        )

    def perform(self, action: Waiting, fresh: Fresh | None) -> Ended:
        """Perform the action, unless the last look says that it is not wanted any more."""
        why = why_not_wanted(action, fresh)
        if why or fresh is None:
            return Ended(how="superseded" if self.outbox.supersede(action.action_id, why) else "taken")
        return self.deliver(action, self._errand(fresh))

    def _errand(self, fresh: Fresh) -> Errand:
        return Errand(
            customer_id=fresh.decision.customer_id,
            named=fresh.named,
            content=partial(self.writer.write, fresh),
            moment=partial(self.moment, fresh),
        )

    def deliver(self, action: Waiting, errand: Errand) -> Ended:
        """Hand over what nothing needs to be decided about any more."""
        verdict = self.mail.verdict(action.action_id, errand.moment())  # of whoever it is to
        if not verdict.is_open:
            return Ended(how="stopped", stops=verdict.because)
        claim = self.outbox.claim(action.action_id, self.token)
        if claim is None:
            return Ended(how="taken")
        return self._write_to_contacts(claim, errand)

    def _write_to_contacts(self, claim: Claim, errand: Errand) -> Ended:
        refused: list[Finding] = []
        while (draft := self.outbox.next_draft(claim)) is not None:
            handling = self._written(claim, draft, errand)
            if isinstance(handling, Ended):
                return handling
            ended = self._hand_over(handling, errand)
            if ended.how != Outcome.REFUSED_ADDRESS.value:
                return replace(ended, found=(*refused, *ended.found))
            refused += ended.found
        self.outbox.conclude(claim, Event.FAILED, "no contact is left that can be written to", End())
        return Ended(how="no_address", found=(*refused, findings.no_address(errand.customer_id, self.today)))

    def _written(self, claim: Claim, draft: Draft, errand: Errand) -> Handling | Ended:
        try:
            sealed = self._sealed(claim, draft, errand)
        except Exception as error:
            log.error("the notice %s can't be written: %s", claim.action_id, type(error).__name__)
            end = End(retry_at=self._later(draft.attempt))
            self.outbox.conclude(claim, Event.FAILED, f"it can't be written: {error}", end)
            return Ended(how="not_written", found=(findings.not_written(claim.action_id, str(error)),))
        if isinstance(sealed, Verdict):
            return self._let_go(claim, sealed.because, End())
        named, digest = errand.named, self.store.keep(sealed.content)
        return Handling(claim=claim, draft=draft, sealed=sealed, named=named, digest=digest, on=self.today)

    def _sealed(self, claim: Claim, draft: Draft, errand: Errand) -> Sealed | Verdict:
        letter = Letter(
            message_id=message_id_of(claim.action_id, draft.ordinal, self.domain),
            written_at=datetime.fromisoformat(claim.at),
            recipient=draft.contact.email,
            recipient_name=draft.contact.name,
            content=errand.content(draft.contact),
        )
        return self.mail.seal(letter, errand.moment())

    def _hand_over(self, handling: Handling, errand: Errand) -> Ended:
        if not self.outbox.begin(handling):
            return self._let_go(handling.claim, "stopped, or not this worker's any more", End())
        said = self.mail.hand_over(handling.sealed, errand.moment())
        if isinstance(said, Verdict):
            became = Became(event=MessageEvent.NOT_HANDED_OVER, said=said.because)
            return self._let_go(handling.claim, said.because, End(handling=handling, became=became))
        return self._concluded(handling, said, errand)

    def _let_go(self, claim: Claim, because: str, end: End) -> Ended:
        self.outbox.conclude(claim, Event.LET_GO, because, end)
        return Ended(how="stopped", stops=because)

    def _concluded(self, handling: Handling, said: HandOver, errand: Errand) -> Ended:
        claim, outcome = handling.claim, self._judged(said, handling.draft.attempt)
        became = Became(event=_WORDS[outcome], code=said.code_text, said=said.said)
        if outcome is Outcome.REFUSED_ADDRESS:
            self.outbox.word(handling, became)
            found = findings.refused_address(errand.customer_id, claim.action_id, said.code_text or said.said)
            return Ended(how=outcome.value, found=(found,))
        event, found_one = self._consequence(outcome, claim, said)
        again = self._later(handling.draft.attempt) if became.event is MessageEvent.TRY_LATER else ""
        self.outbox.conclude(claim, event, str(said), End(retry_at=again, handling=handling, became=became))
        stops, of_address = _why_it_stops(outcome, said), said.verb is Verb.TO and outcome is Outcome.TRY_LATER
        return Ended(how=outcome.value, stops=stops, is_of_address=of_address, found=found_one)

    @staticmethod
    def _consequence(outcome: Outcome, claim: Claim, said: HandOver) -> tuple[Event, tuple[Finding, ...]]:
        if outcome is Outcome.ACCEPTED:
            return Event.DONE, ()
        if outcome is Outcome.IN_DOUBT:
            return Event.IN_DOUBT, (findings.in_doubt(claim.action_id, str(said)),)
        if outcome is Outcome.REFUSED_MESSAGE:
            return Event.FAILED, (findings.refused_message(claim.action_id, str(said)),)
        return Event.FAILED, (findings.refused_us(str(said)),) if outcome is Outcome.REFUSED_US else ()

    @staticmethod
    def _judged(said: HandOver, attempt: int) -> Outcome:
        """An address that was put off as often as the table has times is taken for refused: the next contact's turn."""
        put_off = said.outcome is Outcome.TRY_LATER and said.verb is Verb.TO
        return Outcome.REFUSED_ADDRESS if put_off and attempt > len(RETRY_AFTER) else said.outcome

    def _later(self, attempt: int) -> str:
        """When to try again; past the end of the table at its longest time: only an address is ever given up."""
        now = self.clock()
        return moment(retry_at(min(attempt, len(RETRY_AFTER)), now) or now)


def why_not_wanted(action: Waiting, fresh: Fresh | None) -> str:
    """Why an action is not wanted any more; "" when the same would be decided now."""
    if fresh is None:
        return "nothing is known of the customer any more"
    if fresh.action_id == action.action_id:
        return ""
    if action.stage in LETTERS:
        return f"nothing asks for this letter any more ({action.stage})"
    because = "; ".join(str(reason) for reason in fresh.decision.because)
    return f"by now the answer is {fresh.decision.answer.value} ({fresh.decision.stage}): {because}"


def moment(at: datetime) -> str:
    """A moment as the ledger writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _why_it_stops(outcome: Outcome, said: HandOver) -> str:
    if outcome is Outcome.REFUSED_US:
        return f"the mail server takes nothing of ours: {said}"
    if outcome is Outcome.TRY_LATER and said.verb in _NOBODY_FARES_BETTER:
        return f"the mail server is away: {said}"
    return ""
