"""kill -9, and failures, at every place of performing an action: nobody gets two letters, nobody is forgotten (I4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.ledger import Ledger, outbox
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.mail.smtp import SmtpConversation
from csp_receivables.steps.send_notices.performing import Performer
from tests.conftest import StandingClock
from tests.forks import KILLED, NEVER, TRANSACTIONS, dying_at, forked
from tests.mail_server import ACCEPT_AND_DROP, ACCEPT_AND_FALL_SILENT, MailServer, mail_server
from tests.outbox_desk import Decided, Desk, decided, desk_at

KILLS = 12  # of each database; every run kills at other lines of the same path, from its first to its last

WATCHED = (
    LedgerOutbox.claim, LedgerOutbox.begin, LedgerOutbox.conclude, outbox.append, KeptMessages.keep,
    Performer._hand_over, Performer._concluded, SmtpConversation._hand_over, SmtpConversation._ask,
    SmtpConversation._send_content, SmtpConversation._begin, *TRANSACTIONS,
)  # fmt: skip


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
    def own_desk() -> Desk:
        """Each process has its own connections."""
        clock = StandingClock()
        return desk_at(Ledger.open(ledger_url, clock), clock, tmp_path, server.port)

    desk_at(ledger, StandingClock(), tmp_path, server.port).owing(1000)
    lines = forked(lambda: send_and_die_at(NEVER, own_desk(), "WHOLE"), ledger)
    assert lines > 60
    outcomes = set()
    for number in range(KILLS):
        customer, line = f"C{number}", 1 + number * (lines - 1) // (KILLS - 1)
        killed = forked(lambda customer=customer, line=line: send_and_die_at(line, own_desk(), customer), ledger)
        first, second = send_on(own_desk(), customer)
        letters = len(server.sent_to(f"billing@{customer.lower()}.example"))
        assert killed == KILLED or line == lines, customer
        assert first == second
        assert (first, letters) in {("done", 1), ("in_doubt", 0), ("in_doubt", 1)}, f"{customer} killed at {line}"
        outcomes.add((first, letters))
    assert outcomes == {("done", 1), ("in_doubt", 0), ("in_doubt", 1)}  # the path was killed before, during and after


def send_and_die_at(line: int, desk: Desk, customer: str) -> int:
    """Send one letter; how many lines of what claims, writes and hands over that took."""
    desk.customer(customer)
    with dying_at(line, WATCHED) as gone:
        desk.send()
    return gone()


def send_on(desk: Desk, customer: str) -> list[str]:
    """Later runs look, and send what is left; how the action stands after each."""
    desk.decided.decisions[customer] = decided(customer)
    states = []
    for _ in range(2):
        desk.later(hours=1)
        desk.send()
        states.append(desk.state(f"{customer}/1.1/reminder/send_notice"))
    desk.ledger.engine.dispose()
    return states


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
