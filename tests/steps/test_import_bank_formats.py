"""The same account's days in several formats: money counts once, by the best of them, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import select

from csp_receivables.adapters.ledger import Ledger, tables
from tests.camt_files import ACCOUNT, DAY, Entry, camt
from tests.mt940_files import entry, mt940
from tests.steps.test_import_bank import counting, put, total

CAMT = camt([Entry(amount="100.00", ref="A"), Entry(amount="40.00")])
MT940 = mt940([entry("100,00", ref="A"), entry("40,00")], opening="C261014SEK0,00", account=ACCOUNT)
BAI2 = (
    f"01,S,R,261016,0600,1,80,,2/\n02,R,O,1,261015,2400,SEK,2/\n03,{ACCOUNT},,010,0,,,015,14000,,/\n"
    "16,195,10000,,A,,x/\n16,195,4000,,,,y/\n49,28000,4/\n98,28000,1,6/\n99,28000,1,8/\n"
).encode()
NOTIFIED = camt([Entry(amount="100.00", ref="A")], "camt.054")


def codes(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        return sorted(set(connection.execute(select(tables.finding.c.code)).scalars()))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1), (1, 2, 0, 3)])
def test_a_day_told_in_every_format_counts_once_in_any_order(
    ledger: Ledger, tmp_path: Path, order: Sequence[int]
) -> None:
    files = [CAMT, MT940, BAI2, NOTIFIED]

    put(ledger, tmp_path, *(files[place] for place in order), files[order[0]])

    assert total(ledger) == 14_000
    assert {row.family for row in counting(ledger)} == {"camt.053"}
    assert codes(ledger) == ["bank.second_format"]


@pytest.mark.parametrize(("content", "family"), [(MT940, "mt940"), (BAI2, "bai2")])
def test_each_format_counts_alone_and_takes_the_place_of_a_notification(
    ledger: Ledger, tmp_path: Path, content: bytes, family: str
) -> None:
    put(ledger, tmp_path, NOTIFIED)
    notified = total(ledger)
    put(ledger, tmp_path, content)

    assert (notified, total(ledger)) == (10_000, 14_000)
    assert {row.family for row in counting(ledger)} == {family}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_equal_entries_on_two_pages_of_mt940_both_count_in_any_order(
    ledger: Ledger, tmp_path: Path, order: Sequence[int]
) -> None:
    pages = [
        mt940([entry("5,00")] * 2, opening="C261014SEK0,00", account=ACCOUNT, page="FM"),
        mt940([entry("5,00")] * 3, opening="C261015SEK10,00", account=ACCOUNT, page="MF", number="1/2"),
        mt940([entry("5,00")] * 2, opening="C261014SEK0,00", account=ACCOUNT, page="FM") + b"\r\n",
    ]

    put(ledger, tmp_path, *(pages[place] for place in order))

    assert total(ledger) == 2_500


@pytest.mark.parametrize("statement_first", [True, False])
def test_a_camt_statement_without_entries_outweighs_what_another_format_has_that_day(
    ledger: Ledger, tmp_path: Path, statement_first: bool
) -> None:
    files = [camt([]), MT940]

    put(ledger, tmp_path, *(files if statement_first else files[::-1]))

    assert total(ledger) == 0
    assert codes(ledger) == ["bank.second_format"]


def test_formats_that_tell_of_different_days_both_count(ledger: Ledger, tmp_path: Path) -> None:
    next_day: date = DAY + timedelta(days=1)
    later = camt(
        [Entry(amount="7.00", booked_on=next_day)], opening="140.00", first=next_day, last=next_day, number="2"
    )

    put(ledger, tmp_path, MT940, later)

    assert total(ledger) == 14_700
    assert codes(ledger) == []
