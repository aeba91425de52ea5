"""What escalation and support need from the world, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from csp_receivables.domain.escalation.compiling import Known
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.policy import Reader
from csp_receivables.domain.escalation.report import EscalationReport
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.support.cases import CaseEvent, SupportCase
from csp_receivables.domain.support.intake import Intake, Knowledge
from csp_receivables.domain.support.requests import Request
from csp_receivables.domain.support.terms import SupportTerms
from csp_receivables.domain.support.triage import Triage


class EscalationBook(Protocol):
    """Reads what a report is compiled from, and keeps reports."""

    def is_demo(self) -> bool:
        """Was this ledger made by the sample?"""

    def read(self, kind: ReportKind, plan: RunPlan) -> tuple[Facts, Known]:
        """The facts of the plan's day and what is known beside them, of one moment."""

    def keep(self, report: EscalationReport, readers: Sequence[Reader]) -> tuple[str, int]:
        """Keep the report and propose it to its readers, in one transaction; its run's id, and how many were new."""


class ReportFiles(Protocol):
    """Hands a report to people as files."""

    def write(self, report: EscalationReport) -> Sequence[Path]:
        """Write them whole or not at all; the same report again changes nothing."""


class SupportBook(Protocol):
    """Keeps support cases."""

    def take(
        self, request: Request, decide: Callable[[Request, Knowledge], Intake], triage: Callable[[Request], Triage]
    ) -> Intake:
        """Keep a request in one transaction. The same one again changes nothing."""

    def record(self, findings: Iterable[Finding]) -> None:
        """Keep findings; the same one again changes nothing."""

    def cases(self, known_at: str = "9") -> Sequence[SupportCase]:
        """Every case as it was known by then."""

    def case(self, case_id: str) -> SupportCase:
        """One case. Raises ByHandRefused."""

    def append(self, case_id: str, event: CaseEvent, by: str, what: Mapping[str, str]) -> None:
        """Add to its story. Raises ByHandRefused."""

    def hand_on(
        self, case_id: str, terms: SupportTerms, wanted: Callable[[SupportCase], Sequence[int]], who: Person
    ) -> Sequence[str]:
        """Put what the provider lacks of a case into the outbox; the ids of its actions. Raises ByHandRefused."""

    def reply(self, case_id: str, text: str, language: str, who: Person, per_day_max: int = 0) -> str:
        """Put a reply into the outbox; its action's id, or "" where the address had as many today. ByHandRefused."""
