"""What became of imported files, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from csp_receivables.cli.output import emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.imports import FileReport, Outcome


def answer_files(reports: Sequence[FileReport], *, as_json: bool) -> None:
    """Show the reports; exit code 2 when a file was refused."""
    findings = [finding for report in reports for finding in report.findings]
    if as_json:
        emit_json({"files": [file_json(r) for r in reports], "findings": [finding_json(f) for f in findings]})
    else:
        columns = ("file", "outcome", "taken for", "facts", "new", "because")
        show_table("Imported files", columns, [_row(report) for report in reports], right=("facts", "new"))
        show_findings(findings)
    if any(report.outcome is Outcome.REFUSED for report in reports):
        raise typer.Exit(2)


def file_json(report: FileReport) -> dict[str, Any]:
    """One file's report as the JSON answers show it."""
    return {
        "file": report.name,
        "digest": report.digest,
        "outcome": report.outcome.value,
        "taken_for": report.taken_for,
        "facts": report.facts,
        "new_facts": report.new_facts,
        "because": report.because,
        "findings": len(report.findings),
    }


def _row(report: FileReport) -> tuple[str, ...]:
    counts = (str(report.facts), str(report.new_facts))
    return (report.name, report.outcome.value, report.taken_for, *counts, report.because)
