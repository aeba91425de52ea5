"""Sending letters of our own, which no decision about a customer asks for, by the claim, gate and record of notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from csp_receivables.domain.outbox.actions import OwnLetter
from csp_receivables.domain.outbox.gate import Moment
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.outbox_ports import LetterWords, Waiting
from csp_receivables.steps.send_notices import Sent, findings
from csp_receivables.steps.send_notices.performing import Ended, Errand, Performer


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOwnLetters:
    """What sending them needs. `moment`: what the gate must know at a moment. `historical`: why this run only looks."""

    performer: Performer
    words: LetterWords
    moment: Callable[[datetime], Moment]
    kinds: tuple[OwnLetter, ...]
    historical: str = ""

    def send(self) -> Sent:
        """Hand over what waits, the oldest first. Findings are kept in the ledger, too."""
        sent = Sent(because=self.historical)
        if self.historical:
            return sent
        try:
            self._send(sent)
        finally:
            self.performer.mail.close()
            if sent.findings:
                self.performer.outbox.record(sent.findings)
        return sent

    def _send(self, sent: Sent) -> None:
        _, in_doubt = self.performer.outbox.recover()
        sent.findings += [findings.in_doubt(action_id, "its worker was gone") for action_id in in_doubt]
        for action in self.performer.outbox.waiting(self.kinds):
            ended = self._one(action)
            if ended.how == "stopped":
                sent.waits[ended.stops] += 1
                continue
            sent.count(ended)
            if ended.stops:
                sent.because = ended.stops
                return

    def _one(self, action: Waiting) -> Ended:
        if why := self.words.why_not_wanted(action):
            return Ended(how="superseded" if self.performer.outbox.supersede(action.action_id, why) else "taken")
        errand = Errand(
            customer_id=action.customer_id,
            named=(),
            content=partial(self._content, action),
            moment=lambda: self.moment(self.performer.clock()),
        )
        return self.performer.deliver(action, errand)

    def _content(self, action: Waiting, _: Contact) -> Content:
        return self.words.write(action)
