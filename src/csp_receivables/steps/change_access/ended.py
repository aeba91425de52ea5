"""What a run of suspensions came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from csp_receivables.domain.findings import Finding, Severity

SUSPENDED, WAITS, TAKEN = "suspended", "waits", "taken"
SAYS_NOTHING = frozenset({WAITS, "superseded", "stale", "unreadable"})  # of how Microsoft takes what we send


@dataclass(slots=True, kw_only=True)
class Performed:
    """How many actions ended how, how many wait and why, and what a person must look at.

    `ended` by "suspended", "superseded", "later" (Microsoft), "waits" (for a better hour, or a release), "stale",
    "unreadable", "failed", "taken" (by another worker).
    """

    ended: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)  # by reason
    findings: list[Finding] = field(default_factory=list)
    because: str = ""  # why the run ended early, or did nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one action ended, and the findings."""

    how: str
    why: str = ""
    found: tuple[Finding, ...] = ()

    @property
    def is_well(self) -> bool:
        """Was it suspended, and nothing of it refused or odd? Only that lets the rest follow."""
        return self.how == SUSPENDED and all(each.severity is Severity.WARNING for each in self.found)
