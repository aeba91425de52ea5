"""Importing what clearing houses tell (BgMax, Nets OCR giro): held, accepted, counted once beside the bank's files."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import select

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.account_names import AccountNames, name_key
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.statements import BankReport, State
from tests.camt_files import ACCOUNT, DAY, Entry, camt
from tests.clearing_files import BANKGIRO, bgmax, bgmax_payment, bgmax_section, nets_assignment, nets_ocr, nets_payment

DEPOSIT = bgmax(bgmax_section(bgmax_payment(70_00, number=1), bgmax_payment(30_00, number=2)))
STATEMENT = camt([Entry(amount="100.00", ref="BG"), Entry(amount="9.00", ref="X")])


NAMES = AccountNames({name_key(BANKGIRO): ACCOUNT})


def put(ledger: Ledger, folder: Path, *contents: bytes) -> list[BankReport]:
    paths = []
    for content in contents:
        path = folder / f"{len(list(folder.iterdir()))}.txt"
        path.write_bytes(content)
        paths.append(path)
    return wiring.import_bank(ledger, paths, NAMES)


def counting(ledger: Ledger) -> list[tuple[int, str]]:
    """Amount and family of the lines that count now: their latest word."""
    with ledger.reading() as connection:
        rows = connection.execute(select(tables.payment)).all()
        later = select(tables.payment_state).order_by(tables.payment_state.c.recorded_at)
        words = {(row.payment_id, row.family): row.counts for row in connection.execute(later)}
    return sorted((row.amount, row.family) for row in rows if words.get((row.payment_id, row.family), row.counts))


def test_a_deposit_is_imported_once_however_often_it_comes(ledger: Ledger, tmp_path: Path) -> None:
    first, again = put(ledger, tmp_path, DEPOSIT, DEPOSIT.replace(b"\r\n", b"\n"))

    assert (first.file.outcome, first.file.taken_for) == (Outcome.IMPORTED, "BgMax")
    assert (first.file.new_facts, again.file.new_facts) == (2, 0)
    assert counting(ledger) == [(3_000, "bgmax"), (7_000, "bgmax")]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_beside_the_days_statement_it_adds_detail_in_any_order(
    ledger: Ledger, tmp_path: Path, order: tuple[int, ...]
) -> None:
    put(ledger, tmp_path, *((DEPOSIT, STATEMENT)[place] for place in order))

    assert counting(ledger) == [(900, "camt.053"), (3_000, "bgmax"), (7_000, "bgmax")]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_deposit_that_the_statement_does_not_have_is_a_finding(
    ledger: Ledger, tmp_path: Path, order: tuple[int, ...]
) -> None:
    other = bgmax(bgmax_section(bgmax_payment(55_00)))

    reports = put(ledger, tmp_path, *((other, STATEMENT)[place] for place in order))

    assert counting(ledger) == [(900, "camt.053"), (10_000, "camt.053")]
    assert [finding.code for finding in reports[-1].file.findings] == ["bank.not_in_statement"]


def test_a_deposit_that_differs_counts_when_a_named_person_accepts_it(ledger: Ledger, tmp_path: Path) -> None:
    (report,) = put(ledger, tmp_path, bgmax(bgmax_section(bgmax_payment(70_00), amount=71_00)))
    before = counting(ledger)

    wiring.accept_statement(ledger, report.statements[0].statement.statement_id, by="A. Person", why="asked the bank")

    assert (report.statements[0].state, before) == (State.HELD, [])
    assert counting(ledger) == [(7_000, "bgmax")]


def test_a_giro_file_is_imported_like_any_other(ledger: Ledger, tmp_path: Path) -> None:
    (report,) = put(ledger, tmp_path, nets_ocr(nets_assignment(nets_payment(5_00), nets_payment(7_00, number=2))))

    assert (report.file.outcome, report.statements[0].statement.until_on) == (Outcome.IMPORTED, DAY)
    assert counting(ledger) == [(500, "nets_ocr"), (700, "nets_ocr")]
