"""Ledgers in which customers owe, pay and are written to: made by the product's own writers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.collections_policy import parse_collections_policy
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.decision_book import LedgerDecisionBook
from csp_receivables.domain import records
from csp_receivables.domain.booking import NO_LINE_RULES
from csp_receivables.domain.day import Mode
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.steps.decide import Decider
from tests.letters import STOCKHOLM
from tests.one_duckdb import rules_room

DUE = date(2026, 10, 5)  # a Monday
YESTERDAY = date(2026, 10, 31)  # of the tests' clock
POLICY_TEXT = """
name: standard
live_from: 2026-01-01
dry_days: 0
stages:
  - {name: reminder, act: send_notice, template: reminder, when: {days_min: 5}}
  - {name: final_notice, act: send_notice, template: final_notice, when: {days_min: 15}, days_after_previous_min: 7}
  - name: suspension
    act: propose_suspension
    template: suspension
    when: {days_min: 25}
    warned_by: {stage: final_notice, days_min: 5, days_max: 30}
"""


def receivable(customer: str, number: str, amount: int = 10_000, due_on: date = DUE, **changes: Any) -> dict[str, Any]:
    """An invoice in EUR, a row of RECEIVABLE."""
    return {
        "receivable_id": f"partner/{number}",
        "seller": "partner",
        "number": number,
        "kind": "invoice",
        "customer_id": customer,
        "issued_on": due_on - timedelta(days=30),
        "due_on": due_on,
        "currency": "EUR",
        "amount": amount,
        "net": amount,
        "tax": 0,
        "reference": "",
        "credits_number": "",
        **changes,
    }


def owe(ledger: Ledger, *receivables: dict[str, Any], contacts: bool = True) -> None:
    """Store receivables with their customers, each of whom has an address."""
    ids = sorted({row["customer_id"] for row in receivables})
    who = [
        {
            "customer_id": each,
            "name": f"{each} AB",
            "org_number": "",
            "country": "DE",
            "language": "en",
            "party_kind": "company",
        }
        for each in ids
    ]
    people = [{"customer_id": each, "email": f"{each}@customer.example", "name": "", "role": ""} for each in ids]
    with ledger.writing() as writing:
        same = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, t.customer, pa.Table.from_pylist(who, records.CUSTOMER), **same)
        if contacts:
            insert_new(writing.connection, t.contact, pa.Table.from_pylist(people, records.CONTACT), **same)
        rows = pa.Table.from_pylist(list(receivables), records.RECEIVABLE)
        insert_new(writing.connection, t.receivable, rows, file_digest="", **same)


def pay(ledger: Ledger, number: str, amount: int, on: date, *, applied: bool = True, **changes: Any) -> None:
    """Money that came on a day, allocated to a receivable unless it is nobody's."""
    payment_id = f"{number}/{on}/{amount}"
    line = {field.name: "" for field in records.BANK_LINE if field.type == pa.string()} | {
        "payment_id": payment_id,
        "family": "camt.053",
        "entry_no": 1,
        "detail_no": 0,
        "account": "DE00",
        "booked_on": on,
        "value_on": on,
        "currency": "EUR",
        "amount": amount,
        "status": "booked",
        "kind": "payment",
        "instructed_amount": 0,
    }
    allocated = {
        "allocation_id": payment_id,
        "source_kind": "payment",
        "source_id": payment_id,
        "receivable_id": f"partner/{number}",
        "amount": amount,
        "difference": 0,
        "currency": "EUR",
        "rule": "test",
        "outcome": "full",
        "because": "",
        "effective_on": on,
        "reverses": "",
        **changes,
    }
    with ledger.writing() as writing:
        same = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, t.payment, pa.Table.from_pylist([line], records.BANK_LINE), counts=True, **same)
        rows = pa.Table.from_pylist([allocated] if applied else [], records.ALLOCATION)
        insert_new(writing.connection, t.allocation, rows, run_id="", **same)


def feed(ledger: Ledger, until: date, account: str = "DE00") -> None:
    """A statement that proves, up to a day."""
    with ledger.writing() as writing:
        row = {
            "statement_id": f"{account}/{until}",
            "file_digest": "",
            "statement_key": "",
            "family": "camt.053",
            "account": account,
            "currency": "EUR",
            "number": "",
            "state": "accepted",
            "ordinal": 1,
            "entries": 0,
            "details": 0,
            "from_on": until,
            "until_on": until,
            "reconciles": True,
            "recorded_at": writing.recorded_at,
        }
        writing.connection.execute(t.statement.insert().values(**row))


def decider(ledger: Ledger, spill: Path, text: str = POLICY_TEXT, *, live: bool = True) -> Decider:
    """What decides on a ledger."""
    return Decider(
        book=LedgerDecisionBook(ledger=ledger, zone=STOCKHOLM, policy_text=text),
        engine=partial(rules_room, spill),
        policy=parse_collections_policy("collections.yaml", text),
        matching=MatchingPolicy(),
        lines=NO_LINE_RULES,
        is_still_live=lambda _: live,
    )


def live(as_of: date = YESTERDAY) -> RunPlan:
    """A live run's plan."""
    return RunPlan(as_of=as_of, known_at=None, mode=Mode.LIVE, because="it is yesterday")


def historical(as_of: date = YESTERDAY, **changes: Any) -> RunPlan:
    """A historical run's plan."""
    return RunPlan(**{"as_of": as_of, "known_at": None, "mode": Mode.HISTORICAL, "because": "a backfill", **changes})


def rows_of(ledger: Ledger, table: Any, *columns: str) -> Sequence[tuple[Any, ...]]:
    """Rows of a table by its key."""
    from sqlalchemy import select

    with ledger.reading() as connection:
        query = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
        return [tuple(row) for row in connection.execute(query)]
