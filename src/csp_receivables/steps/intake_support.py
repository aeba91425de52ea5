"""Taking support requests in: each is read, joins its case or opens one, and is triaged. None holds up another."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.support.intake import Came, FoundBy, Intake, Knowledge, intake, unknown_sender, unreadable
from csp_receivables.domain.support.policy import SupportPolicy
from csp_receivables.domain.support.requests import Request
from csp_receivables.domain.support.triage import Triage, triage
from csp_receivables.outbox_ports import Mailbox
from csp_receivables.support_ports import SupportBook

ReadRequest = Callable[[bytes], Request]
Answer = Callable[[Intake], bool]  # answers a new case by itself where the policy names it; did it?


@dataclass(slots=True, kw_only=True)
class TakenIn:
    """What an intake came to: by `Came`, and "unreadable", "answered"."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)  # case ids


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportIntake:
    """What taking requests in needs. `read` raises ValueError for what is none."""

    book: SupportBook
    policy: SupportPolicy
    read: ReadRequest
    answer: Answer

    def from_mailbox(self, mailbox: Mailbox) -> TakenIn:
        """Take what is new in the mailbox; a mail is put away once it is kept."""
        told = TakenIn()
        mailbox.read(lambda content: self._mail(content, told))
        return told

    def from_requests(self, requests: Iterable[Request | Finding]) -> TakenIn:
        """Take requests that are read already; a finding stands for one that could not be."""
        told = TakenIn()
        for request in requests:
            if isinstance(request, Finding):
                told.counts["unreadable"] += 1
                self._found(request, told)
            else:
                self._take(request, told)
        return told

    def _mail(self, content: bytes, told: TakenIn) -> None:
        try:
            request = self.read(content)
        except ValueError as why:
            found = unreadable("mailbox", hashlib.sha256(content).hexdigest(), str(why))
            told.counts["unreadable"] += 1
            self._found(found, told)
            return
        self._take(request, told)

    def _take(self, request: Request, told: TakenIn) -> None:
        taken = self.book.take(request, self._decide, self._triage)
        told.counts[taken.came.value] += 1
        if taken.came is not Came.OPENED:
            return
        told.opened.append(taken.case_id)
        if taken.found_by is FoundBy.NOT_FOUND:
            self._found(unknown_sender(taken.case_id), told)
        told.counts["answered"] += self.answer(taken)

    def _decide(self, request: Request, known: Knowledge) -> Intake:
        return intake(request, known, self.policy.shared_domains)

    def _triage(self, request: Request) -> Triage:
        return triage(request.subject, request.text, self.policy)

    def _found(self, found: Finding, told: TakenIn) -> None:
        told.findings.append(found)
        self.book.record([found])


def import_requests(
    path: Path, read_file: Callable[[Path], Iterator[Request | Finding]], into: SupportIntake
) -> FileReport:
    """Import a file of requests. Each is known by its id, so the same file again changes nothing."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        rows = list(read_file(path))
    except ValueError as why:
        found = Finding(
            code="support.no_requests",
            severity=Severity.REFUSED,
            source=path.name,
            found=f"this is no file of requests: {why}",
            remedy="Write CSV with a header, or JSON lines, as docs/SUPPORT.md shows",
        )
        into.book.record([found])
        return FileReport(
            name=path.name,
            digest=digest,
            outcome=Outcome.REFUSED,
            taken_for="not recognised",
            because=f"{found.found}. {found.remedy}",
            findings=(found,),
        )
    told = into.from_requests(rows)
    new = sum(told.counts[came.value] for came in (Came.OPENED, Came.JOINED, Came.PROVIDER))
    return FileReport(
        name=path.name,
        digest=digest,
        outcome=Outcome.IMPORTED,
        taken_for="support requests",
        facts=len(rows),
        new_facts=new,
        findings=tuple(told.findings),
    )
