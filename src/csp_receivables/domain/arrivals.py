"""Files that arrived in the inbox, and what a person is told about one that was set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.domain.imports import FileReport

IGNORED_ENDINGS = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~", ".reason.txt")
SIDECAR_ENDING = ".invoice.json"  # what Microsoft says of the invoice whose lines are in the file beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file that lies ready, with its sidecars; `refusal` says why it can't even be opened."""

    path: Path
    digest: str = ""  # SHA-256 of its bytes; "" where they can't be read
    sidecars: tuple[Path, ...] = ()
    refusal: str = ""
    remedy: str = ""
    stays: bool = False  # reported, and left where it is


def is_ignored(name: str) -> bool:
    """Hidden files and the names that programs give to what they have not finished writing."""
    return name.startswith(".") or name.lower().endswith(IGNORED_ENDINGS)


def sidecars_of(name: str, beside: Mapping[str, Path]) -> tuple[Path, ...]:
    """The sidecars of `name`: `G123.invoice.json` goes with every file whose name contains G123."""
    return tuple(
        path
        for other, path in sorted(beside.items())
        if is_sidecar(other) and other.removesuffix(SIDECAR_ENDING) in name and not is_sidecar(name)
    )


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
