"""The only way out of the house: every letter passes the gate here, right before it is handed over.

The recipient that a server is told is always the gate's answer of that very moment, never what a caller brings along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from csp_receivables.adapters.mail.mime import mail_bytes
from csp_receivables.adapters.mail.smtp import SmtpConversation
from csp_receivables.domain.outbox.gate import House, Moment, Verdict, verdict
from csp_receivables.domain.outbox.letters import Letter, on_the_wire
from csp_receivables.domain.outbox.replies import HandOver
from csp_receivables.mail_settings import MailSettings
from csp_receivables.outbox_ports import Sealed


@dataclass(slots=True)
class Pace:
    """Not more letters a minute than agreed. `now`: seconds of a clock that only goes forward; `sleep`: waits some."""

    per_minute_max: int
    now: Callable[[], float]
    sleep: Callable[[float], None]
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Until the next letter may go."""
        ahead = self._next - self.now()
        if ahead > 0:
            self.sleep(ahead)
        self._next = max(self._next, self.now()) + 60.0 / self.per_minute_max


@dataclass(frozen=True, slots=True)
class GatedMail:
    """Mail through the gate. `house` is asked anew for each letter; `close` ends the conversation with the server."""

    mail: MailSettings
    house: Callable[[], House]
    pace: Pace
    _conversations: list[SmtpConversation] = field(default_factory=list, init=False)

    def verdict(self, recipient: str, moment: Moment) -> Verdict:
        """Where a letter for `recipient` would go now."""
        found = verdict(recipient, self.house(), moment)
        if found.is_open and self.mail.server is None:
            return Verdict(to="", because="no mail server is set (CSP_SMTP_URL, or Airflow's connection smtp_default)")
        return found

    def seal(self, letter: Letter, moment: Moment) -> Sealed | Verdict:
        """The letter as it would leave now, to be kept before it is handed over; or why the gate is closed."""
        found = self.verdict(letter.recipient, moment)
        if not found.is_open:
            return found
        return Sealed(letter=letter, to=found.to, content=mail_bytes(letter, found.to, self.mail))

    def hand_over(self, sealed: Sealed, moment: Moment) -> HandOver | Verdict:
        """Hand it over, if the gate still says so: a stop may have come since it was sealed."""
        self.pace.wait()
        found = self.verdict(sealed.letter.recipient, moment)
        if not found.is_open:
            return found
        if found.to != sealed.to:
            return Verdict(to="", because="the gate sends it somewhere else by now; it is sealed anew")
        to, envelope_id = on_the_wire(found.to), sealed.letter.message_id.partition("@")[0]
        return self._conversation().hand_over(self.mail.sender, to, sealed.content, envelope_id)

    def close(self) -> None:
        """End the conversation with the mail server."""
        while self._conversations:
            self._conversations.pop().close()

    def _conversation(self) -> SmtpConversation:
        if not self._conversations:
            assert self.mail.server is not None
            self._conversations.append(SmtpConversation(self.mail.server))
        return self._conversations[0]
