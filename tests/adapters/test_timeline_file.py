"""Timelines: every fault names its line and what to do; nothing is guessed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from csp_receivables.adapters.timeline_file import parse_event, read_timeline
from csp_receivables.domain.collections.timeline import TimelineRefused, Verb
from tests.debtors import POLICY
from tests.timelines import along, ask, invoice, line

INVOICE = {"on": "2026-01-05", "do": "invoice", "customer": "C1", "number": "A", "amount": "1", "currency": "EUR"}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("{", "this is no JSON"),
        ("[]", "this is no JSON object"),
        ({"on": "2026-01-05"}, "neither do nor ask"),
        ({"on": "2026-01-05", "do": "suspend"}, "do: 'suspend' is not known"),
        ({"do": "ask"}, "ask without on"),
        ({"on": "5.1.2026", "ask": True}, "on: '5.1.2026' is no day"),
        ({**INVOICE}, "an invoice without due_on"),
        ({**INVOICE, "due_on": "2026-01-05", "amout": "2"}, "invoice has no field amout"),
        ({**INVOICE, "due_on": "2026-01-05", "amount": "1,00"}, "amount: '1,00' is no amount"),
        ({**INVOICE, "due_on": "2026-01-05", "amount": True}, "amount: True is no amount"),
        ({**INVOICE, "due_on": "2026-01-05", "customer": 1}, "customer: 1 is no text"),
        ({**INVOICE, "due_on": "2026-01-05", "party_kind": "person"}, "party_kind: 'person' is not known"),
        ({"on": "2026-01-05", "do": "payment", "customer": "C1"}, "payment without amount"),
        ({"on": "2026-01-05", "do": "hold", "customer": "C1", "kind": "pause"}, "kind: 'pause' is not known"),
        ({"on": "2026-01-05", "do": "hold", "customer": "C1", "instalments": [1]}, "instalments"),
        ({"on": "2026-01-05", "do": "notice_accepted", "customer": "C1"}, "notice_accepted without stage"),
        ({"on": "2026-01-05", "ask": True, "customers": "C1"}, "customers: 'C1' is no list"),
    ],
)
def test_a_line_that_says_nothing_clear_is_refused_with_its_number(data: object, found: str) -> None:
    text = data if isinstance(data, str) else json.dumps(data)

    with pytest.raises(TimelineRefused, match=r"^7: ") as refused:
        parse_event(7, text)

    assert found in refused.value.found
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([invoice("2026-01-05", "A"), *ask("2026-01-04")], "2026-01-04 comes after 2026-01-05"),
        ([invoice("2026-01-05", "A"), invoice("2026-01-05", "A")], "has a receivable A already"),
        ([line("2026-01-05", "payment", amount="1", number="B")], "has no receivable B"),
        ([line("2026-01-05", "payment", amount="1")], "no currency"),
        ([invoice("2026-01-05", "A", "0.001")], "more decimals"),
        ([invoice("2026-01-05", "A", "-1")], "not positive"),
        ([invoice("2026-01-05", "A"), line("2026-01-06", "release")], "no such hold"),
        ([invoice("2026-01-05", "A"), line("2026-01-06", "chargeback", number="A")], "of A is paid"),
        ([invoice("2026-01-05", "A"), line("2026-01-06", "write_off", number="A", amount="200")], "is open"),
        ([invoice("2026-01-05", "A"), line("2026-01-06", "notice_accepted", stage="dunning")], "has no stage"),
        ([invoice("2026-01-05", "A"), line("2026-01-06", "hold", kind="promise")], "a promise without"),
        ([line("2026-01-06", "tag", tag="key"), line("2026-01-06", "ask", customer="C9")], "nothing is known of C9"),
    ],
)
def test_what_can_not_have_happened_is_refused_with_its_line(lines: list[str], found: str) -> None:
    with pytest.raises(TimelineRefused, match=found) as refused:
        along(POLICY, lines)

    assert len(lines) == refused.value.line


def test_amounts_are_exact_however_they_are_written() -> None:
    assert Decimal("0.1") == parse_event(1, json.dumps(INVOICE | {"due_on": "2026-01-05", "amount": 0.1})).amount


def test_empty_lines_and_comments_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "timeline.jsonl"
    file.write_text("# a story\n\n" + ask("2026-01-05")[0] + "\n", encoding="utf-8")

    (event,) = read_timeline(file)

    assert (3, Verb.ASK) == (event.line, event.do)
