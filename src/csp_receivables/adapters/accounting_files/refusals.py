"""Refusing a whole accounting file for one reason."""

from __future__ import annotations

from csp_receivables.domain.accounting import FileRefused
from csp_receivables.domain.findings import Finding, Severity


def refused(
    code: str, source: str, found: str, remedy: str, *, line: int | None = None, field: str = ""
) -> FileRefused:
    """The refusal, to be raised."""
    finding = Finding(
        code=code, severity=Severity.REFUSED, found=found, remedy=remedy, source=source, line=line, field=field
    )
    return FileRefused(finding)
