"""10,000 notices rendered and handed to a mail server on this machine: against bare sending of the same bytes.

    python -m bench.outbox [NOTICES]

The floor sends the very mails that ours made, over connections that it keeps as ours does. Ours claims each action in
the ledger, looks again, renders, lays out the statement as PDF, asks the gate, keeps the mail on the disk, and writes
down what became of it: four times a letter something is on the disk before the next step. The server is another
process, and the same for both.
"""

from __future__ import annotations

import shutil
import smtplib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from bench.measure import ROOT, Budget, kept_rows, measure, report
from bench.notices import contents
from csp_receivables.adapters.ledger import Ledger, outbox, tables
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.schema import upgrade
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.adapters.mail.smtp import LETTERS_PER_CONNECTION_MAX
from csp_receivables.adapters.notices.writer import written
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.notice_content import NoticeContent
from csp_receivables.domain.collections.policy import Breaker, CollectionsPolicy
from csp_receivables.domain.outbox.actions import action_of
from csp_receivables.domain.outbox.gate import House
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.mail_settings import MailSettings, Security, Server
from csp_receivables.outbox_ports import Fresh
from csp_receivables.steps.send_notices import Performer, SendNotices

NOTICES = 10_000
TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Stockholm")
TEMPLATES = ROOT / "include" / "templates" / "notices"
POLICY = CollectionsPolicy(
    name="bench",
    version="v1",
    stages=(),
    live_from=date(2026, 1, 1),
    notices=Breaker(number_max=NOTICES, share_per_mille_max=1000),
)
SENDER = "accounts@partner.example"
_HEAD = """
## Notices handed over

`python -m bench.outbox NOTICES`: each rendered with its statement as PDF and CSV, looked at last, gated, kept, and
handed to a mail server in a process of its own on this machine; bare: the same mails sent by `smtplib` alone. The load
is the machine's average over 1, 5 and 15 minutes at the end: on two cores, what is above 2 waited for others.

| notices | a second | bare, a second | ratio | peak MB | load | measured |
| ---: | ---: | ---: | ---: | ---: | --- | --- |
"""


@dataclass(frozen=True)
class Decided:
    """Decides what it is told; a last look costs the ledger nothing here."""

    decisions: dict[str, Decision]

    def look(self, customer_ids: Sequence[str]) -> dict[str, Fresh]:
        """The same as before."""
        fresh = partial(Fresh, policy=POLICY, policy_approved=True, country="SE", zones=(ZONE,))
        return {each: fresh(decision=self.decisions[each]) for each in customer_ids}


@dataclass(frozen=True)
class Writer:
    """Renders each customer's own notice, with its statement attached as PDF and CSV."""

    notices: dict[str, NoticeContent]

    def write(self, fresh: Fresh, contact: Contact) -> Content:  # noqa: ARG002 - the port's
        """As the product does."""
        return written(self.notices[fresh.decision.customer_id], TEMPLATES)


def prepare(folder: str, notices: int) -> None:
    """A ledger in which so many notices wait."""
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", lambda: NOW)
    upgrade(ledger)
    ledger.mark("real", "development")
    decisions = [_decision(f"C-{number}") for number in range(notices)]
    with ledger.writing() as writing:
        recorded = {"recorded_at": writing.recorded_at}
        people = [{"customer_id": each.customer_id, "name": "", "role": "billing"} | recorded for each in decisions]
        emails = [{"email": f"billing@{row['customer_id'].lower()}.example"} for row in people]
        writing.connection.execute(
            insert(tables.contact), [row | email for row, email in zip(people, emails, strict=True)]
        )
        run = {"run_id": "r", "mode": "live", "as_of": TODAY, "allocations_booked": 0, "issued": True} | recorded
        writing.connection.execute(insert(tables.reconciliation_run), [run])
        names = ("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "unapplied", "credit_left")
        standing = {"run_id": "r", "currency": "SEK", "open": 1, "overdue": 1, "days_overdue": 1} | recorded
        rows = [standing | dict.fromkeys(names, 0) | {"customer_id": each.customer_id} for each in decisions]
        writing.connection.execute(insert(tables.daily_standing), rows)
        outbox.propose(writing, [action for each in decisions if (action := action_of(each, "r"))])
    ledger.engine.dispose()


def send(folder: str, port: int, notices: int) -> dict[str, int]:
    """Ours: everything that waits in a copy of the ledger. The mails lie in `folder`/messages afterwards."""
    shutil.copy(f"{folder}/ledger.db", f"{folder}/sent.db")
    ledger = Ledger.open(f"sqlite:///{folder}/sent.db", lambda: NOW)
    mail = MailSettings(server=Server(host="127.0.0.1", port=port, security=Security.PLAIN), sender=SENDER)
    performer = Performer(
        outbox=LedgerOutbox(ledger),
        writer=Writer({each.customer_id: replace(each, attach_statement=True) for each in contents(notices)}),
        mail=GatedMail(mail, partial(House, is_production=True), Pace(10**9, time.monotonic, time.sleep)),
        store=KeptMessages(Path(folder) / "messages"),
        clock=lambda: NOW,
        zone=ZONE,
        domain=mail.domain,
        token="bench",
    )
    look = Decided({f"C-{number}": _decision(f"C-{number}") for number in range(notices)})
    sent = SendNotices(performer=performer, look=look).send()
    ledger.engine.dispose()
    return dict(sent.ended)


def send_bare(folder: str, port: int) -> int:
    """The floor: the same bytes to the same server."""
    mails = sorted((Path(folder) / "messages").rglob("*.eml"))
    smtp: smtplib.SMTP | None = None
    for number, path in enumerate(mails):
        if number % LETTERS_PER_CONNECTION_MAX == 0:
            if smtp:
                smtp.quit()
            smtp = smtplib.SMTP("127.0.0.1", port)
        assert smtp is not None
        smtp.sendmail(SENDER, ["billing@customer.example"], path.read_bytes())
    if smtp:
        smtp.quit()
    return len(mails)


@contextmanager
def _server() -> Iterator[int]:
    """A server that takes everything and keeps nothing, in a process of its own."""
    spawning = get_context("spawn")
    port, stop = spawning.Value("i", 0), spawning.Event()
    process = spawning.Process(target=_serve, args=(port, stop))
    process.start()
    while not port.value:
        time.sleep(0.05)
    try:
        yield port.value
    finally:
        stop.set()
        process.join()


def _serve(port: object, stop: Event) -> None:
    from aiosmtpd.controller import Controller

    from tests.ports import free_port

    class Sink:
        async def handle_DATA(self, *_: object) -> str:
            return "250 taken"

    number = free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=number)
    controller.start()
    port.value = number  # type: ignore[attr-defined]
    stop.wait()
    controller.stop()


def _decision(customer_id: str) -> Decision:
    return Decision(
        customer_id=customer_id,
        on=TODAY,
        answer=Answer.SEND_NOTICE,
        stage="reminder",
        currency="SEK",
        open=1,
        overdue=1,
        days_overdue=16,
        because=(),
        round_id="1.1",
        receivable_ids=("partner/1",),
        policy_version="v1",
    )


def section() -> str:
    """The newest run of each number of notices as a table; "" when none was measured."""
    rows = sorted(kept_rows("outbox"), key=itemgetter("notices"))
    return _HEAD + "".join(map(_line, rows)) if rows else ""


def _line(row: dict[str, Any]) -> str:
    load = ", ".join(f"{each:g}" for each in row.get("load", ()))
    cells = (f"{row['notices']:,}", row["a_second"], row["bare_a_second"], f"{row['ratio']:.1f}")
    return f"| {' | '.join(map(str, cells))} | {row['ours']['peak_mb']:.0f} | {load} | {row['measured_at']} |\n"


def main(notices: int = NOTICES) -> bool:
    """Measure, print and keep the result. DESIGN has no budget for it: the partner's own rate limit is lower by far."""
    with tempfile.TemporaryDirectory(prefix="csp-bench-") as folder, _server() as port:
        prepare(folder, notices)
        ours = measure("bench.outbox:send", folder, port, notices, rounds=1)  # makes the mails that the floor sends
        assert ours.returned == {"accepted": notices}, ours.returned
        floor = measure("bench.outbox:send_bare", folder, port, rounds=1)
    facts = {
        "notices": notices,
        "a_second": round(notices / ours.best, 1),
        "bare_a_second": round(notices / floor.best),
    }
    return report(f"outbox/{notices}", floor, ours, Budget(peak_mb=400), **facts)


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
