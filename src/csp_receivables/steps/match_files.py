"""Match a file of payments to a file of receivables: no ledger, nothing is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.domain.findings import FINDING, Finding, Severity, findings_table
from csp_receivables.domain.matching.ladder import MatchingPolicy, match
from csp_receivables.ports import FilesToMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What a matching came to: rows that counted, results by kind, sums of money by kind and currency (minor units)."""

    receivables: int
    payments: int
    counts: Mapping[str, int]
    totals: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    files: Mapping[str, Path]


def match_files(files: FilesToMatch, policy: MatchingPolicy) -> MatchReport:
    """Read, match, write. Raises FileRefused; a bad row is a finding, and the others count."""
    with files.opened() as items:
        matched = match(items.connection, items.receivables, items.payments, policy)
        findings = _together(findings_table(items.findings), matched.findings)
        written = files.write(items.connection, matched, findings)
    return MatchReport(
        receivables=items.receivable_count,
        payments=items.payment_count,
        counts={
            "allocations": matched.allocations.num_rows,
            "credited": matched.credited.num_rows,
            "suggestions": matched.suggestions.num_rows,
            "unapplied": matched.unapplied.num_rows,
            "findings": findings.num_rows,
        },
        totals={
            "allocated": _totals(matched.allocations),
            "credited": _totals(matched.credited),
            "unapplied": _totals(matched.unapplied),
        },
        findings=tuple(_finding(row) for row in findings.to_pylist()),
        files=written,
    )


def _together(*tables: pa.Table) -> pa.Table:
    order = [("code", "ascending"), ("source", "ascending"), ("line", "ascending"), ("finding_id", "ascending")]
    return pa.concat_tables([table.cast(FINDING) for table in tables]).sort_by(order)


def _totals(table: pa.Table) -> dict[str, int]:
    sums = table.group_by("currency").aggregate([("amount", "sum")]).sort_by("currency").to_pylist()
    return {row["currency"]: int(row["amount_sum"]) for row in sums}


def _finding(row: Mapping[str, Any]) -> Finding:
    named = {name: value for name, value in row.items() if name != "finding_id"}
    return Finding(**{**named, "severity": Severity(row["severity"])})
