"""Exports in JSON lines: numbers to the last digit, both ways alike, and what is wrong named by its line."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.microsoft_files import tidy_json
from csp_receivables.adapters.microsoft_files.json_as_csv import as_csv
from csp_receivables.adapters.microsoft_files.json_lines import open_lines
from csp_receivables.adapters.microsoft_files.recon_findings import find_oddities, find_problems
from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader, stage
from csp_receivables.adapters.microsoft_files.recon_sums import sum_charges
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy
from csp_receivables.domain.charge_data import ChargeReading, FileRefused
from tests.adapters.microsoft_files.json_files import download, line, text, write
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM


def read(path: Path) -> tuple[ChargeReading, list[dict[str, Any]]]:
    reader = ReconReader(spill=path.parent / "spill")
    staged = path.parent / "staged"
    staged.mkdir(exist_ok=True)
    reading = reader.read(reader.open(path), staged / "charges.parquet")
    return reading, pq.read_table(staged / "charges.parquet").to_pylist()


def both_ways(path: Path) -> tuple[object, object]:
    """Rows, sums and findings by the quick and by the tolerant way. Raises NotTidy."""
    quick, tolerant = path.parent / "quick.parquet", path.parent / "tolerant.parquet"
    opening = open_lines(path)
    tidy_json.write_tidy(opening, quick)
    folder = path.parent / "plain"
    folder.mkdir(exist_ok=True)
    with engine(path.parent / "spill") as connection:
        found = find_oddities(connection, opening, quick)
        first = (pq.read_table(quick).to_pylist(), sum_charges(connection, quick, found.unreadable), found)
        plain = as_csv(opening, folder)
        found = find_problems(connection, stage(connection, plain, tolerant), tolerant)
        second = (pq.read_table(tolerant).to_pylist(), sum_charges(connection, tolerant, found.unreadable), found)
    return first, second


PLAIN_NUMBERS = st.one_of(
    st.decimals(min_value=-(10**12), max_value=10**12, places=6),
    st.decimals(min_value=0, max_value=1, places=18),
    st.sampled_from([Decimal(0), Decimal("5.48E-7"), Decimal("1E+3"), Decimal("9" * 13), Decimal("1E-19")]),
)
NUMBERS = st.one_of(PLAIN_NUMBERS, PLAIN_NUMBERS.map(str), st.none(), st.sampled_from(["", " 7", "n/a", "1_000"]))
TEXTS = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8))
LINES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("Subtotal", "TaxTotal", "Total", "UnitPrice", "Quantity"), NUMBERS),
            **dict.fromkeys(("CustomerName", "MeterDescription", "ChargeType"), TEXTS),
            "PromotionId": st.one_of(TEXTS, PLAIN_NUMBERS, st.booleans()),
            "ProductQualifiers": st.one_of(st.none(), st.lists(st.sampled_from(["Trial", 'Add"on', "ö"]), max_size=2)),
            "CustomerId": st.sampled_from([CONTOSO, FABRIKAM.upper(), f"org:{CONTOSO}"]),
            "ChargeStartDate": st.sampled_from(["2026-10-01T00:00:00Z", "2026-10-02", None, "10/1/2026"]),
        },
    ).map(lambda values: line(**values)),
    min_size=1,
    max_size=5,
)


def exact(lines: list[dict[str, Any]]) -> list[str]:
    """Each line as JSON text, Decimals as numbers with all their digits."""

    def value(one: Any) -> str:
        return f"{one:f}" if isinstance(one, Decimal) else json.dumps(one)

    return ["{" + ", ".join(f"{json.dumps(name)}: {value(one)}" for name, one in each.items()) + "}" for each in lines]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_both_ways_give_the_same_lake_sums_and_findings(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    try:
        quick, tolerant = both_ways(write(tmp_path, exact(lines)))
    except NotTidy:
        return

    assert quick == tolerant


@pytest.mark.parametrize("written", ["0.123456789012345678", '"0.123456789012345678"'])
def test_no_digit_is_lost_whether_a_number_is_written_as_such_or_as_text(tmp_path: Path, written: str) -> None:
    odd = exact([line()])[0].replace('"Subtotal": 100.0', f'"Subtotal": {written}')

    quick, tolerant = both_ways(write(tmp_path, [odd, odd]))

    assert quick == tolerant
    assert [one["subtotal"] for one in quick[0]] == [Decimal("0.123456789012345678")] * 2


def test_the_usual_export_goes_the_quick_way_over_all_its_parts(tmp_path: Path) -> None:
    values = {"ProductQualifiers": ["Trial"], "MpnId": 6034453, "PublisherDiscount": 15.0, "IsPaid": True}
    record = download(tmp_path, [line(**values)] * 2, [line(**values, CustomerId=FABRIKAM)])

    quick, tolerant = both_ways(record)

    assert quick == tolerant
    rows = quick[0]
    assert [one["line_no"] for one in rows] == [1, 2, 3]
    assert {key: rows[2][f"other_{key}"] for key in values} == {
        "ProductQualifiers": '["Trial"]',
        "MpnId": "6034453",
        "PublisherDiscount": "15",
        "IsPaid": "true",
    }


def test_what_an_export_has_later_than_its_beginning_is_kept_too(tmp_path: Path) -> None:
    many = [line()] * 900  # more than the first megabyte
    path = write(tmp_path, [*many, line(Promised="later")])

    reading, rows = read(path)

    assert reading.invoices[0].lines == 901
    assert rows[-1]["other_Promised"] == "later" and rows[0]["other_Promised"] == ""
    assert reading.findings == ()


def test_a_line_that_is_no_object_is_named_by_its_line_and_holds_its_invoice(tmp_path: Path) -> None:
    reading, rows = read(write(tmp_path, [line(), '{"InvoiceNumber": "G0000', line()]))

    assert [(one.code, one.line) for one in reading.findings] == [("microsoft.broken_record", 2)]
    assert [one["line_no"] for one in rows] == [1, 3]
    assert reading.invoices[0].unreadable == 1


def test_bytes_that_are_no_utf_8_never_reach_the_lake(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(text([line(), line(OrderId="odd")]).replace(b'"odd"', b'"\xff"'))

    reading, rows = read(path)

    assert [(one.code, one.line) for one in reading.findings] == [("microsoft.broken_record", 2)]
    assert [one["line_no"] for one in rows] == [1]
    assert reading.invoices[0].unreadable == 1


def test_a_value_that_is_no_number_is_named_by_line_and_attribute(tmp_path: Path) -> None:
    reading, _ = read(write(tmp_path, [line(), line(Subtotal="twelve")]))

    found = reading.findings[0]
    assert (found.line, found.field, found.source) == (2, "Subtotal", "export.json.gz")
    assert "'twelve'" in found.found


@pytest.mark.parametrize("cut", [40, 5])
def test_a_part_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path, [line(OrderId=str(n)) for n in range(3000)])
    path.write_bytes(path.read_bytes()[:-cut])

    with pytest.raises(FileRefused, match="cut off or damaged"):
        read(path)


def test_a_part_that_is_not_what_was_downloaded_is_refused(tmp_path: Path) -> None:
    record = download(tmp_path, [line()])
    (tmp_path / "part-00000.c000.json.gz").write_bytes(gzip.compress(text([line(Subtotal=99.0, Total=99.0)])))

    with pytest.raises(FileRefused, match="has changed on the disk"):
        read(record)


@pytest.mark.parametrize("content", ["{}", "[]", '{"parts": [{"name": 1}]}', '{"parts": []}', "\x00"])
def test_a_record_that_vouches_for_nothing_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "G1.download.json"
    path.write_text(content)

    with pytest.raises(FileRefused, match="Remove its folder"):
        read(path)


def test_a_download_without_one_of_its_parts_is_refused_by_the_parts_name(tmp_path: Path) -> None:
    record = download(tmp_path, [line()], [line()])
    (tmp_path / "part-00001.c000.json.gz").unlink()

    with pytest.raises(FileRefused, match=r"lacks part-00001\.c000\.json\.gz"):
        read(record)


def test_a_part_without_a_line_break_at_its_end_runs_not_into_the_next(tmp_path: Path) -> None:
    record = download(tmp_path, [line()], [line()])
    for part in tmp_path.glob("part-*"):
        part.write_bytes(gzip.compress(text([line()]).rstrip()))
    plain = [{"name": one.name, "bytes": 0, "sha256": ""} for one in sorted(tmp_path.glob("part-*"))]
    record.write_text(json.dumps({"parts": plain}))

    assert read(record)[0].invoices[0].lines == 2


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"UsageDate": "2026-10-01", "BillingPreTaxTotal": 1.0}, "lacks the columns for invoice_id"),
        ({"ChargeType": "new", "CustomerId": "x"}, "an excerpt"),
    ],
)
def test_another_export_is_refused_for_what_it_is(tmp_path: Path, attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        read(write(tmp_path, [attributes]))


def test_the_published_example_is_read(tmp_path: Path, shared_data: Path) -> None:
    published = shared_data / "microsoft" / "graph" / "part-00000-recon-synthetic.c000.json.gz"
    path = tmp_path / published.name
    path.write_bytes(published.read_bytes())
    lines = [json.loads(one) for one in gzip.decompress(published.read_bytes()).splitlines()]

    reading, rows = read(path)

    assert [(one["subtotal"], one["tenant_id"]) for one in rows] == [
        (Decimal(str(one["Subtotal"])), one["CustomerId"]) for one in lines
    ]
    assert reading.invoices[0].invoice_id == lines[0]["InvoiceNumber"]
