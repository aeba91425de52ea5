"""MT940 against other readings: every published sample's figures, and another library's entries."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import mt940 as oracle
from csp_receivables.adapters.bank_files.mt940_fields import fields
from csp_receivables.adapters.bank_files.mt940_values import entry_line_of
from csp_receivables.domain.statements import State
from tests.mt940_files import read, refusal

# Where we differ from the figures that an independent reading found, and why.
DEVIATIONS = {
    ("zilverline__knab_knab_invalid.txt", 1): "breaks off without a closing balance: held, not merely unproven",
    ("zilverline__two_accounts.txt", 3): "the fourth statement begins behind a DOS end-of-file mark, which the "
    "independent reading took for the end; it belongs to another account",
    ("wolph__cmxl_mt940.sta", 1): "is in German marks, which can't be booked: what is booked does not prove",
}
ORACLE_WRONG = {
    "wolph__betterplace_sepa_snippet_broken.sta": "takes the text under a wrong :25: for the account",
}


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _expected(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    by_file: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared_data / "bank" / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["format"] == "mt940":
                by_file[row["file"]].append(row)
    return by_file


def _as_numbers(row: dict[str, str]) -> tuple[Any, ...]:
    return (
        row["currency"] or None,
        _number(row["opening"]),
        _number(row["closing"]),
        int(row["n_entries"]),
        _number(row["sum_credit"]),
        _number(row["sum_debit"]),
        {"yes": True, "NO": False, "": None}[row["balances_reconcile"]],
    )


def test_every_published_sample_reads_to_the_figures_that_another_reading_found(shared_data: Path) -> None:
    compared, deviating = 0, set()
    for name, rows in _expected(shared_data).items():
        content = (shared_data / "bank" / "mt940" / name).read_bytes()
        if rows[0]["statement_no"] == "0":
            assert refusal(content).code in ("bank.no_statement", "bank.not_a_statement"), name
            continue
        statements, _, _ = read(content)
        for row, s in zip(rows, statements, strict=name != "zilverline__two_accounts.txt"):
            got = (s.currency, s.opening, s.closing, s.entries, s.credits, s.debits, s.reconciles)
            if got != _as_numbers(row):
                deviating.add((name, int(row["statement_no"])))
            # Blanks and the currency behind a number are no part of the account: every format must name it alike.
            stated = "".join(row["account"].split())
            assert stated in (s.account, f"{s.account}{s.currency}"), name
            compared += 1

    assert deviating == set(DEVIATIONS)
    assert compared == 116


def test_what_deviates_from_the_published_figures_is_as_we_say(shared_data: Path) -> None:
    cut_off, after_it = read((shared_data / "bank/mt940/zilverline__knab_knab_invalid.txt").read_bytes())[0]
    four = read((shared_data / "bank/mt940/zilverline__two_accounts.txt").read_bytes())[0]

    assert (cut_off.state, cut_off.debits, after_it.state) == (State.HELD, Decimal("7.5"), State.ACCEPTED)
    assert [(s.account, s.reconciles) for s in four] == [
        ("1567.50.961", True),
        ("9914.30.727", True),
        ("3462.483.153", True),
        ("1325.76.155", True),
    ]


def test_the_library_mt_940_reads_the_same_entries_where_it_is_right(shared_data: Path) -> None:
    agreed = 0
    for name, rows in _expected(shared_data).items():
        path = shared_data / "bank" / "mt940" / name
        if rows[0]["statement_no"] == "0" or name in ORACLE_WRONG or any((name, n) in DEVIATIONS for n in (1, 3)):
            continue
        try:
            theirs = oracle.parse_statements(path.read_text(encoding="utf-8", errors="replace"))
        except Exception:
            continue
        got = [[entry.data["amount"].amount for entry in statement.transactions] for statement in theirs]
        ours = _signed_amounts(path.read_bytes())
        if [len(amounts) for amounts in got] == [int(row["n_entries"]) for row in rows]:
            assert got == ours, name
            agreed += 1

    assert agreed >= 35


def _signed_amounts(content: bytes) -> list[list[Decimal]]:
    """Exact amounts by statement, from the reader's own entry lines."""
    statements: list[list[Decimal]] = []
    for tag, value, number in fields(io.BytesIO(content)):
        if tag == "20":
            statements.append([])
        elif tag == "61" and statements:
            stated = entry_line_of(value, line=number, taken_for="MT940")
            statements[-1].append(stated.amount if stated.mark in ("C", "RD") else -stated.amount)
    return statements
