"""What makes simulated days cheap and changes no answer.

Nobody waits for the disk; letters' PDFs, which no check looks into, are not drawn; DuckDB is one instance of one thread
without its optimizer, in which no statement is worked out twice (`remembered`); and what the rules of matching book is
worked out once for the same facts: `decide_booking` is a pure function, and most steps of a day ask it about the same
receivables, payments and allocations. After `forget` the next computation is made by a plain connection, as I6 demands.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
from sqlalchemy import event
from sqlalchemy.pool import Pool

from csp_receivables.adapters.notices.parts import Document
from csp_receivables.domain.booking import Booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.payouts import PROVIDERS
from csp_receivables.domain.relations import load
from tests.one_duckdb import SHELVES
from tests.remembered import PLAIN, Known, Remembering, Shelves


@dataclass(slots=True)
class Memory:
    """What was worked out, by what it was worked out from."""

    decide: Callable[..., Booking]
    shelves: Shelves
    booked: dict[object, tuple[dict[str, Known], Booking]] = field(default_factory=dict)
    on: object = None  # the shelf that it lies on
    forgets: bool = False  # the next room is a plain connection, which remembers nothing

    def forget(self) -> None:
        """Let the next one work everything out again."""
        self.forgets = True

    @contextmanager
    def engine(self, _spill: Path) -> Iterator[Any]:
        """Stands in for `adapters.engine`."""
        if self.forgets:
            self.forgets = False
            with duckdb.connect(":memory:", config=PLAIN) as forgetful:
                yield forgetful
            return
        with self.shelves.room() as room:
            yield room

    def decide_booking(self, room: Any, facts: Facts, *policies: Any, **told: bool) -> Booking:
        """Stands in for `domain.booking.decide_booking`: with what it answered come the tables that it left."""
        if not isinstance(room, Remembering):
            return self.decide(room, facts, *policies, **told)
        if room.shelf is not self.on:
            self.booked, self.on = {}, room.shelf
        key = (_digest(facts), *map(repr, policies), *told.items())
        if key in self.booked:
            names, booking = self.booked[key]
            room.names = dict(names)
            load(room, "findings", facts.findings)  # type: ignore[arg-type]  # which no rule of booking reads
        else:
            booking = self.decide(room, facts, *policies, **told)
            self.booked[key] = dict(room.names), booking
        return booking


def _digest(facts: Facts) -> str:
    """All that booking reads. The day itself is read only of payouts that payment providers announced."""
    digest = hashlib.sha256()
    for each in fields(facts):
        table = getattr(facts, each.name)
        if isinstance(table, pa.Table) and each.name != "findings":
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table.combine_chunks())
            digest.update(f"{each.name} {table.num_rows}".encode() + sink.getvalue().to_pybytes())
    if set(facts.payments["family"].to_pylist()) & set(PROVIDERS):
        digest.update(f"{facts.as_of}".encode())
    return digest.hexdigest()


@contextmanager
def made_cheap() -> Iterator[Memory]:
    """Everything above, until the end."""
    from csp_receivables import wiring
    from csp_receivables.adapters.notices import statement_pdf
    from csp_receivables.domain import booking, daily
    from csp_receivables.domain.matching_by_hand import suggested
    from csp_receivables.steps import decide, reconcile

    memory = Memory(booking.decide_booking, SHELVES)
    with ExitStack() as patched:
        patched.enter_context(patch.object(wiring, "engine", memory.engine))
        for asker in (daily, decide, reconcile, suggested):
            patched.enter_context(patch.object(asker, "decide_booking", memory.decide_booking))
        patched.enter_context(patch.object(statement_pdf, "document_pdf", _not_drawn))
        for changed in _the_emulator_is_microsoft():
            patched.enter_context(changed)
        event.listen(Pool, "checkout", _do_not_wait_for_the_disk)
        patched.callback(event.remove, Pool, "checkout", _do_not_wait_for_the_disk)
        yield memory


def _not_drawn(document: Document, dated: date, _fonts: Path) -> bytes:
    """In the place of a letter's PDF: as different as the letters are. No check here looks into one."""
    return f"%PDF not drawn, {dated}: {hashlib.sha256(repr(document).encode()).hexdigest()}".encode()


def _the_emulator_is_microsoft() -> Iterator[AbstractContextManager[Any]]:
    """A real ledger in production speaks to Microsoft only, which is what the emulator is here."""
    from csp_receivables import access_wiring, microsoft_wiring

    closed = access_wiring.why_closed
    yield patch.object(access_wiring, "why_closed", lambda door: closed(replace(door, is_emulator=False)))
    for asker in (microsoft_wiring, access_wiring):
        yield patch.object(asker, "refuse_wrong_world", lambda *_: None)


def _do_not_wait_for_the_disk(connection: Any, _record: Any, _proxy: Any) -> None:
    """Processes are killed here, never the machine."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
