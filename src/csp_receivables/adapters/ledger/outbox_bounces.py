"""Bounces in the ledger: a notice that came back did not happen, and the next contact is written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, or_, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.outbox_book import next_contact
from csp_receivables.adapters.ledger.outbox_messages import Said, latest_events, say
from csp_receivables.adapters.ledger.outbox_tables import action, message, message_event
from csp_receivables.adapters.ledger.tables import finding, imported_file
from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.outbox.bounces import WORDS, Bounce
from csp_receivables.domain.outbox.deliveries import MessageEvent
from csp_receivables.domain.outbox.states import Event
from csp_receivables.outbox_ports import Taken

_FINAL = frozenset({MessageEvent.BOUNCED.value, MessageEvent.REFUSED_ADDRESS.value, MessageEvent.REFUSED_MESSAGE.value})
_UNCLEAR = frozenset({MessageEvent.HANDING_OVER.value, MessageEvent.IN_DOUBT.value})


@dataclass(frozen=True, slots=True)
class LedgerBounces:
    """Takes bounces into the ledger. The same report again changes nothing."""

    ledger: Ledger

    def take(self, bounce: Bounce, on: date) -> Taken:
        """Keep one report, with what follows from it, in one transaction."""
        with self.ledger.writing() as writing:
            last = _message(writing, bounce.message_id)
            if last is None:
                return self._found(writing, Taken(findings=(_not_ours(bounce),)))
            if _is_known(writing, last.message_id, bounce.digest) or last.event in _FINAL:
                return Taken(action_id=last.action_id)
            return self._found(writing, _take(writing, last, bounce, on))

    def record(self, found: Finding) -> None:
        """Keep a finding about what came to the mailbox."""
        with self.ledger.writing() as writing:
            self._found(writing, Taken(findings=(found,)))

    def is_imported(self, digest: str) -> bool:
        """Was a file with these bytes imported?"""
        with self.ledger.reading() as connection:
            query = select(imported_file.c.digest).where(imported_file.c.digest == digest)
            return connection.execute(query).first() is not None

    def keep_file(self, report: FileReport, size: int) -> None:
        """Keep that a file was imported, or refused."""
        row: dict[str, Any] = {"digest": report.digest, "purpose": "bounces", "name": report.name}
        row |= {"outcome": report.outcome.value, "because": report.because, "bytes": size}
        row |= {"facts": report.facts, "findings": len(report.findings)}
        with self.ledger.writing() as writing:
            writing.connection.execute(insert(imported_file).values(**row, recorded_at=writing.recorded_at))
            rows = findings_table(report.findings)
            insert_new(writing.connection, finding, rows, recorded_at=writing.recorded_at, file_digest=report.digest)

    @staticmethod
    def _found(writing: Writing, taken: Taken) -> Taken:
        rows = findings_table(taken.findings)
        insert_new(writing.connection, finding, rows, recorded_at=writing.recorded_at, file_digest="")
        return taken


def _take(writing: Writing, last: Row[Any], bounce: Bounce, on: date) -> Taken:
    word = WORDS[bounce.returned]
    if word is MessageEvent.ACCEPTED and last.event not in _UNCLEAR:
        return Taken(action_id=last.action_id)
    said = Said(event=word, on=on, code=bounce.status, said=bounce.said, said_by="bounce", evidence=bounce.digest)
    say(writing, last.message_id, last.attempt, said)
    if word is not MessageEvent.BOUNCED:  # it was taken on, so it is in doubt no more
        why = f"a report on its delivery says {bounce.returned.value}"
        outbox.append(writing, last.action_id, Event.SETTLED_ACCEPTED, why=why)
        return Taken(action_id=last.action_id, is_new=True)
    left = next_contact(writing.connection, last.action_id)
    why = f"it came back ({bounce.status or 'no code'}); " + ("another contact is left" if left else "nobody is left")
    outbox.append(writing, last.action_id, Event.BOUNCED if left else Event.UNDELIVERABLE, why=why)
    query = select(action.c.customer_id).where(action.c.action_id == last.action_id)
    customer_id = writing.connection.execute(query).scalar_one()
    return Taken(
        action_id=last.action_id, is_new=True, findings=(_bounced(customer_id, last.action_id, bounce, bool(left)),)
    )


def _message(writing: Writing, message_id: str) -> Row[Any] | None:
    """The message of that id, or whose id begins with it before its "@"."""
    begins = message.c.message_id.startswith(f"{message_id}@", autoescape=True)
    among = or_(message.c.message_id == message_id, begins)
    return writing.connection.execute(latest_events(among=among)).first()


def _is_known(writing: Writing, message_id: str, digest: str) -> bool:
    same = (message_event.c.message_id == message_id, message_event.c.evidence == digest)
    return writing.connection.execute(select(message_event.c.event_no).where(*same)).first() is not None


def _not_ours(bounce: Bounce) -> Finding:
    return Finding(
        code="outbox.unknown_bounce",
        severity=Severity.WARNING,
        subject=bounce.message_id,
        found=f"a message that this ledger never sent came back ({bounce.status or 'no code'})",
        remedy="Is it another system's, or another ledger's? Then let its bounces go to a mailbox of its own",
    )


def _bounced(customer_id: str, action_id: str, bounce: Bounce, another: bool) -> Finding:  # noqa: FBT001 - a sentence's half
    next_step = "the next contact is written to" if another else "no contact is left"
    return Finding(
        code="outbox.bounced" if another else "collections.no_address",
        severity=Severity.WARNING,
        subject=action_id,
        customer_id=customer_id,
        found=f"a notice came back ({bounce.status or 'no code'} {bounce.said}): it did not happen, and {next_step}",
        remedy="Correct the contact in accounting and export the customers again",
    )
