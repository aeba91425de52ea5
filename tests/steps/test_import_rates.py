"""Exchange rates from files: the ECB's tables and our own columns, once, corrected, and refused row by row."""

from __future__ import annotations

import zipfile
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


# As the ECB publishes them (exchange_rate_files says where that was found), cut to some of their columns.
# BGN was money until 2025; the table of currencies knows it no more.
DAILY_FILE = "Date, USD, JPY, BGN, HUF, ZAR, \n25 November 2024, 1.0495, 161.64, 1.9558, 409.78, 19.0080, \n"
HISTORY_FILE = (
    "Date,USD,JPY,CYP,ROL,TRL,ZAR,\n"
    "2019-04-10,1.1279,125.38,N/A,N/A,N/A,15.7391,\n"
    "1999-01-04,1.1789,133.73,0.58231,13111,372274,6.9358,\n"
)


def test_the_daily_file_of_the_ecb_is_read_with_its_blanks_and_last_commas(ledger: Ledger, take) -> None:  # type: ignore[no-untyped-def]
    report = take(DAILY_FILE, "eurofxref.csv")

    assert report.findings == ()
    assert kept(ledger) == [
        ("ECB", date(2024, 11, 25), "EUR", quote, rate)
        for quote, rate in [
            ("HUF", "409.78"), ("JPY", "161.64"), ("USD", "1.0495"), ("ZAR", "19.0080"),
        ]
    ]  # fmt: skip


@pytest.mark.parametrize("written", [HISTORY_FILE, HISTORY_FILE.replace(",\n", "\n")])
def test_the_history_of_the_ecb_is_read_without_currencies_that_are_no_more(ledger: Ledger, take, written: str) -> None:  # type: ignore[no-untyped-def]
    report = take(written, "eurofxref-hist.csv")

    assert report.findings == ()
    assert {(f"{row[1]}", row[3], row[4]) for row in kept(ledger)} == {
        ("2019-04-10", "USD", "1.1279"), ("2019-04-10", "JPY", "125.38"), ("2019-04-10", "ZAR", "15.7391"),
        ("1999-01-04", "USD", "1.1789"), ("1999-01-04", "JPY", "133.73"), ("1999-01-04", "ZAR", "6.9358"),
    }  # fmt: skip


def test_the_archive_that_the_ecb_gives_must_be_unpacked(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "eurofxref.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref.csv", DAILY_FILE)

    report = import_rates(path, RateFiles(), LedgerRateBook(ledger))

    assert report.outcome is Outcome.REFUSED
    assert "Unpack it first" in report.because


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Date,Text\n2026-10-02,x\n"])
def test_what_is_no_file_of_rates_is_refused(ledger: Ledger, take, text: str) -> None:  # type: ignore[no-untyped-def]
    report = take(text)

    assert report.outcome is Outcome.REFUSED
    assert "Give the ECB's CSV" in report.because
    assert kept(ledger) == []
