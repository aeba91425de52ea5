"""The escalation report: gather a day's facts, compile the report, keep it, write its files; live only: propose it.

Compiling may be repeated for any day. Sending is another step's: what is proposed here waits in the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.collections.caseload import decide_caseload
from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.compiling import Compiled, Known, ageing_of, compile_report
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.measures import measures_of
from csp_receivables.domain.escalation.policy import EscalationPolicy
from csp_receivables.domain.escalation.report import EscalationReport
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.payables.day import day_payables
from csp_receivables.domain.payables.settling import PAYMENT_TERM_DAYS
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.support.policy import SupportPolicy
from csp_receivables.support_ports import EscalationBook, ReportFiles


class NotTheDayAnyMore(RuntimeError):
    """The run was planned live and its day has passed: it proposes nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report as it was kept: its run, its files, and how many letters of it are new in the outbox."""

    run_id: str
    report: EscalationReport
    files: Sequence[Path]
    proposed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationReporter:
    """What reporting needs: the book, a DuckDB connection to compute in, the policies, and where files go."""

    book: EscalationBook
    files: ReportFiles
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    collections: CollectionsPolicy
    matching: MatchingPolicy
    lines: BankLinePolicy
    policy: EscalationPolicy
    is_still_live: Callable[[RunPlan], bool]
    support: SupportPolicy | None = None  # None: its rules can't be used
    vendor_term_days: int = PAYMENT_TERM_DAYS

    def report(self, kind: ReportKind, plan: RunPlan) -> Reported:
        """Compile the plan's day and keep it; live, propose it to its readers. Raises NotTheDayAnyMore."""
        if plan.mode is Mode.LIVE and not self.is_still_live(plan):
            raise NotTheDayAnyMore(f"{plan.as_of} is not yesterday any more; report it as historical")
        report = self.look(kind, plan)
        readers = self.policy.readers.get(kind, ()) if plan.mode is Mode.LIVE else ()
        run_id, proposed = self.book.keep(report, readers)
        return Reported(run_id=run_id, report=report, files=self.files.write(report), proposed=proposed)

    def look(self, kind: ReportKind, plan: RunPlan) -> EscalationReport:
        """The report of the plan's day, without writing anything."""
        facts, known = self.book.read(kind, plan)
        return compile_report(kind, self.compiled(facts, known, plan.mode), known, self.policy, self.support)

    def compiled(self, facts: Facts, known: Known, mode: Mode) -> Compiled:
        """Tables, decisions and measures of the day, computed once on one connection."""
        with self.engine() as connection:
            day, booking = compute_day(
                connection,
                facts,
                self.matching,
                self.lines,
                mode=mode,
                is_demo=self.book.is_demo(),
                vendor_term_days=self.vendor_term_days,
            )
            define_money(connection)
            feed = feed_age(day.feeds, self.collections.feed_hours_max, facts.as_of)
            decided = decide_caseload(
                connection, booking.suggestions, facts.collections, self.collections, on=facts.as_of, feed=feed
            )
            return Compiled(
                day=day,
                decided=decided,
                measures=measures_of(connection, facts, known.restored),
                ageing=ageing_of(connection),
                collections=facts.collections,
                payables=day_payables(connection, facts, day.coverage, self.vendor_term_days).payables,
            )
