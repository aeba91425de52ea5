"""kill -9, failures and time-outs anywhere in suspending and giving back: once each, and nothing is forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.ledger import Ledger
from emulator.faults import Wanted
from emulator.server import Emulator
from tests.access_desk import AccessDesk, access_desk, document, settled
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world

KILLS = 7  # of each database: at lines spread over the whole path of suspending, and as many over that of restoring
RUNS_MAX = 4  # until everything is settled

# A process that forks one for each line of its input: "what customer line moment". The fork suspends, or gives back,
# and dies at its n-th line of what claims, writes and sends (0: it lives). Answers how many lines it went, or "killed".
FORKS = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from csp_receivables.adapters.ledger import Ledger, access_book, access_changes, outbox
from csp_receivables.adapters.partner_center.actor import Changes
from csp_receivables.steps.change_access import changing, performing, restoring, suspending
from tests.access_desk import AccessDesk, actor_at, due_to_suspend, settled
from tests.conftest import StandingClock

url, emulator_url, folder = sys.argv[1:]
watched = {
    each.__code__
    for each in (
        access_book.LedgerAccessBook.begin, access_book.LedgerAccessBook.prepare, access_book.LedgerAccessBook.say,
        access_changes.say, outbox.append, Ledger.writing.__wrapped__, Ledger.writing_schema.__wrapped__,
        changing.Changer.send, changing.Changer.said, suspending.Suspender.suspend, suspending.Suspender._send,
        performing.AccessPerformer._one_after_the_other, performing.AccessPerformer._concluded,
        restoring.AccessRestorer._one, restoring.AccessRestorer._customer, restoring._Restoring._status,
        restoring._Restoring._renewal, Changes._send,
    )
}

def work(what, customer, line, moment):
    clock = StandingClock(datetime.fromisoformat(moment))
    ledger = Ledger.open(url, clock)
    actor = actor_at(emulator_url, clock)
    desk = AccessDesk(ledger=ledger, emulator=None, clock=clock, folder=Path(folder), actor=actor)
    desk.is_alone()
    desk.decided.decisions[customer] = due_to_suspend(customer) if what == "perform" else settled(customer)
    left = [int(line)]
    def at_line(frame, event, arg):
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line
    sys.settrace(lambda frame, event, arg: at_line if frame.f_code in watched else None)
    getattr(desk, what)()
    sys.settrace(None)
    return int(line) - left[0]

for job in sys.stdin:
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writing, str(work(*job.split())).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        answer = said.read()
    os.waitpid(child, 0)
    print(answer or "killed", flush=True)
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def desk(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[AccessDesk]:
    with access_desk(demo_ledger, served, clock, tmp_path) as desk:
        yield desk


@contextmanager
def forks(desk: AccessDesk, url: str) -> Iterator[Callable[[str, str, int], str]]:
    """Does a piece of work in a process of its own that dies at a line; says how far it went, or "killed"."""
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", FORKS, url, desk.emulator.url, str(desk.folder)],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to, back = process.stdin, process.stdout

        def work(what: str, customer: str, line: int) -> str:
            print(what, customer, line, desk.clock.now.isoformat(), file=to, flush=True)
            return back.readline().strip()

        yield work
        to.close()


def test_whoever_is_killed_when_suspends_once_and_gives_everything_back(desk: AccessDesk, ledger_url: str) -> None:
    with forks(desk, ledger_url) as work:
        with_one(desk, "C0")
        lines = {}
        for what in ("perform", "restore"):
            lines[what] = int(work(what, "C0", 0))
            end(desk, "C0", what)
        assert min(lines.values()) > 100
        for number in range(1, KILLS + 1):
            customer = f"C{number}"
            before = with_one(desk, customer)
            for what, all_lines in lines.items():
                place = 1 + (number - 1) * (all_lines - 1) // KILLS
                assert work(what, customer, place) == "killed"
                end(desk, customer, what)
            own = f"{customer.lower()}-1"
            assert desk.at_microsoft(own) == before, f"{customer} killed at {place}"
            entries = [each for each in desk.emulator.world.log.entries if own in each.path and each.effect]
            statuses = [each.effect.split(" of ")[0] for each in entries]
            assert statuses == ["active -> suspended", "suspended -> active", "active -> active"], f"killed at {place}"
    assert desk.findings() == []


def with_one(desk: AccessDesk, customer: str) -> Any:
    """A customer whose suspension is approved; the subscription as it is before."""
    own = f"{customer.lower()}-1"
    desk.customer(customer, document(own))
    desk.approve()
    return desk.at_microsoft(own)


def end(desk: AccessDesk, customer: str, what: str) -> None:
    """Whatever the process left, the next runs settle it: as often as a claim and Microsoft's time need."""
    if what == "restore":
        desk.pays(customer)
    until_idle(desk, what)
    wanted = "suspended" if what == "perform" else "active"
    assert desk.at_microsoft(f"{customer.lower()}-1")["status"] == wanted


def until_idle(desk: AccessDesk, what: str) -> None:
    """Runs until one has nothing to do any more."""
    for _ in range(RUNS_MAX):
        desk.later(minutes=16)
        if not getattr(desk, what)().ended:
            return


class Broken(RuntimeError):
    """The disk, the database or the machine failed."""


def breaking(ledger: Ledger, at: int, *, after: bool) -> Ledger:
    """The ledger, whose `at`-th write fails: before anything of it is kept, or right after all of it is."""
    left = [at]

    class Fails(Ledger):
        @contextmanager
        def writing(self) -> Iterator[Any]:
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Broken("before")
            with super().writing() as writing:
                yield writing
            if left[0] == 0:
                raise Broken("after")

    return Fails(ledger.engine, ledger.clock)


@pytest.fixture
def plain_desk(
    new_demo_ledger: Callable[[], Ledger], served: Emulator, clock: StandingClock, tmp_path: Path
) -> Iterator[AccessDesk]:
    with access_desk(new_demo_ledger(), served, clock, tmp_path) as desk:
        yield desk


ANSWERS: dict[str, dict[str, Any]] = {"as usual": {}, "slow": {"slow_share": 1.0}}


@pytest.mark.parametrize("fault", ["", "closed_after"])
@pytest.mark.parametrize("answers", list(ANSWERS))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whichever_write_fails_access_is_taken_once_and_given_back(
    plain_desk: AccessDesk, fault: str, answers: str, after: bool
) -> None:
    desk = plain_desk
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, **ANSWERS[answers])
    for number in range(1, 10):
        customer, own = f"C{number}", f"c{number}-1"
        before = with_one(desk, customer)
        for what in ("perform", "restore"):
            if fault:
                world.faults.want(Wanted(kind=fault, method="PATCH"))
            if what == "restore":
                desk.pays(customer)
            with suppress(Broken):
                getattr(replace(desk, ledger=breaking(desk.ledger, number, after=after)), what)()
            until_idle(desk, what)
            wanted = "suspended" if what == "perform" else "active"
            assert desk.at_microsoft(own)["status"] == wanted, f"write {number} of {what} failed"
            world.faults.clear()
        assert desk.at_microsoft(own) == before, f"write {number} failed"
        assert desk.changes_at(own) == 3
        assert desk.state(settled(customer).action_id) == "done"
    assert desk.findings() == []


def test_ten_workers_on_one_outbox_suspend_everybody_once(desk: AccessDesk) -> None:
    customers = [f"C{number:02}" for number in range(20)]
    for customer in customers:
        desk.customer(customer, document(f"{customer.lower()}-1"), document(f"{customer.lower()}-2"))
    desk.policy = replace(desk.policy, questions_max=100)
    desk.approve()
    workers = [desk.beside(f"worker {number}") for number in range(10)]

    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(AccessDesk.perform, workers))
    for customer in customers:
        desk.pays(customer)
    workers = [desk.beside(f"worker {number}") for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        back = list(pool.map(AccessDesk.restore, workers))

    assert sum(each.ended["suspended"] for each in done) == len(customers)
    assert sum(each.ended["restored"] for each in back) == len(customers)
    effects = [each.effect for each in desk.emulator.world.log.entries if each.effect]
    assert len(effects) == len(customers) * 2 * 3
    for customer in customers:
        assert [desk.changes_at(f"{customer.lower()}-{number}") for number in (1, 2)] == [3, 3]
    assert desk.findings() == []
