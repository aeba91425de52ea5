"""A desk for tests: days go by, payments and receivables arrive, and a person decides in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.domain.day import Day
from csp_receivables.domain.matching_by_hand.requests import ByHand, Request
from csp_receivables.domain.payer_aliases import Word
from csp_receivables.domain.run_plan import Known, plan_run
from csp_receivables.ports import Booked
from csp_receivables.settings import Settings
from csp_receivables.steps.aliases import Alias
from tests.conftest import StandingClock
from tests.worlds import rows

ZONE = ZoneInfo("Europe/Stockholm")
FIRST = date(2026, 11, 2)  # after the moment at which the fixture makes the ledger
WHO = {"by": "Ada Controller", "why": "she rang them"}
TABLES = {"payments": tables.payment, "receivables": tables.receivable, "customers": tables.customer}


@dataclass(slots=True)
class Desk:
    """A ledger whose days the test lets go by. `day` is the day that is being lived."""

    ledger: Ledger
    clock: StandingClock
    home: Path
    day: date = FIRST

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home, ledger_url="", time_zone=ZONE, include=self.home / "include", fixed_clock=self.clock.now
        )

    def arrive(self, **arrived: Sequence[dict[str, Any]]) -> None:
        """Rows by table name are recorded in the afternoon of the day."""
        self.clock.now = datetime(self.day.year, self.day.month, self.day.day, 13, 0, tzinfo=UTC)
        with self.ledger.writing() as writing:
            for name, given in arrived.items():
                more = {"counts": True} if name == "payments" else {}
                into, table = TABLES[name], rows(name, given)
                insert_new(writing.connection, into, table, recorded_at=writing.recorded_at, **more)

    def next_morning(self) -> Booked:
        """The day is reconciled live; it is the next day's morning then."""
        ended, self.day = self.day, self.day + timedelta(days=1)
        self.clock.now = morning_after(ended)
        plan = plan_run(now=self.clock.now, zone=ZONE, as_of=ended)
        return wiring.reconciler(self.settings, self.ledger).reconcile(plan)

    def as_known_then(self, day: date) -> Booked:
        plan = plan_run(now=self.clock.now, zone=ZONE, fired_at=morning_after(day), known=Known.THEN)
        return wiring.reconciler(self.settings, self.ledger).look(plan)

    def decide(self, request: Request, **who: str) -> ByHand:
        return wiring.by_hand(self.settings, self.ledger).decide(request, **{**WHO, **who})

    def say(self, account: str, customer_id: str, word: Word, **who: str) -> str:
        return wiring.aliases(self.settings, self.ledger).say(account, customer_id, word, **{**WHO, **who})

    def aliases(self, **wanted: str) -> list[Alias]:
        return list(wiring.aliases(self.settings, self.ledger).listed(**wanted))

    def kept(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a ledger's table, in the order of their keys."""
        with self.ledger.reading() as connection:
            query = select(table).order_by(*table.primary_key.columns)
            return [dict(row) for row in connection.execute(query).mappings()]

    def booked(self) -> list[tuple[str, str, int, str]]:
        """(payment, receivable's number, amount, rule) of every allocation, in the order of recording."""
        found = sorted(self.kept(tables.allocation), key=lambda row: (row["recorded_at"], row["allocation_id"]))
        return [
            (row["source_id"], row["receivable_id"].removeprefix("partner/"), row["amount"], row["rule"])
            for row in found
        ]


def morning_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC) + timedelta(days=1)


def suggested(day: Day) -> list[tuple[str, str, str]]:
    """(payment, receivable's number, rule) of what the day suggests."""
    return [
        (row["payment_id"], row["receivable_id"].removeprefix("partner/"), row["rule"])
        for row in day.suggestions.to_pylist()
    ]


def open_of(day: Day, customer_id: str) -> int:
    """What the customer owes, in minor units."""
    return sum(row["open"] for row in day.standings.to_pylist() if row["customer_id"] == customer_id)
