"""One bad record never changes another customer's decision or letter (I8)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.decisions import Decision
from tests.conftest import StandingClock
from tests.ledgers_with_debtors import DUE, POLICY_TEXT, YESTERDAY, decider, feed, historical, owe, pay, receivable
from tests.mail_server import ACCEPT_AND_DROP, MailServer, mail_server
from tests.outbox_desk import Desk, desk_at

Answers = tuple[Mapping[str, Decision], list[AccountLetter]]
OTHERS = ("C1", "C2", "C3", "C4")
LETTERS = POLICY_TEXT + "letters: {promise_broken: true, payment_received: true, statement: {day_of_month: 31}}\n"
DAYS = st.sampled_from([date(1901, 1, 1), DUE - timedelta(days=400), DUE, YESTERDAY, date(2999, 12, 31)])
# What an import would have refused, or lets through: whatever stands in the ledger, it is this customer's alone.
NEIGHBOUR = st.fixed_dictionaries(
    {
        "customer": st.sampled_from(["A", "C10", "C2 ", "c2", "Å\u202eC2", "Z"]),  # before, between and after them
        "due_on": DAYS,
        "amount": st.sampled_from([-7, 0, 1, 4_321, 2**52]),
        "currency": st.sampled_from(["EUR", "SEK", "XXX", ""]),
        "kind": st.sampled_from(["invoice", "credit_note", "unheard of"]),
        "issued_on": DAYS,
        "paid": st.sampled_from([None, -5, 3, 2**52]),
        "name": st.sampled_from(["", "C2 AB", "\x00\ud7ff", "x" * 4_000]),
        "country": st.sampled_from(["", "DE", "Q9"]),
        "language": st.sampled_from(["", "en", "tlh"]),
        "email": st.sampled_from(["", "no address", "C2@customer.example", "å@b"]),
    }
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def usual(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answers]:
    """A ledger with what is decided of it: C1 is late, C2 owes nothing yet, C3 has paid, C4 is late with two."""
    path = tmp_path_factory.mktemp("usual") / "ledger.db"
    shutil.copy(migrated_file, path)
    ledger = Ledger.open(f"sqlite:///{path}", StandingClock())
    ledger.mark("real", "development")
    owe(ledger, receivable("C1", "100"), receivable("C2", "200", due_on=date(2026, 12, 1)), receivable("C3", "300"))
    owe(ledger, receivable("C4", "400"), receivable("C4", "401", due_on=YESTERDAY))
    pay(ledger, "300", 10_000, DUE)
    feed(ledger, YESTERDAY)
    ledger.engine.dispose()
    return path, _decided(path, path.parent / "spill")


def _decided(path: Path, spill: Path) -> Answers:
    ledger = Ledger.open(f"sqlite:///{path}", StandingClock())
    decided = decider(ledger, spill, LETTERS).look(historical())
    ledger.engine.dispose()
    return (
        {each.customer_id: each for each in decided.decisions if each.customer_id in OTHERS},
        [letter for letter in decided.letters if letter.customer_id in OTHERS],
    )


@settings(max_examples=12)
@given(st.lists(NEIGHBOUR, min_size=1, max_size=3, unique_by=lambda record: record["customer"]))
def test_whatever_stands_beside_them_the_others_are_decided_as_ever(
    usual: tuple[Path, Answers], records: list[dict[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory(prefix="csp-i8-") as folder:
        path = Path(folder) / "ledger.db"
        shutil.copy(usual[0], path)
        ledger = Ledger.open(f"sqlite:///{path}", StandingClock())
        for number, record in enumerate(records):
            _stands_beside(ledger, f"9{number}", record)
        ledger.engine.dispose()

        assert usual[1][0].keys() == set(OTHERS)
        assert usual[1] == _decided(path, Path(folder) / "spill")


def _stands_beside(ledger: Ledger, number: str, record: dict[str, Any]) -> None:
    customer, same = record["customer"], {name: record[name] for name in ("amount", "currency", "kind", "issued_on")}
    owe(ledger, receivable(customer, number, due_on=record["due_on"]) | same)
    if record["paid"] is not None:
        pay(ledger, number, record["paid"], DUE, currency=record["currency"])
    with ledger.writing() as writing:
        mine = t.customer.c.customer_id == customer
        told = {name: record[name] for name in ("name", "country", "language")}
        writing.connection.execute(update(t.customer).where(mine).values(**told))
        people = t.contact.c.customer_id == customer
        writing.connection.execute(update(t.contact).where(people).values(email=record["email"]))


AT_THE_ADDRESS = {"unknown": "550 5.1.1 unknown", "put off": "450 4.2.0 later", "no relay": "550 5.7.1 no"}
AT_THE_LETTER = {"busy": "451 4.3.0 later", "spam": "554 5.6.0 no", "in doubt": ACCEPT_AND_DROP}
TROUBLES = ["unwritable", "no contact", *AT_THE_ADDRESS, *AT_THE_LETTER]


@settings(max_examples=10)
@given(
    troubles=st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=3),
    before=st.booleans(),
)
def test_whatever_goes_wrong_with_one_letter_the_others_arrive_as_ever(
    server: MailServer, migrated_file: Path, troubles: list[str], before: bool
) -> None:
    alone = _arrived(server, migrated_file, [], before=before)

    assert alone == _arrived(server, migrated_file, troubles, before=before)


def _arrived(server: MailServer, migrated: Path, troubles: list[str], *, before: bool) -> dict[str, list[bytes]]:
    """What the others have got after four hours, but for the hour at which each was written."""
    server.accepted.clear()
    server.refused_addresses.clear()
    server.refused_letters.clear()
    with tempfile.TemporaryDirectory(prefix="csp-i8-") as folder:
        shutil.copy(migrated, Path(folder) / "ledger.db")
        clock = StandingClock()
        ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", clock)
        ledger.mark("real", "development")
        desk = desk_at(ledger, clock, Path(folder), server.port)
        desk.owing(1000)
        for place, trouble in enumerate(troubles if before else []):
            _goes_wrong(desk, server, f"B{place}", trouble)
        for customer in OTHERS:
            desk.customer(customer)
        for place, trouble in enumerate([] if before else troubles):
            _goes_wrong(desk, server, f"Z{place}", trouble)
        for _ in range(4):
            desk.send()
            desk.later(hours=1)
        ledger.engine.dispose()
    got: dict[str, list[bytes]] = {customer: [] for customer in OTHERS}
    for mail in server.accepted:
        who = mail.recipients[0].partition("@")[2].partition(".")[0].upper()
        if who in got:
            got[who].append(b"\n".join(line for line in mail.content.splitlines() if not line.startswith(b"Date:")))
    assert all(len(letters) == 1 for letters in got.values())
    return got


def _goes_wrong(desk: Desk, server: MailServer, customer: str, trouble: str) -> None:
    address = f"billing@{customer.lower()}.example"
    if trouble == "no contact":
        desk.customer(customer, "no address")
        return
    desk.customer(customer, address, stage="unwritable" if trouble == "unwritable" else "reminder")
    if trouble in AT_THE_ADDRESS:
        server.refused_addresses[address] = AT_THE_ADDRESS[trouble]
    if trouble in AT_THE_LETTER:
        server.refused_letters[address] = AT_THE_LETTER[trouble]
