"""What named people do with access: give back what a run took, and read the whole story of a subscription."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, select, tuple_

from csp_receivables.adapters.ledger.access_evidence import EVERYTHING
from csp_receivables.adapters.ledger.access_restorations import restorations
from csp_receivables.adapters.ledger.access_tables import (
    access_approval,
    access_change,
    access_event,
    access_order,
    access_proposal,
    access_release,
)
from csp_receivables.adapters.ledger.access_undo import chase_anew, deeds_of, give_back
from csp_receivables.adapters.ledger.connection import Ledger, moment_text
from csp_receivables.adapters.ledger.hold_book import refuse_unknown_customer
from csp_receivables.adapters.ledger.microsoft_tables import subscription
from csp_receivables.adapters.ledger.outbox_tables import action, action_event, message, message_event
from csp_receivables.domain.access.history import Entry
from csp_receivables.domain.access.restorations import Restoration
from csp_receivables.domain.access.undoing import RunsDeed
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person


@dataclass(frozen=True, slots=True)
class LedgerAccessDesk:
    """Access as people handle it. `zone`: the partner's, whose days are told."""

    ledger: Ledger
    zone: ZoneInfo

    def asked(self, name: str) -> Row[Any]:
        """What was asked last about the one action of that id, or whose id begins so. Raises ByHandRefused."""
        c = access_proposal.c
        begins = select(access_proposal).where(c.action_id.startswith(name, autoescape=True))
        with self.ledger.reading() as connection:
            rows = connection.execute(begins.order_by(c.action_id, c.recorded_at)).all()
        newest = {row.action_id: row for row in rows}
        if name in newest:
            return newest[name]
        if len(newest) == 1 and name:
            return next(iter(newest.values()))
        what = "several proposals begin" if newest else "no proposal begins"
        raise ByHandRefused(f"{what} with {name!r}; csp access propose names them")

    def deeds(self, run: str) -> tuple[RunsDeed, ...]:
        """What a run took and gave back, and how it stands now."""
        with self.ledger.reading() as connection:
            return tuple(deeds_of(connection, run))

    def give_back(self, action_ids: Iterable[str], who: Person) -> tuple[str, ...]:
        """Ask for what these suspensions took, on a named person's word: the next restoring brings it back."""
        with self.ledger.writing() as writing:
            return give_back(writing, action_ids, who)

    def chase_anew(self, deeds: Iterable[RunsDeed], run: str, who: Person) -> tuple[str, ...]:
        """Let the debts behind these reinstatements be warned about again. Takes nothing. Raises ByHandRefused."""
        today = self.ledger.clock().astimezone(self.zone).date()
        with self.ledger.writing() as writing:
            return chase_anew(writing, deeds, run, who, today)

    def history(self, *, subscription_id: str = "", customer_id: str = "") -> tuple[Entry, ...]:
        """Everything about one subscription, or one customer, in the order in which it was learnt.

        Raises ByHandRefused for one that nobody knows: of it "nothing happened" would be no answer.
        """
        mine = [access_change.c.subscription_id == subscription_id] if subscription_id else []
        mine += [access_change.c.customer_id == customer_id] if customer_id else []
        with self.ledger.reading() as connection:
            if customer_id:
                refuse_unknown_customer(connection, customer_id)
            changes = connection.execute(select(access_change).where(*mine)).all()
            if subscription_id and not changes:
                _refuse_unknown_subscription(connection, subscription_id)
            ids = {row.action_id for row in changes}
            if customer_id and not subscription_id:
                ids |= set(connection.execute(_suspensions_of(customer_id)).scalars())
            entries = [*_of_actions(connection, ids), *_of_changes(connection, [row.change_id for row in changes])]
            entries += _of_letters(connection, ids)
            entries += [
                _restored(each)
                for who in sorted({row.customer_id for row in changes})
                for each in restorations(connection, EVERYTHING, self.zone, who)
                if each.action_id in ids
            ]
        return tuple(sorted(entries, key=_in_order))


def _in_order(entry: Entry) -> tuple[str, str, int, str]:
    """As it was learnt; of what one transaction kept in the order in which it happened."""
    return entry.at, entry.about, int(entry.told.get("event_no", 0)), entry.what


def _refuse_unknown_subscription(connection: Connection, subscription_id: str) -> None:
    known = select(subscription.c.subscription_id).where(subscription.c.subscription_id == subscription_id)
    if connection.execute(known.limit(1)).first() is None:
        raise ByHandRefused(f"no subscription {subscription_id!r} is known; csp microsoft subscriptions lists them")


def _suspensions_of(customer_id: str) -> Select[Any]:
    kinds = [Answer.PROPOSE_SUSPENSION.value, Answer.REINSTATE.value]
    return select(action.c.action_id).where(action.c.customer_id == customer_id, action.c.kind.in_(kinds))


def _of_actions(connection: Connection, ids: Iterable[str]) -> list[Entry]:
    """Decision, proposals, answers, releases, and the outbox's own events."""
    found: list[Entry] = []
    for table, what in (
        (action, "decided"),
        (access_proposal, "asked"),
        (access_approval, "answered"),
        (access_release, "released"),
        (access_order, "ordered"),
        (action_event, ""),
    ):
        query = select(table).where(table.c.action_id.in_(sorted(ids))).order_by(*table.primary_key.columns)
        found += [_entry(row, what, row.action_id) for row in connection.execute(query)]
    return found


def _of_changes(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    query = select(access_event, access_change.c.tenant_id, access_change.c.subscription_id, access_change.c.direction)
    query = query.join(access_change, access_change.c.change_id == access_event.c.change_id)
    rows = connection.execute(query.where(access_event.c.change_id.in_(ids)).order_by(access_event.c.change_id))
    return [_entry(row, "", row.subscription_id) for row in rows]


def _of_letters(connection: Connection, ids: Iterable[str]) -> list[Entry]:
    """What became of the letters of the same rounds: the warnings a suspension stands on. To whom stays out of it."""
    rounds = select(action.c.customer_id, action.c.round_id).where(action.c.action_id.in_(sorted(ids)))
    query = (
        select(action.c.action_id, action.c.stage, action.c.policy_version, message.c.message_id, message.c.digest)
        .add_columns(message.c.receivable_ids, message_event.c.event, message_event.c.effective_on)
        .add_columns(message_event.c.code, message_event.c.recorded_at)
        .join(message, message.c.action_id == action.c.action_id)
        .join(message_event, message_event.c.message_id == message.c.message_id)
        .where(action.c.kind == Answer.SEND_NOTICE.value, message.c.attempt == message_event.c.attempt)
        .where(tuple_(action.c.customer_id, action.c.round_id).in_(rounds))
    )
    rows = connection.execute(query.order_by(message_event.c.message_id, message_event.c.event_no))
    return [_entry(row, f"letter_{row.event}", row.action_id) for row in rows]


def _restored(back: Restoration) -> Entry:
    """How long it took from the payment to access, as one more entry."""
    told: dict[str, Any] = {"customer_id": back.customer_id, "why": str(back), "booked_on": back.booked_on}
    told |= {"learnt_at": moment_text(back.learnt_at), "days_from_booking": back.days}
    told |= {"minutes_from_import": back.minutes}
    return Entry(at=moment_text(back.back_at), what="access_is_back", about=back.action_id, told=told)


def _entry(row: Row[Any], what: str, about: str) -> Entry:
    told = {name: value for name, value in row._mapping.items() if value not in ("", None)}
    for name in ("document", "payload", "shown", "receivable_ids"):
        if name in told:
            told[name] = json.loads(told[name])
    at = told.pop("recorded_at")
    return Entry(at=at, what=what or str(told.pop("event")), about=about, told=told)
