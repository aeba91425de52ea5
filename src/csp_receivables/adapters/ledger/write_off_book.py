"""Write-offs in the ledger: proposals, and people's words on them; what is booked is an entry among the allocations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, func, insert, select

from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.escalation_tables import write_off, write_off_word
from csp_receivables.adapters.ledger.facts import read_facts
from csp_receivables.domain.escalation.write_offs import WriteOff, WrittenOff
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused, Person
from csp_receivables.domain.outbox.actions import canonical

BOOKED, DECLINED, PROPOSED = "booked", "declined", "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffStanding:
    """A proposal and the word on it: "proposed" while there is none."""

    write_off: WriteOff
    word: str
    said_by: str


@dataclass(frozen=True, slots=True)
class LedgerWriteOffBook:
    """Keeps and reads write-offs."""

    ledger: Ledger

    def propose(
        self, customer_id: str, parts: Sequence[WrittenOff], who: Person, *, had_access_taken: bool
    ) -> WriteOff:
        """Keep a proposal. Raises AlreadyDone while another of the same receivable waits."""
        with self.ledger.writing() as writing:
            ids = {part.receivable_id for part in parts}
            for each in _standings(writing.connection):
                if each.word == PROPOSED and ids & {part.receivable_id for part in each.write_off.parts}:
                    raise AlreadyDone(f"{each.write_off.write_off_id} waits already: book or decline it")
            count = writing.connection.execute(select(func.count()).select_from(write_off)).scalar_one()
            row = {
                "write_off_id": f"W-{count + 1:06}",
                "customer_id": customer_id,
                "had_access_taken": had_access_taken,
            }
            row |= {"parts": canonical([asdict(part) | {"due_on": part.due_on.isoformat()} for part in parts])}
            row |= {"proposed_by": who.name, "why": who.why, "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(write_off).values(**row))
            return _one(writing.connection, str(row["write_off_id"])).write_off

    def book(
        self, write_off_id: str, who: Person, today: date, entries: Callable[[WriteOff, Facts], pa.Table]
    ) -> WriteOff:
        """Book a proposal in one transaction, on the facts of the moment. Raises ByHandRefused, AlreadyDone."""
        with self.ledger.writing() as writing:
            waiting = _waiting(writing.connection, write_off_id)
            made = entries(waiting, read_facts(writing.connection, today, writing.recorded_at))
            recorded = {"run_id": who.run_id, "recorded_at": writing.recorded_at}
            if insert_new(writing.connection, t.allocation, made, **recorded) != made.num_rows:
                raise ByHandRefused("the ledger has facts of later days than today; set CSP_CLOCK right")
            _say(writing, write_off_id, BOOKED, who)
            return waiting

    def decline(self, write_off_id: str, who: Person) -> None:
        """Say no to a proposal. Raises ByHandRefused, AlreadyDone."""
        with self.ledger.writing() as writing:
            _waiting(writing.connection, write_off_id)
            _say(writing, write_off_id, DECLINED, who)

    def one(self, write_off_id: str) -> WriteOffStanding:
        """One proposal. Raises ByHandRefused for an unknown one."""
        with self.ledger.reading() as connection:
            return _one(connection, write_off_id)

    def standings(self) -> list[WriteOffStanding]:
        """Every proposal, the oldest first."""
        with self.ledger.reading() as connection:
            return _standings(connection)


def _waiting(connection: Connection, write_off_id: str) -> WriteOff:
    found = _one(connection, write_off_id)
    if found.word != PROPOSED:
        raise AlreadyDone(f"{found.said_by} {found.word} {write_off_id} already")
    return found.write_off


def _one(connection: Connection, write_off_id: str) -> WriteOffStanding:
    found = [each for each in _standings(connection) if each.write_off.write_off_id == write_off_id]
    if not found:
        raise ByHandRefused(f"no write-off {write_off_id!r} is known; csp escalation write-off list names them")
    return found[0]


def _standings(connection: Connection) -> list[WriteOffStanding]:
    query = (
        select(write_off, write_off_word.c.word, write_off_word.c.said_by)
        .outerjoin(write_off_word, write_off_word.c.write_off_id == write_off.c.write_off_id)
        .order_by(write_off.c.write_off_id)
    )
    return [
        WriteOffStanding(write_off=_write_off(row), word=row.word or PROPOSED, said_by=row.said_by or "")
        for row in connection.execute(query)
    ]


def _write_off(row: Row[Any]) -> WriteOff:
    parts = (each | {"due_on": date.fromisoformat(each["due_on"])} for each in json.loads(row.parts))
    return WriteOff(
        write_off_id=row.write_off_id,
        customer_id=row.customer_id,
        parts=tuple(WrittenOff(**each) for each in parts),
        proposed_by=row.proposed_by,
        why=row.why,
        had_access_taken=row.had_access_taken,
    )


def _say(writing: Writing, write_off_id: str, word: str, who: Person) -> None:
    row = {"write_off_id": write_off_id, "word": word, "said_by": who.name, "why": who.why}
    writing.connection.execute(insert(write_off_word).values(**row, recorded_at=writing.recorded_at))
