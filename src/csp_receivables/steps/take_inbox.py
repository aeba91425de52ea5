"""Taking what lies ready in one folder of the inbox: import each file, then archive it or set it aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.ports import Arrival, Inbox

log = logging.getLogger(__name__)


class InboxFailed(RuntimeError):
    """Some files could not be imported for a reason that is not theirs; they stay and are tried again."""

    def __init__(self, names: Sequence[str], reports: Sequence[FileReport]) -> None:
        self.reports = tuple(reports)
        super().__init__(f"{', '.join(names)} stay in the inbox: importing failed, and not for what the file says")


def take_inbox(
    purpose: str,
    inbox: Inbox,
    import_file: Callable[[Path], FileReport],
    rank: Callable[[Path], int],
) -> tuple[FileReport, ...]:
    """Import what lies ready, lower ranks first and then by name. One file's trouble never holds up another.

    Raises InboxFailed at the end, when the ledger or the disk failed for some file: the others were taken.
    """
    reports: list[FileReport] = []
    failures: list[Exception] = []
    failed: list[str] = []
    arrivals = inbox.ready(purpose)
    for arrival in sorted(arrivals, key=lambda arrival: (_rank(arrival, rank), arrival.path.name)):
        try:
            reports.append(_take(purpose, inbox, arrival, import_file))
        except Exception as error:
            log.error("importing %s failed: %s", arrival.path.name, type(error).__name__)
            failures.append(error)
            failed.append(arrival.path.name)
    if failures:
        raise InboxFailed(failed, reports) from ExceptionGroup("importing failed", failures)
    return tuple(reports)


def _rank(arrival: Arrival, rank: Callable[[Path], int]) -> int:
    return 0 if arrival.refusal else rank(arrival.path)


def _take(purpose: str, inbox: Inbox, arrival: Arrival, import_file: Callable[[Path], FileReport]) -> FileReport:
    if arrival.refusal:
        report = _unopened(arrival)
        if not arrival.stays:
            inbox.set_aside(purpose, arrival, report)
        return report
    report = import_file(arrival.path)
    if not inbox.is_unchanged(arrival):  # somebody wrote on while it was read: what it now holds is the next run's
        return report
    if report.outcome is Outcome.REFUSED:
        inbox.set_aside(purpose, arrival, report)
    else:
        inbox.archive(purpose, arrival)
    return report


def _unopened(arrival: Arrival) -> FileReport:
    finding = Finding(
        code="inbox.not_a_readable_file",
        severity=Severity.REFUSED,
        found=arrival.refusal,
        remedy=arrival.remedy,
        source=arrival.path.name,
    )
    return FileReport(
        name=arrival.path.name,
        digest=arrival.digest,
        outcome=Outcome.REFUSED,
        taken_for="not opened",
        because=f"{arrival.refusal}. {arrival.remedy}",
        findings=(finding,),
    )
