"""kill -9, and failures, at every place of performing an action: nobody gets two letters, nobody is forgotten (I4)."""

from __future__ import annotations

import json
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
from tests.conftest import StandingClock
from tests.mail_server import ACCEPT_AND_DROP, ACCEPT_AND_FALL_SILENT, MailServer, mail_server
from tests.outbox_desk import Decided, Desk, decided, desk_at

KILLS = 12  # of each database; every run kills at other lines of the same path, from its first to its last

# Each attempt is a fork that dies at its n-th line of what claims, writes and hands over; later forks look and send on.
SEND = """
import json, os, signal, sys
from datetime import timedelta
from pathlib import Path
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.mail.smtp import SmtpConversation
from csp_receivables.steps.send_notices.performing import Performer
from tests.conftest import StandingClock
from tests.outbox_desk import decided, desk_at

url, folder, port, kills = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
watched = {
    each.__code__
    for each in (
        LedgerOutbox.claim, LedgerOutbox.begin, LedgerOutbox.conclude, Ledger.writing.__wrapped__,
        Ledger.writing_schema.__wrapped__, outbox.append, KeptMessages.keep, Performer._hand_over, Performer._concluded,
        SmtpConversation._hand_over, SmtpConversation._ask, SmtpConversation._send_content, SmtpConversation._begin,
    )
}

def desk():
    # its own connections: none is shared with the process that forks
    clock = StandingClock()
    return desk_at(Ledger.open(url, clock), clock, folder, port)

def with_one_decided(customer):
    made = desk()
    made.decided.decisions[customer] = decided(customer)
    return made

def send_and_die_at(customer, line):
    left, made = [line], desk()
    made.customer(customer)
    def at_line(frame, event, arg):
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line
    sys.settrace(lambda frame, event, arg: at_line if frame.f_code in watched else None)
    made.send()
    sys.settrace(None)
    return line - left[0]

def send_on(customer):
    made, states = with_one_decided(customer), []
    for _ in range(2):
        made.later(hours=1)
        made.send()
        states.append(made.state(f"{customer}/1.1/reminder/send_notice"))
    return states

def forked(work):
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        answer = said.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else "killed"

desk().owing(1000)
lines = forked(lambda: send_and_die_at("WHOLE", 10**9))
seen = {}
for number in range(kills):
    customer, line = f"C{number}", 1 + number * (lines - 1) // (kills - 1)
    killed = forked(lambda: send_and_die_at(customer, line)) == "killed"
    seen[customer] = [line, killed, *forked(lambda: send_on(customer))]
print(json.dumps({"lines": lines, "seen": seen}))
"""


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.accepted.clear()
    running.replies.clear()
    running.refused_addresses.clear()
    return running


def test_whoever_is_killed_when_writes_to_nobody_twice_and_forgets_nobody(
    ledger: Ledger, ledger_url: str, tmp_path: Path, server: MailServer
) -> None:
    arguments = [ledger_url, str(tmp_path), str(server.port), str(KILLS)]
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", SEND, *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["lines"] > 60
    assert len(told["seen"]) == KILLS
    outcomes = set()
    for customer, (line, killed, first, second) in told["seen"].items():
        letters = len(server.sent_to(f"billing@{customer.lower()}.example"))
        assert killed or line == told["lines"], customer
        assert first == second
        assert (first, letters) in {("done", 1), ("in_doubt", 0), ("in_doubt", 1)}, f"{customer} killed at {line}"
        outcomes.add((first, letters))
    assert outcomes == {("done", 1), ("in_doubt", 0), ("in_doubt", 1)}  # the path was killed before, during and after


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


REPLIES = {
    "as usual": ("RCPT", ""),
    "later": ("RCPT", "450 4.2.0 later"),
    "unknown": ("RCPT", "550 5.1.1 unknown"),
    "full": ("RCPT", "452 4.2.2 mailbox full"),
    "away at DATA": ("DATA", "421 4.3.2 shutting down"),
    "refused after DATA": ("CONTENT", "554 5.6.0 content rejected"),
    "accept and drop": ("CONTENT", ACCEPT_AND_DROP),
    "accept and fall silent": ("CONTENT", ACCEPT_AND_FALL_SILENT),
}
REFUSED = {"refused after DATA"}  # a letter that its server will never take waits for a person


@pytest.mark.parametrize("reply", list(REPLIES))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whichever_write_fails_nobody_gets_two_and_nobody_is_forgotten(
    new_ledger: Callable[[], Ledger],
    clock: StandingClock,
    tmp_path: Path,
    server: MailServer,
    reply: str,
    after: bool,
) -> None:
    ledger = new_ledger()
    desk_at(ledger, clock, tmp_path, server.port).owing(1000)
    verb, told = REPLIES[reply]
    for number in range(1, 9):
        server.replies[verb] = [told] if told else []
        customer = f"C{number}"
        desk = impatient(desk_at(ledger, clock, tmp_path, server.port))
        action_id = desk.customer(customer, f"a@{customer.lower()}.example", f"b@{customer.lower()}.example")
        with suppress(Broken):
            replace(desk, ledger=breaking(ledger, number, after=after)).send()
        for _ in range(3):
            desk.later(hours=1)
            desk.send()
            desk.decide(decided(customer))

        letters = [each for each in server.accepted if each.recipients[0].endswith(f"@{customer.lower()}.example")]
        state = desk.state(action_id)
        assert len(letters) <= 1, f"write {number} failed"
        if reply in REFUSED and state == "failed":
            assert (letters, "outbox.message_refused" in desk.findings()) == ([], True), f"write {number} failed"
            continue
        assert state in ("done", "in_doubt"), f"write {number} failed"
        assert state == "in_doubt" or len(letters) == 1
        assert state == "done" or "outbox.in_doubt" in desk.findings()


def impatient(desk: Desk) -> Desk:
    """The same desk, for which a server that says nothing for a moment has fallen silent."""
    assert desk.mail.server is not None
    return replace(desk, mail=replace(desk.mail, server=replace(desk.mail.server, timeout_seconds=0.3)))


def test_ten_workers_on_one_outbox_write_to_everybody_once(
    ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer
) -> None:
    desk = desk_at(ledger, clock, tmp_path, server.port)
    desk.owing(1000)
    customers = [f"C{number:02}" for number in range(40)]
    for customer in customers:
        desk.customer(customer)
    workers = [
        replace(desk, token=f"worker {number}", decided=Decided(dict(desk.decided.decisions))) for number in range(10)
    ]

    with ThreadPoolExecutor(10) as pool:
        sent = list(pool.map(Desk.send, workers))

    assert sorted(server.message_ids) == sorted(set(server.message_ids))
    assert sum(each.ended["accepted"] for each in sent) == len(customers) == len(server.accepted)
    assert desk.delivered() == dict.fromkeys(customers, "accepted")
