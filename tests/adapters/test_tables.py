"""The day's tables as Parquet and CSV, and the digest of their content."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.day_reports import FEEDS, SHEETS, Kind
from csp_receivables.adapters.outside_text import unturned
from csp_receivables.adapters.tables import content_digest, money_columns, write_tables
from csp_receivables.domain.day import Day, Mode
from tests.days import KNOWN_AT, empty_day, sample_day, summary_rows, table_of, unapplied_rows


def _csv(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _unapplied(**fields: Any) -> Day:
    return sample_day(unapplied=table_of("unapplied", [unapplied_rows()[0] | fields]))


@pytest.mark.parametrize("day", [sample_day(), empty_day()], ids=["sample", "empty"])
def test_parquet_gives_every_table_back_as_it_was(tmp_path: Path, day: Day) -> None:
    write_tables(day, tmp_path)

    for name, table in day.tables().items():
        assert pq.read_table(tmp_path / f"{name}.parquet").equals(table), name


def test_csv_has_amounts_as_decimal_text_of_their_currency(tmp_path: Path) -> None:
    write_tables(sample_day(), tmp_path)
    amounts = {(row["line"], row["currency"]): row["amount"] for row in _csv(tmp_path, "summary")}

    assert amounts[("received", "EUR")] == "61440.30"
    assert amounts[("received", "JPY")] == "2412000"


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [("KWD", -1, "-0.001"), ("EUR", 2**63 - 1, "92233720368547758.07"), ("???", 7, "7 minor units")],
)
def test_csv_amounts_are_exact(tmp_path: Path, currency: str, minor: int, text: str) -> None:
    write_tables(_unapplied(currency=currency, amount=minor), tmp_path)

    assert _csv(tmp_path, "unapplied")[0]["amount"] == text


@pytest.mark.parametrize("text", ["=1+1", "+46 8 123", "-x", "@SUM(A1)", "\tx"])
def test_csv_text_is_no_formula_and_parquet_has_it_as_it_came(tmp_path: Path, text: str) -> None:
    write_tables(_unapplied(payer_name=text), tmp_path)

    assert _csv(tmp_path, "unapplied")[0]["payer_name"] == f"'{text}"
    assert pq.read_table(tmp_path / "unapplied.parquet")["payer_name"].to_pylist() == [text]


@settings(max_examples=25, deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40))
def test_csv_gives_any_other_text_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("tables")
    write_tables(_unapplied(payer_name=f"x{text}"), folder)

    assert _csv(folder, "unapplied")[0]["payer_name"] == unturned(f"x{text}")


def test_csv_shows_what_turns_the_reading_direction_and_parquet_has_it_as_it_came(tmp_path: Path) -> None:
    write_tables(_unapplied(payer_name="=\u202e0001"), tmp_path)

    assert _csv(tmp_path, "unapplied")[0]["payer_name"] == "'=⟨RLO⟩0001"
    assert pq.read_table(tmp_path / "unapplied.parquet")["payer_name"].to_pylist() == ["=\u202e0001"]


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_tables(sample_day(), tmp_path / name)
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}

    assert len(one) == 2 * len(sample_day().tables())
    assert one == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}


def test_money_is_the_same_columns_here_as_on_the_sheets() -> None:
    for report in (*SHEETS, FEEDS):
        shown = {column.name for column in report.columns if column.kind is Kind.MONEY}
        assert shown == set(money_columns(empty_day().tables()[report.table])), report.table


def test_the_digest_does_not_depend_on_the_run() -> None:
    day = sample_day()
    another = replace(day, known_at="2027-01-01T00:00:00+00:00", mode=Mode.HISTORICAL, is_demo=False)

    assert day.known_at == KNOWN_AT
    assert content_digest(another) == content_digest(day)


def test_the_digest_does_not_depend_on_how_the_rows_are_chunked() -> None:
    day = sample_day()
    chunked = pa.concat_tables([day.standings.slice(0, 5), day.standings.slice(5)])

    assert chunked["open"].num_chunks == 2
    assert content_digest(replace(day, standings=chunked)) == content_digest(day)


@pytest.mark.parametrize(
    "other",
    [
        replace(sample_day(), as_of=date(2026, 10, 30)),
        sample_day(summary=table_of("summary", summary_rows()[1:])),
        sample_day(summary=table_of("summary", summary_rows()[::-1])),
        sample_day(summary=table_of("summary", [{**summary_rows()[0], "amount": None}, *summary_rows()[1:]])),
        _unapplied(payer_name="another"),
    ],
    ids=["another day", "a row less", "another order", "a null", "another text"],
)
def test_the_digest_changes_with_what_the_day_shows(other: Day) -> None:
    assert content_digest(other) != content_digest(sample_day())


def test_the_digest_tells_a_comma_in_a_text_from_one_between_texts() -> None:
    one = _unapplied(payer_name='a","b', payer_account="c")
    two = _unapplied(payer_name="a", payer_account='b","c')

    assert content_digest(one) != content_digest(two)


def test_every_table_of_a_day_is_named_by_its_kind() -> None:
    day = sample_day()

    assert set(Day.table_names()) == {name for name in Day.__annotations__ if isinstance(getattr(day, name), pa.Table)}
    assert list(day.tables()) == list(Day.table_names())
