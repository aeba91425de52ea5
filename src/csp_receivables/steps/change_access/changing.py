"""Changing one subscription: read, begin, send, read again until it shows, write down what it was.

What a reading shows is believed. A change that broke off is never sent again before a reading says that it did not
happen; where a process dies, the next one begins with that reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from csp_receivables.access_ports import AccessBook, NotNow, Said
from csp_receivables.domain.access.changes import ChangeEvent, Direction, Standing
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.access.refusals import Follow, again_at, follow
from csp_receivables.domain.access.snapshot import snapshot_of
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.payables.credit_limit import CREDIT_LIMIT_CODES, credit_limit_finding
from csp_receivables.microsoft_ports import Change as Made
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, OutcomeUnknown, SubscriptionChanges
from csp_receivables.outbox_ports import Claim
from csp_receivables.steps.change_access import findings

LOOKS = 6  # readings in one run of a change that does not show yet
BETWEEN_LOOKS = timedelta(seconds=10)
_FOR_EVERYBODY = frozenset({"unreachable", "900420", "900421", "900329", "900150", "900308", "900309", "900149"})


def is_for_everybody(refusal: MicrosoftRefused) -> bool:
    """Is the refusal of us, whatever is asked? Then it says nothing of one subscription."""
    return isinstance(refusal, ConsentLost) or refusal.code in _FOR_EVERYBODY


class RunEnds(Exception):
    """Nothing else of this run is changed: the door was closed, or Microsoft takes nothing of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How one go at a change ended: it has ended or is tried again at `again`; `why_not`: it is not wanted any more.

    `waits`: we put it off ourselves, for a better hour; Microsoft has not said anything.
    """

    standing: Standing
    again: datetime | None = None
    why_not: str = ""
    waits: bool = False
    found: tuple[Finding, ...] = ()

    @property
    def event(self) -> ChangeEvent:
        return self.standing.event


@dataclass(frozen=True, slots=True, kw_only=True)
class Changer:
    """What changing a subscription needs. `door`: why nothing may be changed now, "" when it may."""

    book: AccessBook
    microsoft: SubscriptionChanges
    policy: AccessPolicy
    clock: Callable[[], datetime]
    wait: Callable[[timedelta], None]
    door: Callable[[], str]

    def read(self, tenant_id: str, subscription_id: str) -> Subscription:
        """The subscription as it is now, kept where it changed. Raises MicrosoftRefused, RunEnds."""
        self.must_be_open()
        try:
            read = self.microsoft.read(tenant_id, subscription_id)
        except MicrosoftRefused as refusal:
            self._stop_for_everybody(refusal)
            raise
        self.book.saw(read)
        return read

    def tries_max(self, standing: Standing) -> int:
        """How often this change may be sent before a person looks."""
        is_restoring = standing.change.direction is Direction.RESTORE
        return self.policy.restore_tries_max if is_restoring else self.policy.tries_max

    def must_be_open(self) -> None:
        """Raises RunEnds while the door is closed."""
        if why := self.door():
            raise RunEnds(why)

    def send(
        self, claim: Claim, standing: Standing, do: Callable[[], Made], still_wanted: Callable[[], str]
    ) -> Turn | Standing:
        """Begin and send one change; where it stands then, or how this go ended."""
        self.must_be_open()
        change = standing.change
        try:
            why_not = self.book.begin(claim, change, still_wanted)
        except NotNow as closed:
            raise RunEnds(str(closed)) from closed
        if why_not:
            return Turn(standing=standing, why_not=why_not)
        began = replace(standing, event=ChangeEvent.BEGAN, tries=standing.tries + 1, began_at=self.clock())
        try:
            made = do()
        except OutcomeUnknown as unknown:
            return self.said(began, ChangeEvent.BROKE_OFF, why=unknown.meaning)
        except MicrosoftRefused as refusal:
            return self.refused(began, refusal)
        return self.said(began, ChangeEvent.ACCEPTED, why="202" if made is Made.ACCEPTED else "200")

    def refused(self, standing: Standing, refusal: MicrosoftRefused) -> Turn:
        """What follows from Microsoft's no: again at some time, or a person."""
        what = follow(refusal.code, refusal.status, passes=refusal.passes)
        if isinstance(refusal, ConsentLost):
            what = Follow.RETRY
        again = again_at(what, self.clock()) if standing.tries < self.tries_max(standing) else None
        if again:
            turn = Turn(
                standing=self.said(standing, ChangeEvent.PUT_OFF, why=refusal.meaning, code=refusal.code), again=again
            )
            self._stop_for_everybody(refusal)
            return turn
        found = [findings.refused(standing.change, refusal.code, refusal.meaning, refusal.remedy)]
        if refusal.code in CREDIT_LIMIT_CODES:
            found.append(credit_limit_finding(refusal.code, self.clock().date()))
        return self.ended(standing, ChangeEvent.REFUSED, found, why=refusal.meaning, code=refusal.code)

    def ended(
        self,
        standing: Standing,
        event: ChangeEvent,
        found: Sequence[Finding],
        shown: Subscription | None = None,
        *,
        why: str = "",
        code: str = "",
    ) -> Turn:
        """Write down how a change ended, with what a person must look at; the end of this go."""
        told = tuple(found)
        return Turn(standing=self.said(standing, event, shown, why=why, code=code, found=told), found=told)

    def said(
        self,
        standing: Standing,
        event: ChangeEvent,
        shown: Subscription | None = None,
        *,
        why: str = "",
        code: str = "",
        found: tuple[Finding, ...] = (),
    ) -> Standing:
        """Write down what became of a change; where it stands then."""
        left = snapshot_of(shown) if shown else None
        self.book.say(
            standing.change,
            Said(event=event, shown=left, why=why, code=code, request_ids=self.microsoft.last_call(), found=found),
        )
        is_back = standing.is_back or event is ChangeEvent.STATUS_BACK
        return replace(standing, event=event, at=self.clock(), left=left or standing.left, is_back=is_back)

    @staticmethod
    def _stop_for_everybody(refusal: MicrosoftRefused) -> None:
        if is_for_everybody(refusal):
            raise RunEnds(str(refusal)) from refusal


def moment_text(at: datetime) -> str:
    """A moment as the ledger writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
