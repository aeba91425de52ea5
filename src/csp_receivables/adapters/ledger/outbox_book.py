"""The `Outbox` of a ledger: each step of performing an action is one transaction of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, distinct, func, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing, moment_text
from csp_receivables.adapters.ledger.outbox_messages import Said, keep_message, letters_of, say, unreachable
from csp_receivables.adapters.ledger.outbox_tables import action, message, message_event
from csp_receivables.adapters.ledger.support_tables import support_case
from csp_receivables.adapters.ledger.tables import contact, daily_standing, finding, reconciliation_run
from csp_receivables.domain.collections.cases import Delivery
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.outbox.actions import OWN_LETTERS, ActionKind, OwnLetter, action_kind
from csp_receivables.domain.outbox.breaker import Load
from csp_receivables.domain.outbox.deliveries import DELIVERY, MessageEvent
from csp_receivables.domain.outbox.recipients import Contact, reachable
from csp_receivables.domain.outbox.states import Event, State
from csp_receivables.outbox_ports import Became, Claim, Draft, End, Handling, Waiting

CLAIM_LASTS = timedelta(minutes=15)  # one letter takes seconds; a server that answers slowly has ten minutes at most
USUAL_DAYS = 30
_TRIED = (MessageEvent.REFUSED_ADDRESS.value, MessageEvent.BOUNCED.value)
_HAPPENED = tuple(event.value for event, made in DELIVERY.items() if made in (Delivery.ACCEPTED, Delivery.IN_DOUBT))


@dataclass(slots=True)
class OthersWrote:
    """Did anybody but this outbox write to the ledger since it was last asked? Then everything is decided anew."""

    _own: str = "never asked"
    _others: bool = True

    def saw(self, writing: Writing) -> None:
        """Note a write of our own."""
        self._others = self._others or writing.after != self._own
        self._own = writing.recorded_at

    def or_ourselves(self) -> None:
        """What we wrote ourselves matters to the next decision as well."""
        self._others = True

    def since_last_asked(self, last_recorded_at: str) -> bool:
        """Ask, with the moment of the ledger's newest fact."""
        found, self._others = self._others or last_recorded_at != self._own, False
        self._own = last_recorded_at
        return found


@dataclass(frozen=True, slots=True)
class LedgerOutbox:
    """Implements outbox_ports.Outbox on the ledger."""

    ledger: Ledger
    others: OthersWrote = field(default_factory=OthersWrote)

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self.ledger.writing() as writing:
            self.others.saw(writing)
            yield writing

    def recover(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        with self._writing() as writing:
            return outbox.recover(writing, self.ledger.now())

    def waiting(self, kinds: Sequence[ActionKind]) -> Sequence[Waiting]:
        with self.ledger.reading() as connection:
            rows = outbox.waiting(connection, kinds, self.ledger.now())
        return [
            Waiting(
                action_id=row.action_id,
                kind=action_kind(row.kind),
                customer_id=row.customer_id,
                stage=row.stage,
                state=State(row.state),
                decided_on=row.decided_on,
                run_id=row.run_id,
            )
            for row in rows
        ]

    def load(self, kinds: Sequence[ActionKind], today: date, wanted: int) -> Load:
        with self.ledger.reading() as connection:
            days = _accepted_by_day(connection, kinds, today - timedelta(days=USUAL_DAYS))
            owing = customers_that_owe(connection)
        usual = [count for day, count in days.items() if day != today]
        return Load(wanted=wanted, done_today=days.get(today, 0), owing=owing, usual=usual)

    def claim(self, action_id: str, token: str) -> Claim | None:
        with self._writing() as writing:
            until, now = self._until(), self.ledger.now()
            if not outbox.claim(writing, action_id, token=token, until=until, now=now):
                return None
            return Claim(action_id=action_id, token=token, at=writing.recorded_at)

    def next_draft(self, claim: Claim) -> Draft | None:
        with self.ledger.reading() as connection:
            return next_contact(connection, claim.action_id)

    def begin(self, handling: Handling) -> bool:
        claim, draft, letter = handling.claim, handling.draft, handling.sealed.letter
        with self._writing() as writing:
            if outbox.stop_in_force(writing.connection) or _has_happened(writing.connection, claim.action_id):
                return False
            if not outbox.still_claimed(writing, claim.action_id, claim.token, self._until()):
                return False
            row = {"message_id": letter.message_id, "attempt": draft.attempt, "action_id": claim.action_id}
            row |= {"ordinal": draft.ordinal, "recipient": letter.recipient, "sent_to": handling.sealed.to}
            row |= {"subject": letter.content.subject, "language": letter.content.language, "digest": handling.digest}
            keep_message(writing, row | {"receivable_ids": json.dumps(list(handling.named), ensure_ascii=False)})
            self._say(writing, handling, Became(event=MessageEvent.HANDING_OVER))
            return True

    def word(self, handling: Handling, became: Became) -> None:
        with self._writing() as writing:
            self._say(writing, handling, became)

    def conclude(self, claim: Claim, event: Event, why: str, end: End) -> None:
        with self._writing() as writing:
            if end.handling and end.became:
                self._say(writing, end.handling, end.became)
            mine = {"held_claim": claim.token, "why": why, "retry_at": end.retry_at}
            if not outbox.append(writing, claim.action_id, event, **mine) and end.became:
                # The claim lapsed while the server took its time: what it answered settles the doubt.
                accepted = end.became.event is MessageEvent.ACCEPTED
                settled = Event.SETTLED_ACCEPTED if accepted else Event.SETTLED_NOT_ACCEPTED
                outbox.append(writing, claim.action_id, settled, why=f"its own worker, late: {why}")

    def supersede(self, action_id: str, why: str) -> bool:
        with self._writing() as writing:
            return outbox.append(writing, action_id, Event.SUPERSEDED, why=why)

    def record(self, findings: Iterable[Finding]) -> None:
        with self._writing() as writing:
            rows = findings_table(findings)
            insert_new(writing.connection, finding, rows, recorded_at=writing.recorded_at, file_digest="")

    def _until(self) -> str:
        return moment_text(self.ledger.clock() + CLAIM_LASTS)

    @staticmethod
    def _say(writing: Writing, handling: Handling, became: Became) -> None:
        said = Said(event=became.event, on=handling.on, code=became.code, said=became.said)
        say(writing, handling.sealed.letter.message_id, handling.draft.attempt, said)


def contacts_of(connection: Connection, customer_id: str) -> list[Contact]:
    """The people at a customer, in no order."""
    query = select(contact).where(contact.c.customer_id == customer_id).order_by(contact.c.email)
    return [
        Contact(email=row.email, name=row.name, role=row.role, stated_at=row.recorded_at)
        for row in connection.execute(query)
    ]


def next_contact(connection: Connection, action_id: str) -> Draft | None:
    """Whom the action writes to next: the first who can be reached and did not refuse or return it. None: nobody."""
    about = connection.execute(select(action).where(action.c.action_id == action_id)).one()
    contacts = (
        [_addressee(connection, about)] if about.kind in OWN_LETTERS else contacts_of(connection, about.customer_id)
    )
    people = reachable(contacts, unreachable(connection, among=[each.email for each in contacts]))
    written = {row.recipient: row for row in letters_of(connection, action_id)}
    left = [each for each in people if each.email not in written or written[each.email].event not in _TRIED]
    if not left:
        return None
    before = written.get(left[0].email)
    next_ordinal = max((row.ordinal for row in written.values()), default=0) + 1
    ordinal, attempt = (before.ordinal, before.attempt + 1) if before else (next_ordinal, 1)
    return Draft(contact=left[0], ordinal=ordinal, attempt=attempt)


def _addressee(connection: Connection, about: Row[Any]) -> Contact:
    """The one person that a letter of our own is to. Whoever opened a case is named there only, where it is erased."""
    if about.kind == OwnLetter.CASE_REPLY.value:
        case = connection.execute(select(support_case).where(support_case.c.case_id == about.round_id)).one()
        return Contact(email=case.sender, name=case.sender_name, role="", stated_at=about.recorded_at)
    named = json.loads(about.payload)
    return Contact(email=named["to"], name=named["name"], role="", stated_at=about.recorded_at)


def _has_happened(connection: Connection, action_id: str) -> bool:
    """Was a letter of this action accepted, or may it have been? Then no other is handed over (invariant I4)."""
    return any(row.event in _HAPPENED for row in letters_of(connection, action_id))


def _accepted_by_day(connection: Connection, kinds: Sequence[ActionKind], since: date) -> dict[date, int]:
    query = (
        select(message_event.c.effective_on, func.count(distinct(message.c.action_id)))
        .join(message, message.c.message_id == message_event.c.message_id)
        .join(action, action.c.action_id == message.c.action_id)
        .where(message_event.c.event == MessageEvent.ACCEPTED.value, message_event.c.effective_on >= since)
        .where(message.c.attempt == message_event.c.attempt, action.c.kind.in_([kind.value for kind in kinds]))
        .group_by(message_event.c.effective_on)
        .order_by(message_event.c.effective_on)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def customers_that_owe(connection: Connection) -> int:
    """How many customers owed anything in the newest live reconciliation."""
    run = newest_live_run(connection)
    owes = (daily_standing.c.run_id == run.run_id, daily_standing.c.open > 0) if run else None
    if owes is None:
        return 0
    return int(connection.execute(select(func.count(distinct(daily_standing.c.customer_id))).where(*owes)).scalar_one())


def newest_live_run(connection: Connection) -> Row[Any] | None:
    """The newest live reconciliation's row, if there is one."""
    query = select(reconciliation_run.c.run_id).where(reconciliation_run.c.mode == "live")
    return connection.execute(query.order_by(reconciliation_run.c.recorded_at.desc()).limit(1)).first()
