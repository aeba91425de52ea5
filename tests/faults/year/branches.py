"""Histories with a common beginning: a world is kept as it stood one morning, and lived on from there more than once.

Fifty histories of ninety days are 4,500 days. What they have in common is lived once; from each fork on they are drawn
by chances of their own. Each of them can be lived through alone (`Outcome.command`).
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from emulator.state import World
from tests.faults.year.simulation import Turn
from tests.faults.year.year import Grounds, Life, Outcome, Temper, begun
from tests.mail_server import Accepted


@dataclass(frozen=True, slots=True)
class Fork:
    """On the morning of `day` a history becomes `into` histories."""

    day: int
    into: int


def histories(ground: Grounds, seed: int, days: int, forks: Sequence[Fork], temper: Temper) -> Iterator[Outcome]:
    """All histories of a seed, in a file of SQLite's. What breaks before a fork is told once."""
    with begun(ground, seed, temper) as life:
        yield from _lived_on(ground, life, days, forks)


def _lived_on(ground: Grounds, life: Life, days: int, forks: Sequence[Fork]) -> Iterator[Outcome]:
    if not forks or not life.lives_until(forks[0].day):
        life.lives_until(days)
        yield life.told()
        return
    fork, *later = forks
    morning = keep(ground, life)
    for chances in range(fork.into):
        branch = morning.again(ground)
        branch.take(Turn(fork.day, chances))
        if chances:
            branch.outcome.lived = 0
        yield from _lived_on(ground, branch, days, later)
    shutil.rmtree(morning.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """A world as it stood. `life` and `world` are copies in which nobody lives."""

    life: Life
    world: World
    now: datetime
    accepted: tuple[Accepted, ...]
    folder: Path

    def again(self, ground: Grounds) -> Life:
        """Let the world be as it was: its files, Microsoft, the mail server, the clock and everybody's memory."""
        house = self.life.made.house
        house.ledger.engine.dispose()
        shutil.rmtree(house.root)
        shutil.copytree(self.folder, house.root)
        house.clock.emulator.set(self.now)
        ground.server.accepted[:] = self.accepted
        life, ground.emulator.world = _copied(ground, self.life, self.world)
        return life


def keep(ground: Grounds, life: Life) -> Morning:
    """Keep the world as it stands."""
    house = life.made.house
    house.ledger.engine.dispose()
    folder = house.root.with_name(f"{house.root.name}-day-{life.outcome.days}")
    shutil.copytree(house.root, folder)
    kept, world = _copied(ground, life, ground.emulator.world)
    return Morning(
        life=kept, world=world, now=house.clock.now, accepted=tuple(ground.server.accepted), folder=folder
    )  # fmt: skip


def _copied(ground: Grounds, life: Life, world: World) -> tuple[Life, World]:
    """Copies that share with the original what is outside of the world: servers, what opens its file, its clock."""
    house = life.made.house
    shared = (
        ground.server,
        ground.emulator,
        ground.memory,
        house.ledger,
        house.clock,
        house.clock.emulator,
        world.kept,
    )
    return copy.deepcopy((life, world), {id(each): each for each in shared})
