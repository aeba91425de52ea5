"""Timelines for the tests of collections, written as a person would write the file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from csp_receivables.adapters.timeline_file import parse_event
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.simulation import simulate


def line(on: str, do: str, customer: str = "C1", **fields: Any) -> str:
    """One event of a timeline."""
    return json.dumps({"on": on, "do": do, "customer": customer, **fields})


def ask(*days: str) -> list[str]:
    """Questions on some days."""
    return [json.dumps({"on": on, "ask": True}) for on in days]


def invoice(on: str, number: str, amount: str = "100.00", *, due: str = "", **fields: Any) -> str:
    """An invoice in EUR, due on the day it is issued unless said otherwise."""
    return line(on, "invoice", number=number, amount=amount, currency="EUR", due_on=due or on, **fields)


def paid(on: str, amount: str, number: str = "", **fields: Any) -> str:
    """A payment in EUR; without a number it is unapplied."""
    named = {"number": number} if number else {}
    return line(on, "payment", amount=amount, currency="EUR", **named, **fields)


def accepted(on: str, stage: str, **fields: Any) -> str:
    """A notice that the mail server took."""
    return line(on, "notice_accepted", stage=stage, **fields)


def along(policy: CollectionsPolicy, lines: Iterable[str]) -> list[Decision]:
    """The decisions along a timeline."""
    events = [parse_event(number, text) for number, text in enumerate(lines, start=1)]
    return [asked.decision for asked in simulate(policy, events)]


def short(policy: CollectionsPolicy, lines: Iterable[str]) -> list[tuple[str, str]]:
    """The decisions along a timeline as (decision, stage)."""
    return [(decision.answer.value, decision.stage) for decision in along(policy, lines)]
