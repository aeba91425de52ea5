"""Files that arrived in the inbox, and what a person is told about one that was set aside."""

from __future__ import annotations

from collections.abc import Iterable

from csp_receivables.domain.imports import FileReport

IGNORED_ENDINGS = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~", ".reason.txt")
SIDECAR_ENDING = ".invoice.json"  # what Microsoft says of the invoice whose lines are in the file beside it


def is_ignored(name: str) -> bool:
    """Hidden files and the names that programs give to what they have not finished writing."""
    return name.startswith(".") or name.lower().endswith(IGNORED_ENDINGS)


def sidecars_of(name: str, beside: Iterable[str]) -> tuple[str, ...]:
    """The sidecars of `name`: `G123.invoice.json` goes with every file whose name contains G123."""
    if is_sidecar(name):
        return ()
    return tuple(other for other in sorted(beside) if is_sidecar(other) and other.removesuffix(SIDECAR_ENDING) in name)


def is_sidecar(name: str) -> bool:
    """A sidecar is never a file of its own: it waits for the file it describes."""
    return name.endswith(SIDECAR_ENDING)


def reason_text(report: FileReport, folder: str) -> str:
    """What lies beside a file that was set aside: file, line, field, what was found, and the remedy."""
    lines = [f"File: {report.name}", f"SHA-256: {report.digest or 'not readable'}", f"Taken for: {report.taken_for}"]
    lines.append(f"Refused: {report.because}")
    for finding in report.findings:
        lines += ["", f"Line: {finding.line or '-'}", f"Field: {finding.field or '-'}"]
        lines += [f"Found: {finding.found}", f"Remedy: {finding.remedy}", f"Rule: {finding.code}"]
    lines += ["", f"When it is right, put it into inbox/{folder} again. Nothing of it counts until then.", ""]
    return "\n".join(lines)
