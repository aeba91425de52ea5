"""Asking Microsoft how the requests that we filed stand: known numbers only, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from csp_receivables.domain.microsoft.service_requests import ServiceRequest
from csp_receivables.domain.support.cases import CaseEvent, CaseState, SupportCase
from csp_receivables.support_ports import SupportBook

MICROSOFT = "microsoft"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPoll:
    """What polling needs. `one` raises `refusal` for a number that Microsoft does not show us."""

    book: SupportBook
    one: Callable[[str], ServiceRequest]
    refusal: type[Exception]

    def run(self) -> Counter[str]:
        """Read each number's status; what changed is kept. How many "changed", "unchanged", "refused"."""
        told: Counter[str] = Counter()
        for case in self.book.cases():
            if case.state is CaseState.WITH_MICROSOFT and case.number:
                told[self._poll(case)] += 1
        return told

    def _poll(self, case: SupportCase) -> str:
        try:
            found = self.one(case.number)
        except self.refusal:
            return "refused"
        known = next((t.what for t in reversed(case.story) if t.event is CaseEvent.VENDOR), {})
        changed_at = found.changed_at.isoformat() if found.changed_at else ""
        now = {"number": case.number, "status": found.status, "severity": found.severity, "changed_at": changed_at}
        if dict(known) == now:
            return "unchanged"
        self.book.append(case.case_id, CaseEvent.VENDOR, MICROSOFT, now)
        return "changed"
