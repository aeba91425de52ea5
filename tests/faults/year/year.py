"""One seeded run of a made-up partner, day by day; after each day the invariants are checked.

python -m tests.faults.year --seeds 1000 --from 0 --days 365
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csp_receivables.adapters.ledger import Ledger
from emulator.clock import Clock
from emulator.server import Emulator
from emulator.state import World
from tests.faults.year.cheap import Memory, made_cheap
from tests.faults.year.faults import KILLS, Fate
from tests.faults.year.house import House, SimulatedClock, make_include, migrated_ledger
from tests.faults.year.machine import Machine
from tests.faults.year.microsoft import FAULT_RATE, made_world, renewal_of
from tests.faults.year.others import Others
from tests.faults.year.papers import Bank
from tests.faults.year.people import People
from tests.faults.year.simulation import Simulation, Turn
from tests.faults.year.truth import BEGINS, partner
from tests.faults.year.witness import Witness
from tests.mail_server import MailServer, mail_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What all seeds of a run share: servers, the include folder, an empty ledger to copy."""

    root: Path
    include: Path
    migrated: Path
    server: MailServer
    emulator: Emulator
    memory: Memory


@contextmanager
def grounds(root: Path) -> Iterator[Grounds]:
    """Servers and files for any number of seeds."""
    with (
        mail_server() as server,
        Emulator(World(clock=Clock(datetime(2026, 1, 1, tzinfo=UTC)))) as emulator,
        made_cheap() as memory,
    ):
        yield Grounds(
            root=root,
            include=make_include(root),
            migrated=migrated_ledger(root),
            server=server,
            emulator=emulator,
            memory=memory,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How rough a world is. `habit`: how everybody pays, "": each in their own way."""

    kills: float = KILLS
    mail_trouble: float = 0.08
    microsoft_trouble: float = FAULT_RATE
    habit: str = ""
    sleepy: float = 0.3
    kill_nine: float = 0.0
    customers: tuple[int, int] = (2, 4)  # at least and at most: days of few are cheap
    begins_late: bool = True
    meddling: float = 1.0


USUAL = Temper()
# More customers, whose invoices become due one after the other, and nobody else about.
LARGER = Temper(customers=(8, 12), begins_late=False, meddling=0.0)
WORLDS = {"usual": USUAL, "larger": LARGER}
# What must have happened in some of many worlds: those in which nothing happens prove nothing.
HAPPENS = (
    "letters",
    "-> suspended",
    "-> active",
    "before a write",
    "after a write",
    "between",
    "bank: late",
    "bank: silent for days",
    "bank: torn",
    "bank: twice",
    "given back by others",
    "hold: dispute",
    "hold: manual",
    "hold: promise",
    "letters that came back",
    "mail in_doubt",
    "mail refused_address",
    "mail try_later",
    "matched by hand",
    "question: decline",
    "question: hold",
    "question: nobody looks",
    "question: suspend",
    "stops",
)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a seed came to. `turns`: where its history left that of other histories of the same seed."""

    seed: int
    turns: tuple[Turn, ...] = ()
    complaints: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    days: int = 0
    lived: int = 0  # of its days, those that no history before it had in common
    temper: Temper = USUAL
    on_postgresql: bool = False

    @property
    def command(self) -> str:
        """What lives through exactly this again."""
        name = next((name for name, each in WORLDS.items() if replace(self.temper, kill_nine=0.0) == each), "")
        turns = ",".join(map(str, self.turns))
        if not name:
            return f"seed {self.seed}, {self.days} days, {self.temper}, turns {turns or 'none'}"
        told = {"WORLD": name, "KILL_NINE": self.temper.kill_nine or "", "TURNS": turns}
        told["DATABASE"] = "postgresql" if self.on_postgresql else ""
        options = "".join(f" {key}={value}" for key, value in told.items() if value not in ("", "usual"))
        return f"make simulate SEEDS=1 FROM={self.seed} DAYS={self.days}{options}"


def simulation(ground: Grounds, seed: int, temper: Temper = USUAL, database: str = "") -> Simulation:
    """The world of a seed before its first day. `database`: an empty, migrated one; "": a file."""
    root = ground.root / f"seed-{seed}"
    root.mkdir(mode=0o700)
    if not database:
        shutil.copy(ground.migrated, root / "ledger.db")
    ledger_url = database or f"sqlite:///{root / 'ledger.db'}"
    clock = SimulatedClock(Clock(datetime.combine(BEGINS, datetime.min.time(), UTC)))
    ledger = Ledger.open(ledger_url, clock)
    ground.server.accepted.clear()
    ground.server.replies.clear()
    house = House(
        root=root,
        clock=clock,
        ledger=ledger,
        ledger_url=ledger_url,
        server=ground.server,
        emulator=ground.emulator,
        include=ground.include,
        forget=ground.memory.forget,
    )
    made = partner(
        seed, random.Random(f"size:{seed}").randint(*temper.customers), temper.habit, begins_late=temper.begins_late
    )
    bank, witness = Bank(chance=random.Random(f"bank:{seed}")), Witness()
    ground.emulator.world = made_world(clock.emulator, made.customers, seed, temper.microsoft_trouble)
    witness.renewal = {name: renewal_of(each.document) for name, each in ground.emulator.world.subscriptions.items()}
    return Simulation(
        seed=seed,
        house=house,
        partner=made,
        bank=bank,
        witness=witness,
        machine=Machine(
            house=house,
            fate=Fate(chance=random.Random(f"kills:{seed}"), kills=temper.kills),
            chance=random.Random(f"machine:{seed}"),
            mail_trouble=temper.mail_trouble,
            kill_nine=temper.kill_nine,
        ),
        others=Others(chance=random.Random(f"others:{seed}"), house=house, witness=witness, meddling=temper.meddling),
        people=People(
            chance=random.Random(f"people:{seed}"),
            house=house,
            partner=made,
            bank=bank,
            witness=witness,
            sleepy=temper.sleepy,
        ),
    )


@dataclass(slots=True, kw_only=True)
class Life:
    """A world that is lived in day by day, and what it came to so far."""

    made: Simulation
    outcome: Outcome

    def lives_until(self, day: int) -> bool:
        """Live up to the morning of this day, counted from 0. False: something broke on the way."""
        while self.outcome.days < day and not self.outcome.complaints:
            self.outcome.complaints = self.made.day(BEGINS + timedelta(days=self.outcome.days))
            self.outcome.days, self.outcome.lived = self.outcome.days + 1, self.outcome.lived + 1
        return not self.outcome.complaints

    def take(self, turn: Turn) -> None:
        """Go on by other chances."""
        self.made.take(turn)
        self.outcome.turns += (turn,)

    def told(self) -> Outcome:
        """What it came to, with all that happened in it."""
        return replace(self.outcome, counts=self.made.machine.fate.struck + self.made.told())


@contextmanager
def begun(ground: Grounds, seed: int, temper: Temper = USUAL, database: str = "") -> Iterator[Life]:
    """The world of a seed on its first morning; at the end nothing is left of it."""
    made = simulation(ground, seed, temper, database)
    try:
        made.begin()
        yield Life(made=made, outcome=Outcome(seed=seed, temper=temper, on_postgresql=bool(database)))
    finally:
        made.house.ledger.engine.dispose()
    shutil.rmtree(made.house.root)


def live(
    ground: Grounds, seed: int, days: int, temper: Temper = USUAL, database: str = "", turns: Sequence[Turn] = ()
) -> Outcome:
    """Live through the days of a seed, until something breaks."""
    with begun(ground, seed, temper, database) as life:
        for turn in turns:
            if life.lives_until(turn.day):
                life.take(turn)
        life.lives_until(days)
        return life.told()
