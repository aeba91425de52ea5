"""What sending notices needs from the world, as Protocols, and the values that pass between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.notice_content import Particulars
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.outbox.actions import ActionKind
from csp_receivables.domain.outbox.bounces import Bounce
from csp_receivables.domain.outbox.breaker import Load
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.gate import Moment, Verdict
from csp_receivables.domain.outbox.letters import Content, Letter
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.domain.outbox.replies import HandOver
from csp_receivables.domain.outbox.states import Event, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An action that may be performed now."""

    action_id: str
    kind: ActionKind
    customer_id: str
    stage: str
    state: State
    decided_on: date
    run_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The last look at one customer: what would be decided now, by which policy, and where the customer is.

    `case` and `particulars` are what a notice is written from; None where nothing is asked for. `letter`: the one
    beside the ladder that this look is about, None where it is about the decision. `letters`: the looks at each of
    those, by action id.
    """

    decision: Decision
    policy: CollectionsPolicy
    policy_approved: bool
    country: str
    zones: tuple[ZoneInfo, ...]
    case: Case | None = None
    particulars: Particulars | None = None
    letter: AccountLetter | None = None
    letters: Mapping[str, Fresh] = field(default_factory=dict)

    def about(self, action_id: str) -> Fresh:
        """The look at the letter beside the ladder that is this action; else at the decision."""
        return self.letters.get(action_id, self)

    @property
    def action_id(self) -> str:
        """The action that is wanted now; "" for none."""
        return self.letter.action_id if self.letter else self.decision.action_id

    @property
    def named(self) -> tuple[str, ...]:
        """The receivables that it names."""
        return self.letter.receivable_ids if self.letter else self.decision.receivable_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A letter as bytes, and where the gate sends it."""

    letter: Letter
    to: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Whom an action writes to next: the `ordinal`-th contact of it, for the `attempt`-th time."""

    contact: Contact
    ordinal: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One worker's claim of one action; `at` (recorded_at) is when."""

    action_id: str
    token: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """One letter of one claim on its way to one contact. `named`: the receivables it names; `on`: the partner's day."""

    claim: Claim
    draft: Draft
    sealed: Sealed
    named: tuple[str, ...]
    digest: str  # of the bytes, by which they are kept
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of a letter: the word on its message, and what the server said."""

    event: MessageEvent
    code: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a claim ends: when it is tried again, and what became of the letter, if there was one."""

    retry_at: str = ""
    handling: Handling | None = None
    became: Became | None = None


class LastLook(Protocol):
    """Decides customers anew, on everything known by now."""

    def look(self, customer_ids: Sequence[str]) -> Mapping[str, Fresh]:
        """The fresh decision of each; a customer that nothing is known of any more is left out."""


class NoticeWriter(Protocol):
    """Puts a decision into words."""

    def write(self, fresh: Fresh, contact: Contact) -> Content:
        """The notice that `fresh` asks for. Raises ValueError with what is missing."""


class LetterWords(Protocol):
    """Puts a letter that nothing is decided about into words."""

    def why_not_wanted(self, action: Waiting) -> str:
        """Why it need not be sent any more; "" when it must."""

    def write(self, action: Waiting) -> Content:
        """What it says. Raises ValueError or LookupError with what is missing."""


class Mail(Protocol):
    """The way out, through the gate."""

    def verdict(self, recipient: str, moment: Moment) -> Verdict:
        """Where a letter would go now."""

    def seal(self, letter: Letter, moment: Moment) -> Sealed | Verdict:
        """The letter as it would leave now, or why the gate is closed."""

    def hand_over(self, sealed: Sealed, moment: Moment) -> HandOver | Verdict:
        """Hand it over, unless the gate was closed since."""

    def close(self) -> None:
        """End the conversation with the server."""


class MessageStore(Protocol):
    """Keeps what was handed over, as it was."""

    def keep(self, content: bytes) -> str:
        """Keep it; returns its digest."""


class Outbox(Protocol):
    """The outbox of the ledger. Each call is one transaction; what returns False changed nothing."""

    def recover(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """End claims whose worker is gone; which were let go, and which are in doubt."""

    def waiting(self, kinds: Sequence[ActionKind]) -> Sequence[Waiting]:
        """What may be performed now, the oldest first."""

    def load(self, kinds: Sequence[ActionKind], today: date, wanted: int) -> Load:
        """What is usual, for the breaker."""

    def claim(self, action_id: str, token: str) -> Claim | None:
        """Take it for this worker alone."""

    def next_draft(self, claim: Claim) -> Draft | None:
        """Whom to write to; None when nobody is left."""

    def begin(self, handling: Handling) -> bool:
        """Write down that it is being handed over, before the first byte leaves. False: it must not be."""

    def word(self, handling: Handling, became: Became) -> None:
        """Write down what became of the letter, while the claim goes on to the next contact."""

    def conclude(self, claim: Claim, event: Event, why: str, end: End) -> None:
        """Write down what became of the action, and of its letter, in one transaction. The claim ends."""

    def supersede(self, action_id: str, why: str) -> bool:
        """It is not wanted any more."""

    def record(self, findings: Iterable[Finding]) -> None:
        """Keep findings; the same one again changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What taking a bounce came to: the action it is about ("" for none of ours), whether it was news, findings."""

    action_id: str = ""
    is_new: bool = False
    findings: tuple[Finding, ...] = ()


class BounceBook(Protocol):
    """Takes bounces into the ledger."""

    def take(self, bounce: Bounce, on: date) -> Taken:
        """Keep one report, with what follows from it. The same report again changes nothing."""

    def record(self, found: Finding) -> None:
        """Keep a finding about what came to the mailbox."""

    def is_imported(self, digest: str) -> bool:
        """Was a file with these bytes imported?"""

    def keep_file(self, report: FileReport, size: int) -> None:
        """Keep that a file was imported, or refused, with its findings."""


class Mailbox(Protocol):
    """A mailbox that bounces come to."""

    def read(self, take: Callable[[bytes], None]) -> int:
        """Give each new mail to `take`, then put it away. Returns how many."""
