"""One day computed from its facts: book what can be booked, then every table that people are shown."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.attribution import keep_parts, make_rounding
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.booking import NO_LINE_RULES, Booking, decide_booking
from csp_receivables.domain.charges.readiness import late_findings, readiness
from csp_receivables.domain.collections.caseload import Decided, decide_caseload
from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.collections.non_payment import non_payment_table, unreachable_findings
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.coverage import coverage_table
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.day_findings import day_findings
from csp_receivables.domain.day_views import allocation_view, suggestion_view, unapplied_view
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.feeds import feeds_table, findings_that_stand
from csp_receivables.domain.findings import findings_table
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.not_customer_money import not_customer_money_view
from csp_receivables.domain.payables.day import day_payables
from csp_receivables.domain.payables.payables import findings as payable_findings
from csp_receivables.domain.payables.settling import PAYMENT_TERM_DAYS
from csp_receivables.domain.pending import keep_pending
from csp_receivables.domain.reconciliation import keep_reconciliation_parts, reconciliation_table
from csp_receivables.domain.standings import late_table, standings_table
from csp_receivables.domain.summary import summary_table
from csp_receivables.domain.tie_out import tie_out_findings, tie_out_table


def compute_day(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    policy: MatchingPolicy,
    lines: BankLinePolicy = NO_LINE_RULES,
    *,
    mode: Mode,
    is_demo: bool,
    collections: CollectionsPolicy | None = None,
    vendor_term_days: int = PAYMENT_TERM_DAYS,
) -> tuple[Day, Booking]:
    """The day as it stands once `Booking.allocations` are booked. Pure: same facts and policies, same bytes."""
    booking = decide_booking(connection, facts, policy, lines)
    make_rounding(connection)
    keep_parts(connection)
    keep_reconciliation_parts(connection)
    standings = standings_table(connection, facts.as_of)
    late = late_table(connection, standings, facts.as_of)
    reconciliation = reconciliation_table(connection, facts.as_of)
    keep_pending(connection, facts)
    unapplied = unapplied_view(connection, booking.unapplied)
    coverage = coverage_table(connection, facts.as_of)
    shown = {"standings": standings, "reconciliation": reconciliation, "coverage": coverage}
    tie_out = tie_out_table(connection, unapplied_view=unapplied, **shown)
    feeds = feeds_table(facts, collections.daily_statements if collections else ())
    decided = _decided(connection, facts, booking, feeds, collections)
    told = findings_table(unreachable_findings(decided) if decided else [])
    owed = _of_microsoft(connection, facts, coverage, vendor_term_days)
    found = [findings_that_stand(facts), booking.findings, tie_out_findings(tie_out), told, owed]
    findings = day_findings(connection, feeds, unapplied, found)
    day = Day(
        as_of=facts.as_of,
        known_at=facts.known_at,
        mode=mode,
        is_demo=is_demo,
        summary=summary_table(connection, facts.as_of, findings),
        reconciliation=reconciliation,
        standings=standings,
        non_payment=non_payment_table(decided),
        late=late,
        allocations=allocation_view(connection, facts.as_of),
        unapplied=unapplied,
        not_customer_money=not_customer_money_view(connection, facts.as_of),
        coverage=coverage,
        tie_out=tie_out,
        feeds=feeds,
        suggestions=suggestion_view(connection, booking.suggestions),
        findings=findings,
    )
    return day, booking


def _of_microsoft(
    connection: duckdb.DuckDBPyConnection, facts: Facts, coverage: pa.Table, vendor_term_days: int
) -> pa.Table:
    """Findings (FINDING) about charges that are late, and about what is owed to Microsoft."""
    ready = readiness(facts.vendor_invoices, facts.payables, facts.as_of)
    owed = day_payables(connection, facts, coverage, vendor_term_days)
    return findings_table([*late_findings(ready, facts.as_of), *payable_findings(owed)])


def _decided(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    booking: Booking,
    feeds: pa.Table,
    policy: CollectionsPolicy | None,
) -> Decided | None:
    """What would follow for everybody, for the list of who is late; deciding for good is a step of its own."""
    if policy is None:
        return None
    feed = feed_age(feeds, policy.feed_hours_max, facts.as_of)
    return decide_caseload(connection, booking.suggestions, facts.collections, policy, on=facts.as_of, feed=feed)
