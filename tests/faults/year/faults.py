"""What goes wrong on a simulated day, from a seed: a process dies at a write, another comes between, mail fails."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from csp_receivables.adapters.ledger import Ledger
from tests.mail_server import ACCEPT_AND_DROP, DROP, MailServer

KILLS, BETWEEN = 0.03, 0.01  # of the places where a process may die, and where another run may come between


class Killed(BaseException):
    """The process died here. No code of ours catches it: like kill -9, but for the `finally` on its way."""


@dataclass(slots=True)
class Fate:
    """What strikes at each write. `between`: the other run that may come between two lines of this one."""

    chance: random.Random
    kills: float = KILLS
    is_dead: bool = False
    between: Callable[[], None] | None = None
    comes_at: int = 0  # the write at which it comes between for sure; 0: at any, by chance
    struck: Counter[str] = field(default_factory=Counter)

    def strike(self, where: str) -> None:
        """Die, let another run come between, or nothing. Who is dead writes nothing any more."""
        if self.is_dead:
            raise Killed(where)
        drawn = self.chance.random()
        if drawn < self.kills:
            self.is_dead = True
            self.struck[where] += 1
            raise Killed(where)
        self.comes_at -= 1
        if self.between and (self.comes_at == 0 or (self.comes_at < 0 and drawn < self.kills + BETWEEN)):
            other, self.between = self.between, None
            self.struck["between"] += 1
            other()

    def live(self, between: Callable[[], None] | None = None, comes_at: int = 0) -> None:
        """A new process."""
        self.is_dead, self.between, self.comes_at = False, between, comes_at


@dataclass(slots=True)
class KillNine:
    """The kernel kills this process when it comes to a write for the n-th time."""

    left: int

    def strike(self, _where: str) -> None:
        """Count, and die."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_for_real(work: Callable[[KillNine], object], at: int) -> bool:
    """Do `work` in a child that is killed at its n-th write. False: it came to its end before."""
    if (child := os.fork()) == 0:
        try:
            work(KillNine(at))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def fated(ledger: Ledger, fate: Fate | KillNine) -> Ledger:
    """The ledger of a process that may die before and after each of its writes."""

    class Fated(Ledger):
        @contextmanager
        def writing_schema(self) -> Iterator[Connection]:
            fate.strike("before a write")
            with super().writing_schema() as connection:
                yield connection
            fate.strike("after a write")

    return Fated(ledger.engine, ledger.clock)


_REPLIES: dict[str, tuple[str, ...]] = {
    "RCPT": ("450 4.2.0 later", "452 4.2.2 mailbox full", "421 4.3.2 going down", "550 5.1.1 unknown", DROP),
    "DATA": ("421 4.3.2 shutting down", "451 4.3.0 later", "354 drop"),
    "CONTENT": (DROP, ACCEPT_AND_DROP, ACCEPT_AND_DROP, "451 4.3.0 later", "554 5.6.0 content rejected"),
    "MAIL": ("451 4.3.0 later", DROP),
}


def mood(server: MailServer, chance: random.Random, share: float) -> None:
    """How the mail server feels for the next run: what it answers to the next few commands of each kind."""
    server.replies.clear()
    for verb, replies in _REPLIES.items():
        server.replies[verb] = [chance.choice(replies) if chance.random() < share else "" for _ in range(6)]


def no_fate() -> Fate:
    """Nothing goes wrong."""
    return Fate(chance=random.Random(0), kills=0.0)


def swallow(step: Callable[[], Any], *errors: type[BaseException]) -> bool:
    """Run a step; False where it ended in one of these."""
    try:
        step()
    except errors:
        return False
    return True
