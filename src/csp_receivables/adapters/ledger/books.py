"""The books: a day's facts, the allocations it books, and the record of each reconciliation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing, moment_text
from csp_receivables.adapters.ledger.decision_book import facts_with_collections
from csp_receivables.adapters.ledger.facts import read_facts
from csp_receivables.adapters.ledger.tables import allocation, daily_standing, finding, reconciliation_run
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.payables.payables import PAYABLE
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Booked

_RUN = pa.schema(
    [
        ("run_id", pa.string()),
        ("mode", pa.string()),
        ("as_of", pa.date32()),
        ("known_at", pa.string()),
        ("content_digest", pa.string()),
        ("allocations_booked", pa.int64()),
        ("issued", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True)
class LedgerBooks:
    """Implements ports.Books on the ledger."""

    ledger: Ledger
    zone: ZoneInfo  # of the partner

    def is_demo(self) -> bool:
        return self.ledger.kind() == "demo"

    def facts(self, plan: RunPlan) -> Facts:
        """The facts of the plan's day, as known at its moment (everything known now when it names none)."""
        known_at = moment_text(plan.known_at) if plan.known_at else self.ledger.everything_known()
        with self.ledger.reading() as connection:
            return facts_with_collections(connection, plan.as_of, known_at, self.zone)

    def book(self, as_of: date, decide: Callable[[Facts], Booked]) -> Booked:
        """Read, decide and book in one writing transaction: nobody else's booking can come between."""
        with self.ledger.writing() as writing:
            booked = decide(facts_with_collections(writing.connection, as_of, writing.recorded_at, self.zone))
            run_id = run_name(booked.day, booked.digest)
            _book(writing, booked.allocations, run_id)
            _record(writing, booked, run_id)
            _tell(writing, booked.day)
        return booked

    def book_so_far(self, as_of: date, decide: Callable[[Facts], pa.Table]) -> int:
        """The same for allocations alone: there is no reconciliation, so nothing of collections is read."""
        with self.ledger.writing() as writing:
            allocations = decide(read_facts(writing.connection, as_of, writing.recorded_at))
            _book(writing, allocations, f"so_far:{as_of}")
        return int(allocations.num_rows)

    def record(self, booked: Booked) -> None:
        """Keep a historical run's snapshot, and nothing else of it."""
        with self.ledger.noting() as writing:
            _record(writing, booked, run_name(booked.day, booked.digest))

    def shown_at(self, as_of: date) -> datetime | None:
        """The moment whose knowledge the day's newest live run used; None where there was no such run."""
        run = reconciliation_run
        live = select(run.c.known_at).where(run.c.as_of == as_of, run.c.mode == Mode.LIVE.value)
        with self.ledger.reading() as connection:
            newest = connection.execute(live.order_by(run.c.recorded_at.desc(), run.c.run_id).limit(1)).scalar()
        return datetime.fromisoformat(newest) if newest else None


def _book(writing: Writing, allocations: pa.Table, run_id: str) -> None:
    insert_new(writing.connection, allocation, allocations, run_id=run_id, recorded_at=writing.recorded_at)


def _tell(writing: Writing, day: Day) -> None:
    """Keep what the day found of payables, once for as long as it is the same: how old it is says the first row."""
    told = day.findings.filter(pc.starts_with(day.findings["code"], f"{PAYABLE}."))
    insert_new(writing.connection, finding, told, file_digest="", recorded_at=writing.recorded_at)


def run_name(day: Day, digest: str) -> str:
    """A run is known by its mode, day and content: the same result has the same name, however often it is made."""
    known = "" if day.mode is Mode.LIVE else f"@{day.known_at}"
    return f"{day.mode.value}:{day.as_of}{known}:{digest[:16]}"


def _record(writing: Writing, booked: Booked, run_id: str) -> None:
    day = booked.day
    run = {
        "run_id": run_id,
        "mode": day.mode.value,
        "as_of": day.as_of,
        "known_at": day.known_at,
        "content_digest": booked.digest,
        "allocations_booked": booked.allocations.num_rows if day.mode is Mode.LIVE else 0,
        "issued": day.mode is Mode.LIVE,
    }
    rows = pa.Table.from_pylist([run], schema=_RUN)
    insert_new(writing.connection, reconciliation_run, rows, recorded_at=writing.recorded_at)
    insert_new(writing.connection, daily_standing, day.standings, run_id=run_id, recorded_at=writing.recorded_at)
