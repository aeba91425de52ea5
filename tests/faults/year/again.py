"""What costs computations: the same again (I6), the past (I7), a bad record (I8)."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from csp_receivables import access_wiring, collections_wiring, mail_wiring, wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.day import Mode
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Booked
from csp_receivables.settings import Settings
from tests.accounting_exports import invoice, receivables_file
from tests.faults.year.house import House
from tests.faults.year.microsoft import manners
from tests.faults.year.truth import BEGINS, Partner

SNAPSHOTS = frozenset({"reconciliation_run", "daily_standing", "decision_run", "decision"})  # what a past run may leave


def i6(house: House, booked: Booked) -> Iterator[str]:
    """The same stored inputs give the same decisions and outputs, byte for byte."""
    day = booked.day
    known = datetime.fromisoformat(str(day.known_at))
    plan = RunPlan(as_of=day.as_of, known_at=known, mode=Mode.LIVE, because="looked at again")
    again = wiring.reconciler(house.settings, house.ledger).look(plan)
    if again.digest != booked.digest:
        yield f"I6 {day.as_of} was {booked.digest[:12]}, and computed again is {again.digest[:12]}"


def i7(house: House, chance: random.Random) -> Iterator[str]:
    """A historical run causes no effect outside the ledger and books nothing in it."""
    days = max((house.clock.today - BEGINS).days - 1, 1)
    past = RunPlan(
        as_of=BEGINS + timedelta(days=chance.randrange(days)), known_at=None, mode=Mode.HISTORICAL, because="a backfill"
    )
    before, outside = contents(house.ledger), _outside(house)
    wiring.reconciler(house.settings, house.ledger).reconcile(past)
    runs = {collections_wiring.decider(house.settings, house.ledger).decide(past).run_id for _ in range(2)}
    mail_wiring.notice_sender(house.settings, house.ledger, house.mail, historical="a backfill").send()
    identity = house.identity("partner_center_actor")
    with access_wiring.acting(house.settings, house.ledger, identity, manners=manners(house.clock, chance)) as actor:
        access_wiring.performer(house.settings, house.ledger, actor, historical="a backfill").perform()
        access_wiring.restorer(house.settings, house.ledger, actor, historical="a backfill").restore()
    after = contents(house.ledger)
    if changed := sorted(name for name in before if before[name] != after[name]):
        yield f"I7 a historical run of {past.as_of} changed {', '.join(changed)}"
    if outside != _outside(house):
        yield f"I7 a historical run of {past.as_of} was noticed outside"
    if len(runs) > 1:
        yield f"I6 {past.as_of} decided twice by the same facts gave {sorted(runs)}"


def i8(house: House, partner: Partner, chance: random.Random) -> Iterator[str]:
    """One bad record never changes another customer's outcome. Asked where a ledger can be copied: of a file."""
    if house.ledger.is_postgresql:
        return
    victim = chance.choice(partner.customers).customer_id
    plan = RunPlan(as_of=house.clock.today, known_at=None, mode=Mode.HISTORICAL, because="a look")
    good = _decisions(house.settings, house.ledger, plan)
    fork = _copied(house)
    try:
        bad = [
            invoice(number="90001", customer_id=victim, gross="not a number"),
            invoice(number="90002", customer_id=victim, due_on="2026-02-31"),
            invoice(number="90003", customer_id="", gross="1.00", net="1.00", tax="0.00"),
        ]
        path = receivables_file(house.root, *bad, name="bad.csv")
        wiring.import_receivables(house.settings, fork, path)
        with_bad = _decisions(house.settings, fork, plan)
    finally:
        fork.engine.dispose()
    others = good.keys() - {victim}
    if changed := sorted(who for who in others if good[who] != with_bad.get(who)):
        yield f"I8 bad records of {victim} changed what becomes of {', '.join(changed)}"


def _decisions(settings: Settings, ledger: Ledger, plan: RunPlan) -> dict[str, Decision]:
    decided = collections_wiring.decider(settings, ledger).look(plan)
    return {each.customer_id: each for each in decided.decisions}


def _copied(house: House) -> Ledger:
    """The ledger as it is now, in a file of its own."""
    target = house.root / "fork.db"
    target.unlink(missing_ok=True)
    with house.ledger.reading() as connection:
        original = connection.connection.driver_connection
        assert isinstance(original, sqlite3.Connection)
        with sqlite3.connect(target) as copy:
            original.backup(copy)
    return Ledger.open(f"sqlite:///{target}", house.clock)


def contents(ledger: Ledger) -> dict[str, str]:
    """A digest of every table that a past run has nothing to say to."""
    told = {}
    with ledger.reading() as connection:
        for table in tables.metadata.sorted_tables:
            if table.name not in SNAPSHOTS:
                rows = sorted(map(repr, connection.execute(text(f"SELECT * FROM {table.name}"))))
                told[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return told


def _outside(house: House) -> tuple[int, int]:
    """How often anybody outside heard of us."""
    return len(house.server.accepted), len(house.emulator.world.log.entries)
