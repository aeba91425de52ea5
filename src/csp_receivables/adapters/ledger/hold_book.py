"""What people say of customers who are late: holds, their ends, and tags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, or_, select, union

from csp_receivables.adapters.ledger import collections_tables as t
from csp_receivables.adapters.ledger import tables
from csp_receivables.adapters.ledger.collections_facts import read_holds, read_tags
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.domain.collections.cases import Hold
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person


@dataclass(frozen=True, slots=True)
class LedgerHoldBook:
    """Implements ports.HoldBook on the ledger."""

    ledger: Ledger

    def place(self, hold: Hold) -> None:
        with self.ledger.writing() as writing:
            place_hold(writing, hold)

    def end(self, hold_id: str, on: date, who: Person) -> str:
        with self.ledger.writing() as writing:
            connection = writing.connection
            found = _one_hold(connection, hold_id)
            query = select(t.hold_end).where(t.hold_end.c.hold_id == found)
            if ended := connection.execute(query).first():
                raise AlreadyDone(f"{ended.ended_by} ended {found} on {ended.ended_on}: {ended.why}")
            row = {"hold_id": found, "ended_on": on, "ended_by": who.name, "why": who.why}
            connection.execute(insert(t.hold_end).values(**row, recorded_at=writing.recorded_at))
        return found

    def receivable_id(self, customer_id: str, named: str) -> str:
        mine = tables.receivable.c.customer_id == customer_id
        this = or_(tables.receivable.c.receivable_id == named, tables.receivable.c.number == named)
        with self.ledger.reading() as connection:
            query = select(tables.receivable.c.receivable_id).where(mine, this)
            found = list(connection.execute(query.order_by(tables.receivable.c.receivable_id)).scalars())
        if len(found) != 1:
            what = "several receivables" if found else "no receivable"
            raise ByHandRefused(f"{customer_id} has {what} {named!r}; name it by its id, such as partner/100")
        return str(found[0])

    def tag(self, customer_id: str, tag: str, who: Person, *, tagged: bool) -> None:
        with self.ledger.writing() as writing:
            connection = writing.connection
            refuse_unknown_customer(connection, customer_id)
            has = tag in read_tags(connection, writing.recorded_at).get(customer_id, frozenset())
            if has is tagged:
                raise AlreadyDone(f"{customer_id} {'has' if tagged else 'does not have'} the tag {tag!r}")
            row: dict[str, Any] = {"customer_id": customer_id, "tag": tag, "tagged": tagged}
            said = {"said_by": who.name, "why": who.why, "recorded_at": writing.recorded_at}
            connection.execute(insert(t.customer_tag).values(**row, **said))

    def holds(self, as_of: date) -> dict[str, tuple[Hold, ...]]:
        known_at = self.ledger.everything_known()
        with self.ledger.reading() as connection:
            return read_holds(connection, as_of, known_at)

    def history(self, customer_id: str, as_of: date) -> list[dict[str, Any]]:
        """What live runs decided of a customer, where the answer was more than to wait or it changed; oldest first."""
        run, made = t.decision_run, t.decision
        query = (
            select(run.c.as_of, made.c.answer, made.c.stage, made.c.overdue, made.c.currency, run.c.dry)
            .join(run, run.c.run_id == made.c.run_id)
            .where(made.c.customer_id == customer_id, run.c.mode == "live", run.c.as_of <= as_of)
            .order_by(run.c.as_of, run.c.recorded_at)
        )
        with self.ledger.reading() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [row for before, row in zip([None, *rows], rows, strict=False) if _says_something(before, row)]


def place_hold(writing: Writing, hold: Hold) -> None:
    """Keep a hold, in the transaction of whatever it follows from. Raises ByHandRefused, AlreadyDone."""
    connection = writing.connection
    refuse_unknown_customer(connection, hold.customer_id)
    if connection.execute(select(t.hold.c.hold_id).where(t.hold.c.hold_id == hold.hold_id)).first():
        raise AlreadyDone(f"the same hold is on already: {hold.hold_id}")
    row = {name: getattr(hold, name) for name in t.hold.c.keys() if name != "recorded_at"}  # noqa: SIM118
    recorded = {"recorded_at": writing.recorded_at}
    connection.execute(insert(t.hold).values(**row | recorded))
    parts = [
        {"hold_id": hold.hold_id, "ordinal": ordinal, "due_on": part.due_on, "amount": part.amount} | recorded
        for ordinal, part in enumerate(hold.instalments, start=1)
    ]
    if parts:
        connection.execute(insert(t.hold_instalment), parts)


def _says_something(before: dict[str, Any] | None, row: dict[str, Any]) -> bool:
    same = before is not None and (before["answer"], before["stage"]) == (row["answer"], row["stage"])
    return not same


def _one_hold(connection: Connection, hold_id: str) -> str:
    query = select(t.hold.c.hold_id).where(t.hold.c.hold_id.startswith(hold_id, autoescape=True))
    found = list(connection.execute(query.order_by(t.hold.c.hold_id)).scalars()) if hold_id else []
    if len(found) != 1:
        what = "several holds begin with" if found else "there is no hold"
        raise ByHandRefused(f"{what} {hold_id!r}; csp hold list shows their ids")
    return str(found[0])


def refuse_unknown_customer(connection: Connection, customer_id: str) -> None:
    """Raises ByHandRefused for a customer that no file named."""
    named = union(select(tables.customer.c.customer_id), select(tables.receivable.c.customer_id)).subquery()
    if connection.execute(select(named.c.customer_id).where(named.c.customer_id == customer_id)).first() is None:
        raise ByHandRefused(f"no customer {customer_id!r} is known; use the customer_id of the customers file")
