"""What changing access needs from the world, as Protocols, and the values that pass between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from csp_receivables.domain.access.approvals import Approval, Approver
from csp_receivables.domain.access.breaker import AccessLoad
from csp_receivables.domain.access.changes import Change, ChangeEvent, Standing
from csp_receivables.domain.access.proposal import Evidence, Proposal
from csp_receivables.domain.access.snapshot import Snapshot
from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.outbox_ports import Claim


class NotNow(RuntimeError):
    """Nothing may be sent at this moment: everything is stopped, or another worker has the claim by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word on a change: Microsoft's code and ids where it answered, what a reading showed, what a person must see.

    `found` is kept with the word or not at all: whoever dies after it has told.
    """

    event: ChangeEvent
    why: str = ""
    code: str = ""
    request_ids: str = ""  # "request …, correlation …", as Microsoft's support asks for them
    shown: Snapshot | None = None
    found: tuple[Finding, ...] = ()


class AccessBook(Protocol):
    """Access as the ledger keeps it. Each call is one transaction; what returns False changed nothing."""

    def evidence(self, customer_id: str, receivable_ids: Sequence[str]) -> Evidence:
        """What a proposal about this customer is computed from."""

    def keep_proposal(self, proposal: Proposal) -> bool:
        """Keep what a person is asked. False: it was asked last already."""

    def approval(self, action_id: str) -> Approval | None:
        """The newest answer to an action."""

    def answer(self, approval: Approval, customer_id: str) -> None:
        """Keep an answer with what follows for its action, in one transaction. Raises ByHandRefused."""

    def changes(self, action_id: str) -> Sequence[Standing]:
        """The changes of one action, by subscription."""

    def taken(self, customer_id: str) -> Sequence[Standing]:
        """Suspensions of ours at a customer that may have happened and were not given back yet, by subscription."""

    def coming_back(self, customer_id: str) -> frozenset[str]:
        """Subscriptions that a restoring of ours may have made active, and has not ended with."""

    def is_given_back(self, action_id: str) -> bool:
        """Was what this suspension took given back, or did a person ask for that? Then nothing more of it is taken."""

    def is_ordered(self, action_id: str) -> bool:
        """Does a named person want this, and was it not done, or wanted no more, since?"""

    def is_busy(self, customer_id: str, kind: Answer) -> bool:
        """Is a worker suspending subscriptions of this customer at this moment, or giving them back?"""

    def suspended(self) -> Sequence[str]:
        """Customers that access may have been taken from and was not given back, by id."""

    def suspended_by_others(self) -> Sequence[tuple[str, Subscription]]:
        """Customers' subscriptions that were suspended when last read, and not by us: with whose they are."""

    def prepare(self, claim: Claim, changes: Sequence[Change]) -> bool:
        """Keep the snapshots of what an action will change. False: the claim is another's by now."""

    def begin(self, claim: Claim, change: Change, still_wanted: Callable[[], str]) -> str:
        """Write down that a change is about to be sent, unless `still_wanted`, asked in the same transaction, says why
        not: then that is returned; "" when it may be sent. Raises NotNow."""

    def say(self, change: Change, said: Said) -> None:
        """Write down what became of a change."""

    def saw(self, subscription: Subscription) -> None:
        """Keep a subscription as it was just read, where it changed."""

    def load(self, today: date, wanted: int, value: Mapping[str, int]) -> AccessLoad:
        """What is usual, for the breaker. `value`: what those owe that are wanted, by currency in minor units."""

    def released(self, action_id: str) -> Sequence[str]:
        """The digests under which a second person let this action go past the breaker, since it was answered last."""

    def release(self, waiting: Mapping[str, str], who: Approver, why: str) -> None:
        """Let these actions go past the breaker, each under the digest of its proposal. Raises ByHandRefused."""

    def propose(self, decisions: Iterable[Decision]) -> None:
        """Keep the actions that these decisions ask for; known ones change nothing."""

    def propose_letters(self, letters: Iterable[AccountLetter]) -> None:
        """Keep the letters that are wanted; known ones change nothing."""

    def look_anew(self) -> None:
        """Let the next last look see what this worker wrote itself."""

    def record(self, findings: Iterable[Finding]) -> None:
        """Keep findings; the same one again changes nothing."""
