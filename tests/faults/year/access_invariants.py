"""DESIGN part 10 for access: checked at Microsoft's side, and against what customers truly paid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from csp_receivables.adapters.ledger.access_tables import access_change
from csp_receivables.adapters.ledger.outbox_tables import action, action_state
from csp_receivables.adapters.ledger.tables import finding
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.collections.feed_age import banking_hours
from tests.faults.year import house
from tests.faults.year.invariants import Complaints, Seen, owing, unwarned
from tests.faults.year.microsoft import renewal_of
from tests.faults.year.truth import BEGINS
from tests.faults.year.witness import StatusChange

_NOT_SIGNED_IN = 401  # refused at the door: nothing was begun, and a new token may try again
TELLS_A_PERSON = "access."  # how the codes of findings about access begin


@dataclass(frozen=True, slots=True)
class Cause:
    """The action behind a suspension. `numbers`: the invoices that cause it."""

    action_id: str
    round_id: str
    numbers: frozenset[str]


def i1(seen: Seen) -> Complaints:
    """No suspension without a warning accepted between N and M days earlier, in the same round, naming the still-open
    receivables that cause it."""
    for change, cause in _suspended(seen):
        if cause is None:
            yield f"I1 {change.subscription_id} was suspended on {change.on}, and the ledger knows of no action"
            continue
        # The last look speaks for the day before.
        why = unwarned(seen, change.customer_id, cause.round_id, set(cause.numbers), change.on - timedelta(days=1))
        if why:
            yield f"I1 {change.subscription_id} was suspended on {change.on}: {why}"
        if cause.action_id not in seen.witness.answered:
            yield f"I1 {change.subscription_id} was suspended on {change.on}, and nobody said yes to {cause.action_id}"


def i2(seen: Seen) -> Complaints:
    """No suspension while money covers the debt, while an unidentified payment equals an overdue receivable, or while
    the bank feed is stale."""
    until = seen.bank.whole_until(BEGINS)
    for change, cause in _suspended(seen):
        missing = {n: m for n, m in seen.known_missing(change.customer_id).items() if cause and n in cause.numbers}
        if not missing:
            yield f"I2 {change.subscription_id} was suspended on {change.on}, and all that caused it is paid"
        hours = banking_hours(until, change.on - timedelta(days=1), "SE")
        if hours > house.FEED_HOURS_MAX:
            yield f"I2 {change.subscription_id} was suspended on {change.on}, the bank feed ends on {until}"


def i3(seen: Seen) -> Complaints:
    """Debt cleared: reinstatement is requested in the run that imports the payment; renewal settings equal the
    snapshot again, or a person is told."""
    world = seen.world
    for name, cause, customer_id in _away(seen):
        paid = not any(n in cause.numbers for n in seen.missing_in_words(customer_id))
        if paid and not (_is_asked_for(seen, customer_id) or _is_told(seen, name)):
            yield f"I3 {name} is still suspended, all that caused it is paid, and nobody asked to give it back"
    for change in seen.new_changes():
        document = world.subscriptions[change.subscription_id].document
        differs = renewal_of(document) != seen.witness.renewal[change.subscription_id]
        is_back = change.status == "active" and document["status"] == "active"
        if (
            is_back
            and differs
            and not (_is_asked_for(seen, change.customer_id) or _is_told(seen, change.subscription_id))
        ):
            yield f"I3 {change.subscription_id} is back with {renewal_of(document)}, and nobody was told"


def i4(seen: Seen) -> Complaints:
    """No change is repeated blindly: between two of one subscription its state is read."""
    read_since: dict[str, str] = {}
    for entry in seen.world.log.entries:
        if "/subscriptions/" not in entry.path or entry.path.rstrip("/").endswith("subscriptions"):
            continue
        if entry.method == "GET" and entry.status:
            read_since.pop(entry.path, None)
        elif entry.method == "PATCH" and entry.status != _NOT_SIGNED_IN:
            before = read_since.get(entry.path)
            if before is not None and before != entry.request_id:
                yield f"I4 {entry.path} was changed at {entry.at} without a look at what became of the change before"
                return
            read_since[entry.path] = entry.request_id


def i9(seen: Seen) -> Complaints:
    """A human hold outranks automation until the human ends it: nobody is suspended for what is held."""
    for change, cause in _suspended(seen):
        for held in seen.witness.holds:
            mine = held.customer_id == change.customer_id and held.is_on(change.on) and not held.is_judged
            if mine and (not held.number or (cause and cause.numbers == {held.number})):
                yield f"I9 {change.subscription_id} was suspended on {change.on} while {held} was on"


def others(seen: Seen) -> Complaints:
    """Nobody fights over access: what others took is not given back, what others gave back is not taken again without
    a new warning."""
    for change in seen.new_changes():
        name = change.subscription_id
        if change.status == "active" and name in seen.witness.taken_by_others:
            yield f"I3 {name} was given back on {change.on}, and others had taken it"
        given = seen.witness.given_by_others.get(name, date.min)
        if change.status == "suspended" and (change.on - given).days < house.WARNED_DAYS_MIN:
            yield f"I9 {name} was taken on {change.on}, and others had given it back on {given}"


def i10(seen: Seen) -> Complaints:
    """A run that wants more suspensions than the policy's number or share performs none and asks."""
    released = seen.witness.approved
    today = {
        change.customer_id
        for change, cause in _suspended(seen)
        if change.on == seen.today and not (cause and cause.action_id in released)
    }
    allowed = max(house.SUSPENSIONS_CANARY, house.SUSPENSIONS_SHARE * owing(seen.ledger) // 1000)
    if len(today) > min(allowed, house.SUSPENSIONS_MAX):
        yield f"I10 {len(today)} customers were suspended on {seen.today}; {allowed} may without a release"


def _suspended(seen: Seen) -> Iterator[tuple[StatusChange, Cause | None]]:
    causes = _causes(seen)
    for change in seen.new_changes():
        if change.status == "suspended":
            yield change, causes.get(change.subscription_id)


def _causes(seen: Seen) -> dict[str, Cause]:
    """The newest action behind each subscription's suspension."""
    query = (
        select(access_change.c.subscription_id, action.c.action_id, action.c.round_id, action.c.payload)
        .join(action, action.c.action_id == access_change.c.action_id)
        .where(access_change.c.direction == "suspend")
        .order_by(access_change.c.recorded_at)
    )
    with seen.ledger.reading() as connection:
        rows = connection.execute(query).all()
    return {
        row.subscription_id.lower(): Cause(
            row.action_id,
            row.round_id,
            frozenset(each.rpartition("/")[2] for each in json.loads(row.payload)["receivable_ids"]),
        )
        for row in rows
    }


def _away(seen: Seen) -> Iterator[tuple[str, Cause, str]]:
    """Subscriptions that are suspended by us."""
    causes = _causes(seen)
    owner = {each.subscription_id: each.customer_id for each in seen.witness.changes}
    for name, subscription in seen.world.subscriptions.items():
        if subscription.document["status"] == "suspended" and name in causes and name in owner:
            yield name, causes[name], owner[name]


def _is_asked_for(seen: Seen, customer_id: str) -> bool:
    """Does a reinstatement wait, or is it tried again?"""
    waits = ("proposed", "approved", "claimed", "failed", "in_doubt")
    query = select(action.c.action_id).join(action_state, action_state.c.action_id == action.c.action_id)
    mine = (
        action.c.customer_id == customer_id,
        action.c.kind == Answer.REINSTATE.value,
        action_state.c.state.in_(waits),
    )
    with seen.ledger.reading() as connection:
        return connection.execute(query.where(*mine)).first() is not None


def _is_told(seen: Seen, subscription_id: str) -> bool:
    query = select(finding.c.subject, finding.c.found).where(finding.c.code.startswith(TELLS_A_PERSON))
    with seen.ledger.reading() as connection:
        return any(subscription_id in f"{row.subject} {row.found}".lower() for row in connection.execute(query))


ACCESS: tuple[Callable[[Seen], Complaints], ...] = (i1, i2, i3, i4, i9, i10, others)
