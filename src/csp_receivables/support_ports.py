"""What escalation and support need from the world, as Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from csp_receivables.domain.escalation.compiling import Known
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.policy import Reader
from csp_receivables.domain.escalation.report import EscalationReport
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.run_plan import RunPlan


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
