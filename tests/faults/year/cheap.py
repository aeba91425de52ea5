"""What makes simulated days cheap and changes no answer.

Nobody waits for the disk; DuckDB is one instance of one thread without its optimizer; and what the rules of matching
book is worked out once for the same facts: `decide_booking` is a pure function, and most steps of a day ask it about
the same receivables, payments and allocations. `forget` makes the next one work it out again, as I6 demands.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
from sqlalchemy import event
from sqlalchemy.pool import Pool

from csp_receivables.domain.booking import Booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.payouts import PROVIDERS
from csp_receivables.domain.relations import load

KEPT_MAX = 6  # a day asks about few states of the books, and yesterday's are still asked about
_PLAIN: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "checkpoint_threshold": "1TB",
}


@dataclass(slots=True)
class _Room:
    """A connection that may be put in the place of another which has the same tables already."""

    inside: duckdb.DuckDBPyConnection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inside, name)


@dataclass(slots=True)
class Memory:
    """What was booked for which facts, with the tables that it left."""

    decide: Callable[..., Booking]
    kept: dict[object, tuple[duckdb.DuckDBPyConnection, Booking]] = field(default_factory=dict)
    in_use: set[object] = field(default_factory=set)
    base: duckdb.DuckDBPyConnection | None = None
    process: int = 0
    parents: list[object] = field(default_factory=list)

    def forget(self) -> None:
        """Let everything be worked out again."""
        self.kept.clear()

    @contextmanager
    def engine(self, _spill: Path) -> Iterator[Any]:
        """Stands in for `adapters.engine`: temporary tables are each connection's own."""
        if self.base is None or self.process != os.getpid():
            # A forked child shares nothing; closing what its parent opened would wait for threads that it has not.
            self.parents += [self.base, self.kept]
            self.base, self.process = duckdb.connect(":memory:", config=_PLAIN), os.getpid()
            self.base.execute("PRAGMA disable_optimizer")
            self.kept, self.in_use = {}, set()
        room = _Room(self.base.cursor())
        try:
            yield room
        finally:
            self.in_use.clear()

    def decide_booking(self, room: Any, facts: Facts, *policies: Any, **told: bool) -> Booking:
        """Stands in for `domain.booking.decide_booking`."""
        key = (_digest(facts), *map(repr, policies), *told.items())
        assert key not in self.in_use, "two computations at once would share their tables"
        self.in_use.add(key)
        if key in self.kept:
            room.inside, booking = self.kept.pop(key)
            load(room, "findings", facts.findings)  # the only table that no rule of booking reads
        else:
            booking = self.decide(room, facts, *policies, **told)
        while len(self.kept) >= KEPT_MAX:
            self.kept.pop(next(iter(self.kept)))
        self.kept[key] = room.inside, booking
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
    from csp_receivables.domain import booking, daily
    from csp_receivables.domain.matching_by_hand import suggested
    from csp_receivables.steps import decide

    memory = Memory(booking.decide_booking)
    with ExitStack() as patched:
        patched.enter_context(patch.object(wiring, "engine", memory.engine))
        for asker in (daily, decide, suggested):
            patched.enter_context(patch.object(asker, "decide_booking", memory.decide_booking))
        for changed in _the_emulator_is_microsoft():
            patched.enter_context(changed)
        event.listen(Pool, "checkout", _do_not_wait_for_the_disk)
        patched.callback(event.remove, Pool, "checkout", _do_not_wait_for_the_disk)
        yield memory


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
