"""Watching: every day what is suspended at Microsoft is compared with what we suspended. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from csp_receivables.access_ports import AccessBook
from csp_receivables.domain.access.changes import Standing
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.access.watching import gone, suspended_by_others, watched
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.microsoft.suspending import ACTIVE
from csp_receivables.microsoft_ports import MicrosoftRefused, SubscriptionChanges
from csp_receivables.steps.change_access.changing import is_for_everybody


@dataclass(slots=True, kw_only=True)
class Watched:
    """How many were read, how many could not be now, and what a person must know."""

    read: int = 0
    unread: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessWatch:
    """What watching needs."""

    book: AccessBook
    microsoft: SubscriptionChanges
    policy: AccessPolicy
    clock: Callable[[], datetime]

    def watch(self) -> Watched:
        """Read everything that we suspended. Raises MicrosoftRefused where we are refused whatever is asked."""
        seen = Watched()
        for customer_id in self.book.suspended():
            coming = self.book.coming_back(customer_id)
            for taken in self.book.taken(customer_id):
                self._one(taken, seen, is_coming_back=taken.subscription_id in coming)
        seen.findings += [suspended_by_others(each, customer) for customer, each in self.book.suspended_by_others()]
        if seen.findings:
            self.book.record(seen.findings)
        return seen

    def _one(self, taken: Standing, seen: Watched, *, is_coming_back: bool) -> None:
        try:
            read = self.microsoft.read(taken.change.tenant_id, taken.subscription_id)
        except MicrosoftRefused as refusal:
            if is_for_everybody(refusal) and not refusal.passes:
                raise
            seen.unread += 1
            if not refusal.passes:
                seen.findings.append(gone(taken.change, refusal.code, refusal.meaning))
            return
        seen.read += 1
        self.book.saw(read)
        if is_coming_back and read.status == ACTIVE:
            return  # by us; what is still to be set is the restoring's to tell
        if found := watched(taken, read, self.clock(), self.policy):
            seen.findings.append(found)
