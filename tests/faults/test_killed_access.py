"""kill -9, failures and time-outs anywhere in suspending and giving back: once each, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.ledger import Ledger, access_changes, outbox
from csp_receivables.adapters.ledger.access_book import LedgerAccessBook
from csp_receivables.adapters.partner_center.actor import Changes
from csp_receivables.steps.change_access.changing import Changer
from csp_receivables.steps.change_access.performing import AccessPerformer
from csp_receivables.steps.change_access.restoring import AccessRestorer, _Restoring
from csp_receivables.steps.change_access.suspending import Suspender
from emulator.faults import Wanted
from emulator.server import Emulator
from tests.access_desk import AccessDesk, access_desk, actor_at, document, due_to_suspend, settled
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world
from tests.forks import KILLED, NEVER, TRANSACTIONS, dying_at, forked

KILLS = 7  # of each database: at lines spread over the whole path of suspending, and as many over that of restoring
RUNS_MAX = 4  # until everything is settled

WATCHED = (
    LedgerAccessBook.begin, LedgerAccessBook.prepare, LedgerAccessBook.say, access_changes.say, outbox.append,
    Changer.send, Changer.said, Suspender.suspend, Suspender._send, AccessPerformer._one_after_the_other,
    AccessPerformer._concluded, AccessRestorer._one, AccessRestorer._customer, _Restoring._status,
    _Restoring._renewal, Changes._send, *TRANSACTIONS,
)  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def desk(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[AccessDesk]:
    with access_desk(demo_ledger, served, clock, tmp_path) as desk:
        yield desk


def work(desk: AccessDesk, url: str, what: str, customer: str, line: int) -> int | str:
    """Suspends, or gives back, in a process of its own that dies at a line; how far it went, or KILLED."""

    def attempt() -> int:
        clock = StandingClock(desk.clock.now)
        own = AccessDesk(
            ledger=Ledger.open(url, clock),
            emulator=desk.emulator,
            clock=clock,
            folder=desk.folder,
            actor=actor_at(desk.emulator.url, clock),
        )
        own.is_alone()
        own.decided.decisions[customer] = due_to_suspend(customer) if what == "perform" else settled(customer)
        with dying_at(line, WATCHED) as gone:
            getattr(own, what)()
        return gone()

    told: int | str = forked(attempt, desk.ledger)
    return told


def test_whoever_is_killed_when_suspends_once_and_gives_everything_back(desk: AccessDesk, ledger_url: str) -> None:
    with_one(desk, "C0")
    lines = {}
    for what in ("perform", "restore"):
        lines[what] = int(work(desk, ledger_url, what, "C0", NEVER))
        end(desk, "C0", what)
    assert min(lines.values()) > 100
    for number in range(1, KILLS + 1):
        customer = f"C{number}"
        before = with_one(desk, customer)
        for what, all_lines in lines.items():
            place = 1 + (number - 1) * (all_lines - 1) // KILLS
            assert work(desk, ledger_url, what, customer, place) == KILLED
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
