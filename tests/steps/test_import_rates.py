"""Exchange rates from files: the ECB's tables and our own columns, once, corrected, and refused row by row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from csp_receivables.adapters.exchange_rate_files import RateFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.exchange_rates import LedgerRateBook
from csp_receivables.adapters.ledger.facts import read_facts
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.steps.import_rates import import_rates

HISTORY = "Date,USD,SEK,CYP,\n2026-10-02,1.1000,11.4200,0.58,\n2026-10-01,N/A,11.4,N/A,\n"
DAILY = "Date, USD, JPY\n20 November 2026, 1.05, 161\n"
OURS = "source,rated_on,base,quote,rate\nRiksbank,2026-10-02,usd,SEK,10.3818\n"


@pytest.fixture
def take(ledger: Ledger, tmp_path: Path) -> object:
    def _take(text: str, name: str = "rates.csv") -> FileReport:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8-sig")
        return import_rates(path, RateFiles(), LedgerRateBook(ledger))

    return _take


def kept(ledger: Ledger, as_of: date = date(2026, 12, 31)) -> list[tuple[object, ...]]:
    known_at = ledger.everything_known()
    with ledger.reading() as connection:
        facts = read_facts(connection, as_of, known_at)
    return [tuple(row.values()) for row in facts.exchange_rates.to_pylist()]


def test_the_tables_of_the_ecb_and_our_own_columns_are_read(ledger: Ledger, take) -> None:  # type: ignore[no-untyped-def]
    reports = [take(text) for text in (HISTORY, DAILY, OURS)]

    assert [(report.outcome, report.taken_for, report.new_facts) for report in reports] == [
        (Outcome.IMPORTED, "rates, ECB columns", 3),
        (Outcome.IMPORTED, "rates, ECB columns", 2),
        (Outcome.IMPORTED, "rates, canonical columns", 1),
    ]
    assert kept(ledger, date(2026, 10, 31)) == [
        ("ECB", date(2026, 10, 1), "EUR", "SEK", "11.4"),
        ("ECB", date(2026, 10, 2), "EUR", "SEK", "11.4200"),
        ("ECB", date(2026, 10, 2), "EUR", "USD", "1.1000"),
        ("Riksbank", date(2026, 10, 2), "USD", "SEK", "10.3818"),
    ]


def test_a_rate_counts_once_and_its_correction_takes_its_place(ledger: Ledger, take) -> None:  # type: ignore[no-untyped-def]
    take(HISTORY)
    again = take(HISTORY)
    longer = take(HISTORY.replace("11.4200", "11.4300"))

    assert (again.outcome, longer.new_facts) == (Outcome.ALREADY_KNOWN, 1)
    assert ("ECB", date(2026, 10, 2), "EUR", "SEK", "11.4300") in kept(ledger)
    assert len(kept(ledger)) == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",2026-10-02,EUR,SEK,11.4", "source"),
        ("ECB,2026-13-02,EUR,SEK,11.4", "rated_on"),
        ("ECB,2026-10-02,EUR,EUR,1", "quote"),
        ("ECB,2026-10-02,EUR,XXQ,1", "quote"),
        ("ECB,2026-10-02,EUR,SEK,0", "rate"),
        ("ECB,2026-10-02,EUR,SEK,-11.4", "rate"),
        ("ECB,2026-10-02,EUR,SEK,eleven", "rate"),
        ("ECB,2026-10-02,EUR,SEK,NaN", "rate"),
        ("ECB,2026-10-02,EUR,SEK,11.123456789", "rate"),
        ("ECB,2026-10-02,EUR,SEK,1000000000", "rate"),
        ("ECB,2026-10-02,EUR,SEK", "rate"),
    ],
)
def test_a_bad_rate_is_a_finding_with_its_line_and_the_others_count(ledger: Ledger, take, row: str, field: str) -> None:  # type: ignore[no-untyped-def]
    report = take(OURS + row + "\n")

    (finding,) = report.findings
    assert (finding.source, finding.line, finding.field, report.facts) == ("rates.csv", 3, field, 1)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Date,Text\n2026-10-02,x\n"])
def test_what_is_no_file_of_rates_is_refused(ledger: Ledger, take, text: str) -> None:  # type: ignore[no-untyped-def]
    report = take(text)

    assert report.outcome is Outcome.REFUSED
    assert "Give the ECB's CSV" in report.because
    assert kept(ledger) == []
