"""What became of imported files, for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from csp_receivables.cli.output import emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome


def import_each(paths: Iterable[Path], import_one: Callable[[Path], FileReport]) -> list[FileReport]:
    """Import each file by itself: one that can't be opened is refused by name and holds up no other."""
    return [unopened(path) or import_one(path) for path in paths]


def unopened(path: Path) -> FileReport | None:
    """The refusal of a path that can't be read as a file; None when it can."""
    why = _why_not_readable(path)
    if not why:
        return None
    finding = Finding(
        code="file.not_readable",
        severity=Severity.REFUSED,
        found=f"{path}: {why}",
        remedy="Name a file that is there and may be read",
        source=path.name,
    )
    return FileReport(
        name=path.name,
        digest="",
        outcome=Outcome.REFUSED,
        taken_for="not opened",
        because=f"{finding.found}. {finding.remedy}",
        findings=(finding,),
    )


def _why_not_readable(path: Path) -> str:
    try:
        if path.is_dir():
            return "is a folder"
        if path.exists() and not path.is_file():
            return "is no ordinary file"
        path.open("rb").close()
    except OSError as error:
        return error.strerror or "can't be read"
    return ""


def answer_files(reports: Sequence[FileReport], *, as_json: bool, failures: Sequence[str] = ()) -> None:
    """Show the reports; exit code 2 when a file was refused, or importing failed for what `failures` say."""
    findings = [finding for report in reports for finding in report.findings]
    if as_json:
        told = {"files": [file_json(r) for r in reports], "findings": [finding_json(f) for f in findings]}
        emit_json(told | ({"failures": list(failures)} if failures else {}))
    else:
        columns = ("file", "outcome", "taken for", "facts", "new", "because")
        show_table("Imported files", columns, [_row(report) for report in reports], right=("facts", "new"))
        show_findings(findings)
    for failure in failures:
        print(f"csp: {failure}", file=sys.stderr)
    if failures or any(report.outcome is Outcome.REFUSED for report in reports):
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
