"""Support cases in the ledger: taking requests in, and what people and Microsoft say of a case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.outbox_tables import action, action_state, message
from csp_receivables.adapters.ledger.support_tables import support_case, support_event, support_message
from csp_receivables.adapters.ledger.tables import contact, customer, customer_tenant, finding, receivable
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.outbox.actions import Action, OwnLetter, canonical
from csp_receivables.domain.support.cases import CaseEvent, SupportCase, Told
from csp_receivables.domain.support.intake import Came, Intake, Knowledge, NamedCase
from csp_receivables.domain.support.requests import Request
from csp_receivables.domain.support.terms import SupportTerms
from csp_receivables.domain.support.triage import Triage

_EVENTS = {
    Came.AUTOMATIC: CaseEvent.AUTOMATIC,
    Came.JOINED: CaseEvent.MESSAGE,
    Came.PROVIDER: CaseEvent.PROVIDER,
}
_LETTERS = (OwnLetter.CASE_REPLY.value, OwnLetter.CASE_HANDOVER.value)
KEYS_MAX = 500  # words of a mail that are looked up; what one statement may bind


@dataclass(frozen=True, slots=True)
class LedgerSupportBook:
    """Implements support_ports.SupportBook on the ledger."""

    ledger: Ledger

    def take(
        self, request: Request, decide: Callable[[Request, Knowledge], Intake], triage: Callable[[Request], Triage]
    ) -> Intake:
        """Keep a request in one transaction. The same mail again changes nothing."""
        with self.ledger.writing() as writing:
            found = decide(request, _knowledge(writing.connection, request))
            if found.came is Came.KNOWN:
                return found
            case_id = found.case_id
            if found.came is Came.OPENED:
                case_id = _open(writing, request, found)
                _append(writing, case_id, CaseEvent.TRIAGED, "triage", triage_data(triage(request)))
            elif case_id:
                _append(writing, case_id, _EVENTS[found.came], "", _message_data(request))
            row = {"message_id": request.message_id, "case_id": case_id, "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(support_message).values(**row))
            return Intake(came=found.came, case_id=case_id, customer_id=found.customer_id, found_by=found.found_by)

    def record(self, findings: Iterable[Finding]) -> None:
        """Keep findings; the same one again changes nothing."""
        with self.ledger.writing() as writing:
            rows = findings_table(findings)
            insert_new(writing.connection, finding, rows, recorded_at=writing.recorded_at, file_digest="")

    def cases(self, known_at: str = "9") -> Sequence[SupportCase]:
        """Every case as it was known by then, by its id."""
        with self.ledger.reading() as connection:
            return read_cases(connection, known_at)

    def case(self, case_id: str) -> SupportCase:
        """One case. Raises ByHandRefused."""
        with self.ledger.reading() as connection:
            return _case(connection, case_id)

    def append(self, case_id: str, event: CaseEvent, by: str, what: Mapping[str, str]) -> None:
        """Add to the story of a case. Raises ByHandRefused for an unknown one."""
        with self.ledger.writing() as writing:
            _case(writing.connection, case_id)
            _append(writing, case_id, event, by, what)

    def reply(self, case_id: str, text: str, language: str, who: Person, per_day_max: int = 0) -> str:
        """Put a reply into the outbox; returns its action's id. `per_day_max`: "" once the address had as many today.

        Raises ByHandRefused for an unknown case, and for one whose sender has no address.
        """
        with self.ledger.writing() as writing:
            case = _case(writing.connection, case_id)
            if not case.sender:
                raise ByHandRefused(f"case {case_id} has no address to reply to; call, and note it with csp case close")
            if per_day_max and _replies_to(writing.connection, case.sender, writing.recorded_at[:10]) >= per_day_max:
                return ""
            what = {"text": text, "language": language, "why": who.why}
            number = _append(writing, case_id, CaseEvent.REPLIED, who.name, what)
            wanted = _reply_action(case, number, datetime.fromisoformat(writing.recorded_at))
            outbox.propose(writing, [wanted])
            return wanted.action_id

    def hand_on(
        self, case_id: str, terms: SupportTerms, wanted: Callable[[SupportCase], Sequence[int]], who: Person
    ) -> Sequence[str]:
        """Put what the provider lacks of a case into the outbox, in one transaction; the ids of its actions.

        `wanted`: numbers of events, asked within the transaction. Raises ByHandRefused.
        """
        with self.ledger.writing() as writing:
            case, actions = _case(writing.connection, case_id), []
            for number in wanted(case):
                what = {"provider": terms.provider, "terms": terms.name, "message": str(number), "why": who.why}
                _append(writing, case_id, CaseEvent.HANDED_ON, who.name, what)
                actions.append(_handover_action(case, number, terms, datetime.fromisoformat(writing.recorded_at)))
            outbox.propose(writing, actions)
            return [each.action_id for each in actions]

    def letters(self, case_id: str) -> Mapping[str, str]:
        """Where each letter of a case stands in the outbox, by the id of its action."""
        query = select(action_state.c.action_id, action_state.c.state).join(
            action, action.c.action_id == action_state.c.action_id
        )
        own = (action.c.round_id == case_id, action.c.kind.in_(_LETTERS))
        with self.ledger.reading() as connection:
            return {row.action_id: row.state for row in connection.execute(query.where(*own).order_by("action_id"))}

    def customer(self, customer_id: str) -> Row[Any] | None:
        """What is known of a customer: its newest row; None where there is none."""
        query = select(customer).where(customer.c.customer_id == customer_id).order_by(customer.c.recorded_at.desc())
        with self.ledger.reading() as connection:
            return connection.execute(query.limit(1)).first()


def read_cases(connection: Connection, known_at: str) -> list[SupportCase]:
    """Every case with its story, as known by then."""
    rows = connection.execute(
        select(support_case).where(support_case.c.recorded_at <= known_at).order_by(support_case.c.case_id)
    )
    events = connection.execute(
        select(support_event)
        .where(support_event.c.recorded_at <= known_at)
        .order_by(support_event.c.case_id, support_event.c.event_no)
    )
    stories: dict[str, list[Told]] = {}
    for event in events:
        stories.setdefault(event.case_id, []).append(_told(event))
    return [_with_story(row, stories.get(row.case_id, [])) for row in rows]


def triage_data(found: Triage) -> dict[str, str]:
    """A triage as the values of an event."""
    told = {name: str(value) for name, value in asdict(found).items() if name != "because"}
    return told | {"because": "; ".join(found.because)}


def _case(connection: Connection, case_id: str) -> SupportCase:
    row = connection.execute(select(support_case).where(support_case.c.case_id == case_id)).first()
    if row is None:
        raise ByHandRefused(f"no case {case_id!r} is known; csp case list names them")
    query = select(support_event).where(support_event.c.case_id == case_id).order_by(support_event.c.event_no)
    return _with_story(row, [_told(event) for event in connection.execute(query)])


def _with_story(row: Row[Any], story: Sequence[Told]) -> SupportCase:
    return SupportCase(
        case_id=row.case_id,
        customer_id=row.customer_id,
        subject=row.subject,
        sender=row.sender,
        sender_name=row.sender_name,
        found_by=row.found_by,
        opened_at=datetime.fromisoformat(row.recorded_at),
        story=tuple(story),
    )


def _told(event: Row[Any]) -> Told:
    at = datetime.fromisoformat(event.recorded_at)
    return Told(event=CaseEvent(event.event), at=at, said_by=event.said_by, what=json.loads(event.what or "{}"))


def _open(writing: Writing, request: Request, found: Intake) -> str:
    count = writing.connection.execute(select(func.count()).select_from(support_case)).scalar_one()
    case_id = f"S-{count + 1:06}"
    row = {"case_id": case_id, "customer_id": found.customer_id, "channel": request.channel.value}
    who = {"subject": request.subject, "sender": request.sender, "sender_name": request.sender_name}
    told = {"found_by": found.found_by.value, "recorded_at": writing.recorded_at}
    writing.connection.execute(insert(support_case).values(**row, **who, **told))
    _append(writing, case_id, CaseEvent.OPENED, "", _message_data(request))
    return case_id


def _append(writing: Writing, case_id: str, event: CaseEvent, by: str, what: Mapping[str, str]) -> int:
    last = select(func.coalesce(func.max(support_event.c.event_no), 0)).where(support_event.c.case_id == case_id)
    number = int(writing.connection.execute(last).scalar_one()) + 1
    row = {"case_id": case_id, "event_no": number, "event": event.value, "said_by": by, "what": canonical(dict(what))}
    writing.connection.execute(insert(support_event).values(**row, recorded_at=writing.recorded_at))
    return number


def _message_data(request: Request) -> dict[str, str]:
    attached = "; ".join(f"{each.name} ({each.kind}, {each.size} bytes)" for each in request.attached)
    told = {"text": request.text, "attached": attached, "left_out": "; ".join(request.left_out)}
    return {name: value for name, value in told.items() if value}


def _reply_action(case: SupportCase, number: int, at: datetime) -> Action:
    return Action(
        action_id=f"{OwnLetter.CASE_REPLY}/{case.case_id}/{number}",
        kind=OwnLetter.CASE_REPLY,
        customer_id=case.customer_id,
        round_id=case.case_id,
        stage=OwnLetter.CASE_REPLY.value,
        decided_on=at.date(),
        policy_version="",
        run_id="",
        payload=canonical({"case_id": case.case_id, "event_no": number, "receivable_ids": []}),
    )


def _handover_action(case: SupportCase, number: int, terms: SupportTerms, at: datetime) -> Action:
    """One for each message and provider, whoever hands it on and however often."""
    return Action(
        action_id=f"{OwnLetter.CASE_HANDOVER}/{case.case_id}/{number}/{terms.name}",
        kind=OwnLetter.CASE_HANDOVER,
        customer_id=case.customer_id,
        round_id=case.case_id,
        stage=OwnLetter.CASE_HANDOVER.value,
        decided_on=at.date(),
        policy_version="",
        run_id="",
        payload=canonical({"to": terms.email, "name": terms.provider, "receivable_ids": []}),
    )


def _replies_to(connection: Connection, sender: str, day: str) -> int:
    query = (
        select(func.count())
        .select_from(support_event)
        .join(support_case, support_case.c.case_id == support_event.c.case_id)
        .where(support_case.c.sender == sender, support_event.c.event == CaseEvent.REPLIED.value)
        .where(support_event.c.recorded_at.startswith(day))
    )
    return int(connection.execute(query).scalar_one())


def _knowledge(connection: Connection, request: Request) -> Knowledge:
    numbers, guids = sorted(request.numbers)[:KEYS_MAX], sorted(request.guids)[:KEYS_MAX]
    at_domain = contact.c.email.endswith(f"@{request.domain}", autoescape=True)
    mapped = select(customer_tenant.c.customer_id).where(
        customer_tenant.c.tenant_id.in_(guids), customer_tenant.c.mapped
    )
    return Knowledge(
        is_known=_is_known(connection, request.message_id),
        answered=_answered(connection, request.answers),
        named=_named(connection, request.case_id),
        by_address=_customers(
            connection, select(contact.c.customer_id).where(func.lower(contact.c.email) == request.sender)
        ),
        by_tenant=_customers(connection, mapped),
        by_receivable=_customers(connection, select(receivable.c.customer_id).where(receivable.c.number.in_(numbers))),
        by_domain=_customers(connection, select(contact.c.customer_id).where(at_domain))
        if request.domain
        else frozenset(),
    )


def _customers(connection: Connection, query: Select[Any]) -> frozenset[str]:
    return frozenset(connection.execute(query.distinct()).scalars())


def _is_known(connection: Connection, message_id: str) -> bool:
    query = select(support_message.c.message_id).where(support_message.c.message_id == message_id)
    return connection.execute(query).first() is not None


def _answered(connection: Connection, answers: Sequence[str]) -> NamedCase | None:
    """The case of a mail that came in, or of a letter of ours, that this one replies to."""
    came = select(support_message.c.case_id).where(support_message.c.message_id.in_(answers))
    sent = (
        select(action.c.round_id)
        .join(message, message.c.action_id == action.c.action_id)
        .where(action.c.kind.in_(_LETTERS), message.c.message_id.in_(answers))
    )
    ids = [each for query in (came, sent) for each in connection.execute(query).scalars() if each]
    return _named(connection, ids[0]) if ids else None


def _named(connection: Connection, case_id: str) -> NamedCase | None:
    query = select(support_case).where(support_case.c.case_id == case_id)
    row = connection.execute(query).first() if case_id else None
    if row is None:
        return None
    handed = (action.c.round_id == case_id, action.c.kind == OwnLetter.CASE_HANDOVER.value)
    payloads = connection.execute(select(action.c.payload).where(*handed)).scalars()
    providers = frozenset(str(json.loads(each)["to"]).lower() for each in payloads)
    return NamedCase(case_id=row.case_id, customer_id=row.customer_id, sender=row.sender, providers=providers)


def tenants_of(connection: Connection, customer_id: str) -> tuple[str, ...]:
    """The customer's tenants by the latest word on each."""
    query = select(customer_tenant).where(customer_tenant.c.customer_id == customer_id)
    newest = {row.tenant_id: row.mapped for row in connection.execute(query.order_by(customer_tenant.c.recorded_at))}
    return tuple(sorted(tenant for tenant, mapped in newest.items() if mapped)) if customer_id else ()
