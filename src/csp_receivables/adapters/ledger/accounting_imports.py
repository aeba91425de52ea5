"""What importing customers and receivables have in common: once for each file's bytes, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, delete, insert, select

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.tables import finding as finding_rows
from csp_receivables.adapters.ledger.tables import imported_file
from csp_receivables.domain.accounting import AccountingFile, FileRefused
from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.imports import FileReport, Outcome

FINDINGS_REPORTED_MAX = 1_000  # what a report carries; the ledger keeps them all
NOTICED_MAX = 1_000  # the same for what is wrong with the books as they are; each day's findings have them all


class Batch(Protocol):
    """Part of a file, with what was found wrong in it."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...


B = TypeVar("B", bound=Batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What storing one batch came to."""

    facts: int
    new_facts: int
    findings: tuple[Finding, ...] = ()  # about the file: kept with it


def import_once(
    ledger: Ledger,
    file: AccountingFile,
    batches: Iterable[B],
    store: Callable[[Writing, B], Stored],
    notice: Callable[[Connection], Iterable[Finding]],
) -> FileReport:
    """Store the batches in one transaction, unless these bytes were imported before.

    `notice` finds what is wrong with the books as they are afterwards: it is reported and not kept, because each day
    asks anew. A file of which no row can be read is refused as a whole.
    """
    try:
        with ledger.writing() as writing:
            if _is_imported(writing.connection, file.digest):
                return _report(file, Outcome.ALREADY_KNOWN, because="the same bytes were imported before")
            return _store_all(writing, file, batches, store, notice)
    except FileRefused as refusal:
        return refuse_file(ledger, file, refusal.findings)


def refuse_file(ledger: Ledger, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
    """Keep why nothing of the file counts; the same bytes may be tried again, with a better profile say."""
    because = f"{findings[0].found}. {findings[0].remedy}" if findings else "no reason was given"
    report = _report(file, Outcome.REFUSED, findings=tuple(findings), because=because)
    with ledger.writing() as writing:
        if not _is_imported(writing.connection, file.digest):
            _keep_findings(writing, file, findings)
            _keep_file(writing, file, report, len(findings))
    return report


def _store_all(
    writing: Writing,
    file: AccountingFile,
    batches: Iterable[B],
    store: Callable[[Writing, B], Stored],
    notice: Callable[[Connection], Iterable[Finding]],
) -> FileReport:
    facts = new_facts = found = 0
    reported: list[Finding] = []
    for batch in batches:
        stored = store(writing, batch)
        facts, new_facts = facts + stored.facts, new_facts + stored.new_facts
        findings = (*batch.findings, *stored.findings)
        found += len(findings)
        _keep_findings(writing, file, findings)
        reported += findings[: FINDINGS_REPORTED_MAX - len(reported)]
    if found and not facts:
        raise FileRefused(*reported)
    shown = (*_with_rest(reported, found - len(reported), file), *islice(notice(writing.connection), NOTICED_MAX))
    report = _report(file, Outcome.IMPORTED, facts=facts, new_facts=new_facts, findings=shown)
    _keep_file(writing, file, report, found)
    return report


def _with_rest(reported: Sequence[Finding], more: int, file: AccountingFile) -> Sequence[Finding]:
    if not more:
        return reported
    rest = Finding(
        code="accounting.more_findings",
        severity=Severity.WARNING,
        found=f"{more} more findings",
        remedy="The ledger keeps them all; correct the ones shown first, they are often of one kind",
        source=file.name,
    )
    return (*reported, rest)


def _report(file: AccountingFile, outcome: Outcome, **came_to: Any) -> FileReport:
    return FileReport(name=file.name, digest=file.digest, outcome=outcome, taken_for=file.taken_for, **came_to)


def _is_imported(connection: Connection, digest: str) -> bool:
    query = select(imported_file.c.outcome).where(imported_file.c.digest == digest)
    return connection.execute(query).scalar_one_or_none() == Outcome.IMPORTED


def _keep_findings(writing: Writing, file: AccountingFile, findings: Sequence[Finding]) -> None:
    table = findings_table(findings)
    insert_new(writing.connection, finding_rows, table, file_digest=file.digest, recorded_at=writing.recorded_at)


def _keep_file(writing: Writing, file: AccountingFile, report: FileReport, found: int) -> None:
    """The file's row; a refusal that these bytes met earlier gives way to how they fared now."""
    writing.connection.execute(delete(imported_file).where(imported_file.c.digest == file.digest))
    row = {
        "digest": file.digest,
        "purpose": file.purpose.value if file.purpose else "accounting",
        "name": file.name,
        "outcome": report.outcome.value,
        "because": report.because,
        "bytes": file.size,
        "facts": report.facts,
        "findings": found,
        "recorded_at": writing.recorded_at,
    }
    writing.connection.execute(insert(imported_file).values(**row))
