"""Reading bounces, from a mailbox or from files: a notice that came back did not happen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.outbox.bounces import Bounce, NoBounce
from csp_receivables.outbox_ports import BounceBook, Mailbox

ReadBounce = Callable[[bytes], tuple[Bounce, ...]]


@dataclass(slots=True, kw_only=True)
class BouncesRead:
    """What reading came to, by "bounced", "delayed" …, "known" (read before), "not_ours", "no_bounce"."""

    mails: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def read_mailbox(mailbox: Mailbox, read: ReadBounce, book: BounceBook, on: date) -> BouncesRead:
    """Take what is new in the mailbox. One strange mail holds up no other; it is a finding, and put away too."""
    told = BouncesRead()

    def take(content: bytes) -> None:
        before = len(told.findings)
        _take(content, "mailbox", read, book, on, told)
        for found in told.findings[before:]:
            if found.code == "outbox.no_bounce":
                book.record(found)

    told.mails = mailbox.read(take)
    return told


def import_bounces(
    path: Path, mails: Callable[[Path], Iterator[bytes]], read: ReadBounce, book: BounceBook, on: date
) -> FileReport:
    """Import a file with bounces (or a maildir). The same bytes again change nothing."""
    contents: list[bytes] = []
    try:
        contents = list(mails(path))
    except ValueError as refusal:
        return _refused(path, str(refusal), book)
    digest = _digest(contents)
    if book.is_imported(digest):
        return FileReport(name=path.name, digest=digest, outcome=Outcome.ALREADY_KNOWN, taken_for="bounces")
    told = BouncesRead(mails=len(contents))
    for content in contents:
        _take(content, path.name, read, book, on, told)
    new = sum(count for name, count in told.counts.items() if name not in ("known", "not_ours", "no_bounce"))
    report = FileReport(
        name=path.name,
        digest=digest,
        outcome=Outcome.IMPORTED,
        taken_for="bounces",
        facts=len(contents),
        new_facts=new,
        findings=tuple(told.findings),
    )
    book.keep_file(report, sum(map(len, contents)))
    return report


def _take(  # noqa: PLR0917 - one mail, and all it may come to
    content: bytes, source: str, read: ReadBounce, book: BounceBook, on: date, told: BouncesRead
) -> None:
    try:
        bounces = read(content)
    except NoBounce as why:
        told.counts["no_bounce"] += 1
        told.findings.append(_no_bounce(source, hashlib.sha256(content).hexdigest(), str(why)))
        return
    for bounce in bounces:
        taken = book.take(bounce, on)
        told.findings += taken.findings
        told.counts[_came_to(bounce, taken.action_id, is_new=taken.is_new)] += 1


def _came_to(bounce: Bounce, action_id: str, *, is_new: bool) -> str:
    if not action_id:
        return "not_ours"
    return bounce.returned.value if is_new else "known"


def _refused(path: Path, why: str, book: BounceBook) -> FileReport:
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    found = Finding(
        code="bounces.not_a_mail",
        severity=Severity.REFUSED,
        source=path.name,
        found=f"this is no file of mails: {why}",
        remedy="Save the bounce as a mail (.eml), an mbox or a maildir",
    )
    report = FileReport(
        name=path.name,
        digest=digest,
        outcome=Outcome.REFUSED,
        taken_for="not recognised",
        because=f"{found.found}. {found.remedy}",
        findings=(found,),
    )
    if digest and not book.is_imported(digest):
        book.keep_file(report, path.stat().st_size)
    return report


def _no_bounce(source: str, digest: str, why: str) -> Finding:
    return Finding(
        code="outbox.no_bounce",
        severity=Severity.WARNING,
        source=source,
        subject=digest[:12],
        found=f"this mail is no bounce of a notice: {why}",
        remedy="Read it: a customer may have answered. Nothing else follows from it",
    )


def _digest(contents: list[bytes]) -> str:
    """Of a single mail its own; of several that of them all, so that a box that grew is another file."""
    if len(contents) == 1:
        return hashlib.sha256(contents[0]).hexdigest()
    return hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in contents)).hexdigest()
