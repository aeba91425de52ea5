"""Reading what collections know as of a day and as known at a moment: holds, tags, rounds, notices, suspensions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from csp_receivables.adapters.collections_policy import parse_kept_policy
from csp_receivables.adapters.ledger import collections_tables as t
from csp_receivables.adapters.ledger.access_changes import began_taking, shown_by_action
from csp_receivables.adapters.ledger.outbox_messages import notices as notices_handed_over
from csp_receivables.adapters.ledger.outbox_messages import unreachable
from csp_receivables.adapters.ledger.outbox_tables import action, action_event
from csp_receivables.adapters.ledger.tables import contact
from csp_receivables.domain.collections.account_letters import is_recent
from csp_receivables.domain.collections.cases import Delivery, Hold, HoldKind, Instalment, Notice, Round, Suspension
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.notice_content import LETTERS
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.rounds import DUE, is_due_round
from csp_receivables.domain.outbox.recipients import is_reachable
from csp_receivables.domain.outbox.states import Event

Value = TypeVar("Value")
PERFORMED = (Event.DONE.value, Event.SETTLED_ACCEPTED.value)


def read_collections(connection: Connection, as_of: date, known_at: str, zone: ZoneInfo) -> CollectionsFacts:
    """What is effective by the end of `as_of`, a day in the partner's `zone`, and was recorded by `known_at`."""
    rounds = read_rounds(connection, as_of, known_at)
    done = [each for each in _performed(connection, known_at, zone) if each.on <= as_of]
    begun = [each for each in _begun(connection, known_at, zone) if each.on <= as_of]
    taken, given_back = _suspensions(begun, done)
    return CollectionsFacts(
        holds=read_holds(connection, as_of, known_at),
        tags=read_tags(connection, known_at),
        rounds=rounds,
        notices=_notices(connection, rounds, done, as_of, known_at),
        suspensions=taken,
        given_back={who: back for who, back in given_back.items() if who not in taken and is_recent(back.on, as_of)},
        reachable=_reachable(connection, known_at),
        policies=_policies(connection, rounds),
    )


def _grouped(pairs: Iterable[tuple[str, Value]]) -> dict[str, tuple[Value, ...]]:
    grouped: dict[str, list[Value]] = defaultdict(list)
    for customer_id, value in pairs:
        grouped[customer_id].append(value)
    return {customer_id: tuple(values) for customer_id, values in grouped.items()}


def read_holds(connection: Connection, as_of: date, known_at: str) -> dict[str, tuple[Hold, ...]]:
    """Every hold that was placed by then, ended ones too, by customer; the oldest first."""
    hold, end, part = t.hold, t.hold_end, t.hold_instalment
    ended = and_(end.c.hold_id == hold.c.hold_id, end.c.recorded_at <= known_at)
    query = select(hold, end.c.ended_on).outerjoin(end, ended)
    query = query.where(hold.c.placed_on <= as_of, hold.c.recorded_at <= known_at)
    promised = select(part).where(part.c.recorded_at <= known_at).order_by(part.c.hold_id, part.c.ordinal)
    parts = _grouped(
        (row.hold_id, Instalment(due_on=row.due_on, amount=row.amount)) for row in connection.execute(promised)
    )
    ordered = query.order_by(hold.c.customer_id, hold.c.placed_on, hold.c.hold_id)
    return _grouped((row.customer_id, _hold(row, parts)) for row in connection.execute(ordered))


def _hold(row: Row[Any], parts: Mapping[str, tuple[Instalment, ...]]) -> Hold:
    return Hold(
        hold_id=row.hold_id,
        kind=HoldKind(row.kind),
        customer_id=row.customer_id,
        receivable_id=row.receivable_id,
        reason=row.reason,
        placed_by=row.placed_by,
        placed_on=row.placed_on,
        until=row.until,
        ended_on=row.ended_on,
        currency=row.currency,
        instalments=parts.get(row.hold_id, ()),
    )


@cache
def _tags() -> Select[Any]:
    tag = t.customer_tag
    newest = func.row_number().over(partition_by=(tag.c.customer_id, tag.c.tag), order_by=tag.c.recorded_at.desc())
    ranked = select(tag, newest.label("place")).where(tag.c.recorded_at <= bindparam("known_at")).subquery()
    query = select(ranked.c.customer_id, ranked.c.tag).where(ranked.c.place == 1, ranked.c.tagged)
    return query.order_by(ranked.c.customer_id, ranked.c.tag)


def read_tags(connection: Connection, known_at: str) -> dict[str, frozenset[str]]:
    """The tags that customers have by the latest word on each."""
    rows = connection.execute(_tags(), {"known_at": known_at})
    return {
        customer_id: frozenset(tags) for customer_id, tags in _grouped((r.customer_id, r.tag) for r in rows).items()
    }


def read_rounds(connection: Connection, as_of: date, known_at: str) -> dict[str, tuple[Round, ...]]:
    """Every round, closed ones too: their numbers are never used again."""
    opened, closing = t.collections_round, t.round_closing
    closed = and_(
        closing.c.customer_id == opened.c.customer_id,
        closing.c.round_id == opened.c.round_id,
        closing.c.closed_on <= as_of,
        closing.c.recorded_at <= known_at,
    )
    query = select(opened, closing.c.closed_on).outerjoin(closing, closed)
    query = query.where(opened.c.opened_on <= as_of, opened.c.recorded_at <= known_at)
    rows = connection.execute(query.order_by(opened.c.customer_id, opened.c.opened_on, opened.c.round_id))
    return _grouped((row.customer_id, _round(row)) for row in rows)


def _round(row: Row[Any]) -> Round:
    return Round(
        round_id=row.round_id,
        opened_on=row.opened_on,
        policy_version=row.policy_version,
        receivable_ids=frozenset(json.loads(row.receivable_ids)),
        closed_on=row.closed_on,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Performed:
    """Something that was done without a letter."""

    customer_id: str
    round_id: str
    stage: str
    kind: str
    at: str  # the moment
    on: date  # the partner's day
    receivable_ids: frozenset[str]
    subscriptions: tuple[str, ...]  # of which a reading showed it, by name


def _performed(connection: Connection, known_at: str, zone: ZoneInfo) -> Iterator[_Performed]:
    """Suspensions, reinstatements and escalations that were done, the oldest first."""
    kinds = [Answer.PROPOSE_SUSPENSION.value, Answer.REINSTATE.value, Answer.ESCALATE.value]
    query: Select[Any] = (
        select(action, action_event.c.recorded_at.label("done_at"))
        .join(action_event, action_event.c.action_id == action.c.action_id)
        .where(action.c.kind.in_(kinds), action_event.c.event.in_(PERFORMED), action_event.c.recorded_at <= known_at)
        .order_by(action_event.c.recorded_at, action.c.action_id)
    )
    names = shown_by_action(connection, known_at)
    return (_one_performed(row, zone, names.get(row.action_id, ())) for row in connection.execute(query))


def _begun(connection: Connection, known_at: str, zone: ZoneInfo) -> Iterator[_Performed]:
    """Suspensions that may have taken access already, though not everything that they name."""
    began = {row.action_id: row.began_at for row in began_taking(connection, known_at)}
    if not began:
        return
    for row in connection.execute(select(action).where(action.c.action_id.in_(began)).order_by(action.c.action_id)):
        yield _one_performed(row, zone, (), began[row.action_id])


def _one_performed(row: Row[Any], zone: ZoneInfo, subscriptions: tuple[str, ...], at: str = "") -> _Performed:
    moment = at or row.done_at
    return _Performed(
        customer_id=row.customer_id,
        round_id=row.round_id,
        stage=row.stage,
        kind=row.kind,
        at=moment,
        on=datetime.fromisoformat(moment).astimezone(zone).date(),
        receivable_ids=frozenset(json.loads(row.payload)["receivable_ids"]),
        subscriptions=subscriptions,
    )


def _suspensions(
    begun: Iterable[_Performed], done: Iterable[_Performed]
) -> tuple[dict[str, Suspension], dict[str, Suspension]]:
    """Whom access is taken from (begun or done, and no reinstatement after it began), and who got it back."""
    taken: dict[str, Suspension] = {}
    back: dict[str, Suspension] = {}
    began = {(each.customer_id, each.round_id, each.kind): each.at for each in begun}

    def place(each: _Performed) -> tuple[str, str]:
        return began.get((each.customer_id, each.round_id, each.kind), each.at), each.kind

    for row in sorted([*begun, *done], key=place):
        if row.kind == Answer.PROPOSE_SUSPENSION.value:
            known = taken.get(row.customer_id)
            since = known.on if known and known.round_id == row.round_id else row.on
            taken[row.customer_id] = _suspension(row, since)
        elif row.kind == Answer.REINSTATE.value:
            taken.pop(row.customer_id, None)
            back[row.customer_id] = _suspension(row, row.on)
    return taken, back


def _suspension(row: _Performed, on: date) -> Suspension:
    return Suspension(round_id=row.round_id, on=on, receivable_ids=row.receivable_ids, subscriptions=row.subscriptions)


def _notices(
    connection: Connection,
    rounds: Mapping[str, tuple[Round, ...]],
    done: Iterable[_Performed],
    as_of: date,
    known_at: str,
) -> dict[str, tuple[Notice, ...]]:
    """Notices of rounds that are open or closed lately, and of days still to come due; what was done without one stands
    for its stage. Letters beside the ladder are none of it.
    """
    unclosed = {
        (who, r.round_id)
        for who, several in rounds.items()
        for r in several
        if r.closed_on is None or is_recent(r.closed_on, as_of)
    }
    first_due = f"{DUE}{as_of}"

    def counts(customer_id: str, round_id: str) -> bool:
        return round_id >= first_due if is_due_round(round_id) else (customer_id, round_id) in unclosed

    handed = (
        row for row in notices_handed_over(connection, as_of, known_at).to_pylist() if row["stage"] not in LETTERS
    )
    found = [(row["customer_id"], _notice(row)) for row in handed if counts(row["customer_id"], row["round_id"])]
    stages = [row for row in done if row.kind != Answer.REINSTATE.value and counts(row.customer_id, row.round_id)]
    found += [(row.customer_id, _done(row)) for row in stages]
    return _grouped(sorted(found, key=lambda pair: (pair[0], pair[1].on, pair[1].stage, pair[1].delivery)))


def _notice(row: Mapping[str, Any]) -> Notice:
    return Notice(
        stage=row["stage"],
        round_id=row["round_id"],
        on=row["on"],
        delivery=Delivery(row["delivery"]),
        receivable_ids=frozenset(row["receivable_ids"]),
    )


def _done(row: _Performed) -> Notice:
    return Notice(
        stage=row.stage,
        round_id=row.round_id,
        on=row.on,
        delivery=Delivery.ACCEPTED,
        receivable_ids=row.receivable_ids,
    )


def _reachable(connection: Connection, known_at: str) -> frozenset[str]:
    """Customers with somebody whom the outbox would write to."""
    failed = unreachable(connection, known_at)
    rows = connection.execute(select(contact.c.customer_id, contact.c.email, contact.c.recorded_at))
    return frozenset(row.customer_id for row in rows if is_reachable(row.email, failed.get(row.email), row.recorded_at))


def _policies(connection: Connection, rounds: Mapping[str, tuple[Round, ...]]) -> dict[str, CollectionsPolicy]:
    """The policies that open rounds pin, by version."""
    pinned = {r.policy_version for several in rounds.values() for r in several if r.closed_on is None}
    rows = connection.execute(select(t.collections_policy).order_by(t.collections_policy.c.version))
    return {row.version: parse_kept_policy(row.name, row.content) for row in rows if row.version in pinned}
