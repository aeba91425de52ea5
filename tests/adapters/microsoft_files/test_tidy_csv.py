"""The quick way reads what the tolerant way reads, the same; the rest it leaves to it."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.microsoft_files.opening import open_file
from csp_receivables.adapters.microsoft_files.quoting import BadQuoting, QuoteChecked
from csp_receivables.adapters.microsoft_files.recon_findings import find_oddities, find_problems
from csp_receivables.adapters.microsoft_files.recon_reader import stage
from csp_receivables.adapters.microsoft_files.recon_sums import sum_charges
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy
from csp_receivables.adapters.microsoft_files.tidy_csv import write_tidy
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, HEADER, Row, row, text


def both_ways(path: Path) -> tuple[object, object]:
    """Rows, sums and findings by the quick and by the tolerant way. Raises NotTidy."""
    quick, tolerant = path.with_suffix(".quick.parquet"), path.with_suffix(".tolerant.parquet")
    opening = open_file(path)
    write_tidy(opening, quick)
    with engine(path.parent / "spill") as connection:
        found = find_oddities(connection, opening, quick)
        first = (pq.read_table(quick).to_pylist(), sum_charges(connection, quick, found.unreadable), found)
        found = find_problems(connection, stage(connection, opening, tolerant), tolerant)
        second = (pq.read_table(tolerant).to_pylist(), sum_charges(connection, tolerant, found.unreadable), found)
    return first, second


def put(folder: Path, rows: list[Row], header: tuple[str, ...] = HEADER) -> Path:
    path = folder / "recon.csv"
    path.write_bytes(text(rows, header))
    return path


NUMBERS = st.one_of(
    st.decimals(min_value=-(10**12), max_value=10**12, places=6).map(lambda n: f"{n:f}"),
    st.decimals(min_value=0, max_value=1, places=18).map(str),
    st.sampled_from(["", "0", "-0", "+5", ".5", "5.", "1e3", "1.0E+2", "5.48E-07", " 7", "1_000", "'3", "n/a", "1,5"]),
    st.sampled_from(
        ["nan", "inf", "0x10", "1e", "--1", "9" * 13, "9" * 14, "9" * 21, "1" + "0" * 20, "0.1234567890123456789"]
    ),
)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
    st.sampled_from(["", " ", '"', ",", "\r\n", "\n", 'a "b" c', "NULL", "NA", "\u00a0", "'"]),
)
DAYS = st.sampled_from(["2026-10-01", "2026-10-31T00:00:00Z", "2026-10-02 23:59-08:00", "", "2026-13-01", "10/1/2026"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("Subtotal", "TaxTotal", "Total", "UnitPrice", "Quantity"), NUMBERS),
            **dict.fromkeys(("CustomerName", "MeterDescription", "ChargeType", "PromotionId"), TEXTS),
            **dict.fromkeys(("ChargeStartDate", "ChargeEndDate"), DAYS),
            "CustomerId": st.sampled_from([CONTOSO, FABRIKAM.upper(), f"org:{CONTOSO}", " x", ""]),
            "Currency": st.sampled_from(["EUR", "eur", "", "\u00a0SEK"]),
        },
    ).map(lambda cells: row(**cells)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_both_ways_give_the_same_lake_sums_and_findings(tmp_path: Path, rows: list[Row]) -> None:
    try:
        quick, tolerant = both_ways(put(tmp_path, rows))
    except NotTidy:
        return

    assert quick == tolerant


@pytest.mark.parametrize(
    ("cells", "unit_price"),
    [
        ({}, Decimal(10)),
        ({"UnitPrice": ""}, None),
        ({"ChargeStartDate": "10/1/2026", "ChargeEndDate": "10/31/2026"}, 10),
    ],
)
def test_usual_files_go_the_quick_way(tmp_path: Path, cells: Row, unit_price: object) -> None:
    quick, tolerant = both_ways(put(tmp_path, [row(**cells)] * 3, (*HEADER, "Total", "partnerid")))

    assert quick == tolerant
    assert [one["unit_price"] for one in quick[0]] == [unit_price] * 3


@pytest.mark.parametrize(
    "cells",
    [{"Subtotal": ""}, {"Total": "'1"}, {"Currency": " "}, {"InvoiceNumber": ""}, {"ChargeEndDate": "31/10/2026"}],
)
def test_what_makes_a_finding_or_needs_cleaning_is_left_to_the_tolerant_way(tmp_path: Path, cells: Row) -> None:
    path = put(tmp_path, [row(), row(**cells)])

    with pytest.raises(NotTidy):
        write_tidy(open_file(path), path.with_suffix(".quick"))


def test_loosely_quoted_cells_are_left_to_the_tolerant_way(tmp_path: Path) -> None:
    path = put(tmp_path, [row(CustomerName="the, name")])
    path.write_bytes(path.read_bytes().replace(b'"the, name"', b'"the, "name'))

    with pytest.raises(NotTidy):
        write_tidy(open_file(path), path.with_suffix(".quick"))


def test_a_gzip_file_goes_the_quick_way_and_one_cut_off_does_not(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv.gz"
    whole = gzip.compress(text([row(UnitPrice=str(n)) for n in range(9000)]))
    path.write_bytes(whole)
    opening = open_file(path)

    write_tidy(opening, tmp_path / "quick")
    path.write_bytes(whole[:-40])

    assert pq.read_metadata(tmp_path / "quick").num_rows == 9000
    with pytest.raises(NotTidy):
        write_tidy(opening, tmp_path / "quick")


class Parts:
    """Bytes in parts of the sizes asked for, whatever the reader wants."""

    def __init__(self, content: bytes, size: int) -> None:
        self._parts = [content[at : at + size] for at in range(0, len(content), size)]

    def read(self, nbytes: int, /) -> bytes:
        return self._parts.pop(0) if self._parts else b""


def is_well_quoted(content: bytes, size: int) -> bool:
    stream = QuoteChecked(Parts(content, size))
    try:
        while stream.read(1 << 20):
            pass
    except BadQuoting:
        return False
    return True


@given(
    cells=st.lists(st.lists(st.text('ab",\r\n'), min_size=1, max_size=3), min_size=1, max_size=4),
    size=st.integers(1, 9),
)
def test_what_a_csv_writer_writes_is_well_quoted_in_parts_of_any_size(cells: list[list[str]], size: int) -> None:
    names = [str(at) for at in range(3)]
    content = text([dict(zip(names, line, strict=False)) for line in cells], names)

    assert is_well_quoted(b"\xef\xbb\xbf" + content if size > 2 else content, size)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "content", [b'"a"b,c', b'a"b",c', b'"a "b" c",d', b'x,"a', b'"a""', b'"a"""b"', b'5" disk,a', b'"a" ,b']
)
def test_quotes_against_the_rules_are_seen_in_parts_of_any_size(content: bytes, size: int) -> None:
    assert not is_well_quoted(content, size)
