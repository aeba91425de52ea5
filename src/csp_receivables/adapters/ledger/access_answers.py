"""What people answer to proposals, with what follows for the action: kept in one transaction, or not at all."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.access_tables import access_approval
from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.hold_book import place_hold
from csp_receivables.adapters.ledger.outbox_tables import action_state
from csp_receivables.domain.access.approvals import Approval, Approver, Word, checked
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person
from csp_receivables.domain.outbox.states import Event, State

_EVENTS = {
    Word.SUSPEND: Event.APPROVED,
    Word.DECLINE: Event.DECLINED,
    Word.HOLD: Event.SUPERSEDED,
    Word.NO_ANSWER: Event.EXPIRED,
}
# Where an answer changes nothing about where the action stands, and still counts.
_STAYS = {
    Word.SUSPEND: (State.APPROVED.value, State.CLAIMED.value, State.FAILED.value),
    Word.NO_ANSWER: (State.APPROVED.value, State.CLAIMED.value, State.FAILED.value),
    Word.HOLD: (State.CLAIMED.value,),  # the worker's last look finds the hold
}
_RELEASABLE = (State.DECLINED.value, State.HELD.value)
_ANSWERABLE = tuple(state.value for state in (State.PROPOSED, State.APPROVED, State.CLAIMED, State.FAILED))


def keep_answer(writing: Writing, approval: Approval, customer_id: str, asked: str, today: date) -> None:
    """Keep an answer. `asked`: the digest of what was asked last. Raises ByHandRefused."""
    approval = checked(approval, today)
    state = _state(writing.connection, approval.action_id)
    if approval.word is Word.NO_ANSWER and (approval.digest != asked or state not in _ANSWERABLE):
        return  # it was asked anew, or is over: the end of an old question's time says nothing of that
    if approval.word is Word.SUSPEND and approval.digest != asked:
        raise ByHandRefused("the facts have changed since this was asked; look at the proposal as it is now")
    if state not in _ANSWERABLE:
        asks_anew = "; csp outbox release lets it be asked anew" if state in _RELEASABLE else ""
        raise ByHandRefused(
            f"{approval.action_id} is {state.replace('_', ' ')} and takes no answer any more{asks_anew}"
        )
    before = newest_approval(writing.connection, approval.action_id)
    if before and approval.word is Word.NO_ANSWER and before.who and before.digest == approval.digest:
        return  # somebody answered elsewhere while the question waited: a time-out takes no person's word back
    if before and _same(before, approval) and _nothing_since(writing, before):
        raise AlreadyDone(f"{approval.action_id} has this answer already, since {before.recorded_at[:16]}")
    writing.connection.execute(insert(access_approval).values(**_row(approval), recorded_at=writing.recorded_at))
    name = approval.who.name if approval.who else outbox.OUTBOX
    if approval.word is Word.HOLD and approval.who:
        request = HoldRequest(customer_id=customer_id, kind=HoldKind.MANUAL, until=approval.until)
        place_hold(writing, hold_of(request, Person(name=name, why=approval.why), today))
    if state in _STAYS.get(approval.word, ()):
        return
    why = approval.why or "nobody answered in time"
    if not outbox.append(writing, approval.action_id, _EVENTS[approval.word], by=name, why=why):
        raise ByHandRefused(f"{approval.action_id} is {state.replace('_', ' ')}: a worker is at it; answer again later")


def newest_approval(connection: Connection, action_id: str) -> Approval | None:
    """The answer that counts."""
    c = access_approval.c
    query = select(access_approval).where(c.action_id == action_id).order_by(c.recorded_at.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    who = Approver(id=row.person_id, name=row.person_name, auth_manager=row.auth_manager) if row.person_id else None
    return Approval(
        action_id=row.action_id,
        digest=row.digest,
        word=Word(row.word),
        who=who,
        why=row.why,
        asked_in=row.asked_in,
        until=row.until,
        recorded_at=row.recorded_at,
    )


def _state(connection: Connection, action_id: str) -> str:
    query = select(action_state.c.state).where(action_state.c.action_id == action_id)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise ByHandRefused(f"no action {action_id!r} is known; csp access show lists the proposals")
    return str(found)


def _nothing_since(writing: Writing, before: Approval) -> bool:
    """Was the answer given today, and did nothing happen since? Else it may be given again, and counts anew."""
    query = select(action_state.c.recorded_at).where(action_state.c.action_id == before.action_id)
    happened = str(writing.connection.execute(query).scalar_one())
    return happened <= before.recorded_at and before.recorded_at[:10] == writing.recorded_at[:10]


def _same(before: Approval, now: Approval) -> bool:
    return (before.digest, before.word, before.who, before.until) == (now.digest, now.word, now.who, now.until)


def _row(approval: Approval) -> dict[str, Any]:
    who = approval.who
    return {
        "action_id": approval.action_id,
        "digest": approval.digest,
        "word": approval.word.value,
        "person_id": who.id if who else "",
        "person_name": who.name if who else "",
        "auth_manager": who.auth_manager if who else "",
        "why": approval.why,
        "asked_in": approval.asked_in,
        "until": approval.until,
    }
