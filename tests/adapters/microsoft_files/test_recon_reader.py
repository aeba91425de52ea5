"""Every dialect of the reconciliation CSV gives the same charges; what can't be read is named and held."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader
from csp_receivables.domain.charge_data import ChargeReading, FileRefused
from csp_receivables.domain.findings import Severity
from csp_receivables.domain.records import CHARGE
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, HEADER, row, text, write

REFUSED = {
    "daily_rated_header_55.csv": "microsoft.header_only",
    "daily_rated_header_55_nov2025_order.csv": "microsoft.header_only",
    "legacy_license_doc_sample.csv": "microsoft.no_invoice_number",  # its name tells none
    "nce_recon_header_2025_47.csv": "microsoft.header_only",
    "nce_recon_header_2026_48.csv": "microsoft.header_only",
    "nce_recon_header_api_names.csv": "microsoft.header_only",
}
READ = {
    "nce_recon_doc_sample_2023_headers.csv": (1, "0.01"),
    "nce_recon_scenarios_full_columns.csv": (14, "356.56"),
    "legacy_usage_doc_sample.csv": (1, "0.085"),
}
ALIASES = {"Total": "totalForCustomer", "Tier2MpnId": "ResellerMPNID", "PCToBCExchangeRate": "pcToBCExchangeRate"}


def read(path: Path) -> tuple[ChargeReading, list[dict[str, object]]]:
    staged = path.with_suffix(".parquet")
    reader = ReconReader(spill=path.parent / "spill")
    reading = reader.read(reader.open(path), staged)
    return reading, pq.read_table(staged).to_pylist()


def pre_tax(reading: ChargeReading) -> dict[str, dict[str, Decimal]]:
    return {one.invoice_id: {t.tenant_id: t.pre_tax for t in one.tenants} for one in reading.invoices}


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        read(path)
    finding = refused.value.finding
    assert finding.severity is Severity.REFUSED and finding.remedy and finding.source == path.name
    return finding.code


def test_every_published_file_is_read_or_refused_by_name(shared_data: Path, tmp_path: Path) -> None:
    seen = {}
    for original in sorted((shared_data / "microsoft" / "csv").rglob("*.csv")):
        copy = tmp_path / original.name
        copy.write_bytes(original.read_bytes())
        if original.name in READ:
            reading, _ = read(copy)
            assert len(reading.invoices) == 1
            total = sum(tenant.pre_tax for tenant in reading.invoices[0].tenants)
            seen[original.name] = (reading.invoices[0].lines, total)
        else:
            expected = REFUSED.get(original.name, "microsoft.excerpt")  # the tables of the documentation
            assert refusal(copy) == expected, original.name
    assert seen == {name: (lines, Decimal(total)) for name, (lines, total) in READ.items()}


def test_charges_have_the_columns_and_types_of_the_contract(tmp_path: Path) -> None:
    path = write(tmp_path, [row()])

    read(path)

    table = pq.read_table(path.with_suffix(".parquet"))
    assert table.schema.names[: len(CHARGE)] == CHARGE.names
    assert [field.type for field in table.schema][: len(CHARGE)] == [field.type for field in CHARGE]
    assert "other_PartnerId" in table.schema.names[len(CHARGE) :]


def test_unknown_columns_are_kept_whatever_they_hold(tmp_path: Path) -> None:
    odd = 'a "quoted" \\ back\nslash'
    path = tmp_path / "recon.csv"
    path.write_bytes(text([row(New=odd, MeterDescription="tab\there"), row()], (*HEADER, "New")))

    _, rows = read(path)

    assert [one["other_New"] for one in rows] == [odd, ""]
    assert rows[0]["other_MeterDescription"] == "tab\there"


def test_numbers_as_spreadsheets_leave_them_are_exact(tmp_path: Path) -> None:
    cells = {"UnitPrice": "'22.000000000000000000", "Quantity": "5.48E-07", "BillableQuantity": "\u00a07\u00a0"}
    path = write(tmp_path, [row(**cells, EffectiveUnitPrice="'0E-20", Subtotal="1.0E+2", Total="'100")])

    reading, rows = read(path)

    assert rows[0]["unit_price"] == Decimal(22)
    assert rows[0]["quantity"] == Decimal("0.000000548")
    assert rows[0]["billable_quantity"] == Decimal(7)
    assert rows[0]["effective_unit_price"] == 0
    assert rows[0]["subtotal"] == 100 and reading.findings == ()


def test_an_organisation_prefix_is_no_part_of_the_tenant(tmp_path: Path) -> None:
    path = write(tmp_path, [row(CustomerId=f"org:{CONTOSO.upper()}"), row()])

    reading, _ = read(path)

    assert pre_tax(reading) == {"G000000001": {CONTOSO: Decimal(200)}}


def test_quotes_and_line_breaks_inside_cells_are_text(tmp_path: Path) -> None:
    name = 'Hälle & Söner "Plåt"\r\nAB'
    path = write(tmp_path, [row(CustomerName=name), row()])

    _, rows = read(path)

    assert [one["customer_name"] for one in rows] == [name, "Contoso"]


def test_members_of_a_gzip_file_may_each_repeat_the_header(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv.gz"
    members = [text([row()]), b"\xef\xbb\xbf" + text([row(), row()]), text([row()], headed=False)]
    path.write_bytes(b"".join(gzip.compress(member) for member in members))

    reading, rows = read(path)

    assert pre_tax(reading) == {"G000000001": {CONTOSO: Decimal(400)}}
    assert [one["line_no"] for one in rows] == [1, 2, 3, 4]


def test_line_ends_of_two_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv"
    path.write_bytes(text([row()]) + text([row()], end="\n", headed=False))

    reading, _ = read(path)

    assert pre_tax(reading) == {"G000000001": {CONTOSO: Decimal(200)}}


@pytest.mark.parametrize(
    ("start", "until", "expected"),
    [
        ("2026-10-02", "2026-10-31", date(2026, 10, 2)),
        ("2026-10-02T00:00:00.0000000Z", "2026-10-31T00:00:00.0000000Z", date(2026, 10, 2)),
        ("2026-10-02T23:30:00-08:00", "2026-10-31T00:00:00-08:00", date(2026, 10, 2)),
        ("10/2/2026", "10/31/2026", date(2026, 10, 2)),
        ("10/02/2026 0:00", "10/31/2026 23:59", date(2026, 10, 2)),
        ("1/2/2026", "2/1/2026", date(2026, 1, 2)),  # ambiguous: US order is the documented one
        ("1/2/2026", "31/2/2026", date(2026, 1, 2)),  # 31 February is a date in neither order
    ],
)
def test_dates_are_read_in_the_files_one_format(tmp_path: Path, start: str, until: str, expected: date) -> None:
    _, rows = read(write(tmp_path, [row(ChargeStartDate=start, ChargeEndDate=until)]))

    assert rows[0]["charge_from"] == expected


def test_one_date_that_only_does_day_first_turns_the_whole_file(tmp_path: Path) -> None:
    days = {"ChargeStartDate": "1/10/2026", "ChargeEndDate": "2/10/2026"}
    reading, rows = read(write(tmp_path, [row(**days), row(ChargeStartDate="1/10/2026", ChargeEndDate="31/10/2026")]))

    assert [one["charge_from"] for one in rows] == [date(2026, 10, 1), date(2026, 10, 1)]
    assert "microsoft.dates_day_first" in {finding.code for finding in reading.findings}


def test_dates_that_contradict_each_other_are_findings_and_the_lines_count(tmp_path: Path) -> None:
    rows = [
        row(ChargeEndDate="10/31/2026", ChargeStartDate="10/1/2026"),
        row(ChargeStartDate="10/1/2026", ChargeEndDate="31/10/2026"),
    ]

    reading, charges = read(write(tmp_path, rows))

    assert charges[1]["charge_until"] is None
    assert [(f.line, f.field, f.severity) for f in reading.findings] == [(3, "ChargeEndDate", Severity.WARNING)]
    assert pre_tax(reading) == {"G000000001": {CONTOSO: Decimal(200)}}


@pytest.mark.parametrize(
    "until",
    ["22006-9-30T00:00:00Z", "0000-01-01", "-001-01-01", "10/31/0000", "10/31/22006"],
)
def test_a_day_of_no_year_that_is_written_in_four_digits_is_a_finding(tmp_path: Path, until: str) -> None:
    start = "10/1/2026" if "/" in until else "2026-10-01"

    reading, (charge,) = read(write(tmp_path, [row(ChargeStartDate=start, ChargeEndDate=until)]))

    assert charge["charge_until"] is None
    assert [(f.field, f.severity) for f in reading.findings] == [("ChargeEndDate", Severity.WARNING)]


def test_an_unreadable_amount_holds_its_invoice_and_no_other(tmp_path: Path) -> None:
    rows = [row(), row(Subtotal="1,234.50"), row(InvoiceNumber="G000000002", CustomerId=FABRIKAM)]

    reading, _ = read(write(tmp_path, rows))

    assert {one.invoice_id: one.unreadable for one in reading.invoices} == {"G000000001": 1, "G000000002": 0}
    [finding] = reading.findings
    assert (finding.code, finding.line, finding.field) == ("microsoft.unreadable_cell", 3, "Subtotal")
    assert "'1,234.50'" in finding.found and finding.severity is Severity.HELD and finding.remedy


def test_an_unreadable_price_is_a_warning_and_its_line_counts(tmp_path: Path) -> None:
    reading, rows = read(write(tmp_path, [row(UnitPrice="n/a")]))

    assert rows[0]["unit_price"] is None and json.loads(str(rows[0]["unreadable"]))["UnitPrice"] == "n/a"
    assert [(f.field, f.severity) for f in reading.findings] == [("UnitPrice", Severity.WARNING)]
    assert reading.invoices[0].unreadable == 0


def test_a_broken_record_holds_the_invoice_it_names(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv"
    cut = text([row(InvoiceNumber="G000000002")], headed=False).split(b",EUR")[0] + b"\r\n"
    path.write_bytes(text([row(), row(InvoiceNumber="G000000002")]) + cut)

    reading, _ = read(path)

    assert {one.invoice_id: one.unreadable for one in reading.invoices} == {"G000000001": 0, "G000000002": 1}
    assert [(f.code, f.line) for f in reading.findings] == [("microsoft.broken_record", 4)]


def test_findings_after_broken_records_name_the_true_line(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv"
    good, bad = text([row()], headed=False), text([row(Subtotal="x")], headed=False)
    path.write_bytes(text([row()]) + b"rubbish\r\n" + bad + b"rubbish\r\nrubbish\r\n" + good + bad)

    reading, rows = read(path)

    assert [one["line_no"] for one in rows] == [1, 3, 6, 7]
    assert [(f.code.split(".")[1], f.line) for f in reading.findings] == [
        *(("broken_record", line) for line in (3, 5, 6)),
        *(("unreadable_cell", line) for line in (4, 8)),
    ]


@pytest.mark.parametrize("field", ["Subtotal", "TaxTotal", "Total"])
def test_an_underscore_is_no_part_of_a_number(tmp_path: Path, field: str) -> None:
    reading, _ = read(write(tmp_path, [row(**{field: "1_000"})]))

    assert [(f.field, f.severity) for f in reading.findings] == [(field, Severity.HELD)]


def test_a_broken_record_that_names_no_invoice_holds_all(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv"
    path.write_bytes(text([row(), row(InvoiceNumber="G000000002")]) + b"rubbish\r\n")

    reading, _ = read(path)

    assert [one.unreadable for one in reading.invoices] == [1, 1]


def test_a_charge_type_nobody_knows_passes_with_one_warning(tmp_path: Path) -> None:
    reading, rows = read(write(tmp_path, [row(ChargeType="CycleCharge"), row(ChargeType="teleport")] * 2))

    assert [one["charge_type"] for one in rows] == ["CycleCharge", "teleport"] * 2
    assert [(f.code, f.line) for f in reading.findings] == [("microsoft.unknown_charge_type", 3)]


@pytest.mark.parametrize("sign", ["\x1f", "\x7f", "\\", '"'])
def test_a_cell_that_can_t_be_read_is_named_whatever_signs_its_column_has(tmp_path: Path, sign: str) -> None:
    header = tuple(f"{sign}Subtotal" if name == "Subtotal" else name for name in HEADER)
    path = tmp_path / "recon.csv"
    path.write_bytes(text([row(**{f"{sign}Subtotal": "x"})], header))

    reading, _ = read(path)

    assert [(f.code, f.line) for f in reading.findings] == [("microsoft.unreadable_cell", 2)]


def test_a_thousand_bad_cells_are_named_a_hundred_times(tmp_path: Path) -> None:
    reading, _ = read(write(tmp_path, [row(Subtotal="x")] * 1000 + [row()]))

    assert reading.invoices[0].unreadable == 1000
    assert len(reading.findings) == 101 and reading.findings[-1].found.startswith("900 more")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "microsoft.empty_file"),
        (b"\xef\xbb\xbf\r\n", "microsoft.empty_file"),
        (b"PK\x03\x04rest", "microsoft.not_csv"),
        (b"%PDF-1.7", "microsoft.not_csv"),
        (b'{"id": "G1"}', "microsoft.not_csv"),
        (b"<Document/>", "microsoft.not_csv"),
        ("PartnerId,CustomerId".encode("utf-16"), "microsoft.not_csv"),
        (text([row()]).replace(b",", b";"), "microsoft.resaved_file"),
        (b"a,b\r\n1,2\r\n", "microsoft.unknown_file"),
        (gzip.compress(text([row()] * 5000))[:-40], "microsoft.broken_gzip"),
        (gzip.compress(text([row(UnitPrice=str(n)) for n in range(9000)]))[:-40], "microsoft.broken_gzip"),
    ],
)
def test_what_is_no_reconciliation_is_refused_for_what_it_is(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    assert refusal(path) == code


def test_a_file_without_a_money_column_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "recon.csv"
    path.write_bytes(text([row()], [name for name in HEADER if name != "Subtotal"]))

    with pytest.raises(FileRefused, match="lacks the columns for subtotal"):
        read(path)


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.tuples(AMOUNTS, st.sampled_from([CONTOSO, FABRIKAM])), min_size=1, max_size=8),
    order=st.permutations(HEADER),
    case=st.sampled_from([str.upper, str.lower, str]),
    aliased=st.booleans(),
    bom=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_dialect_never_changes_the_totals(
    tmp_path: Path,
    amounts: list[tuple[Decimal, str]],
    order: list[str],
    case,
    aliased: bool,
    bom: bool,
    end: str,
    packed: bool,
) -> None:
    rows = [row(Subtotal=f"{amount:f}", Total=f"{amount:f}", CustomerId=tenant) for amount, tenant in amounts]
    content = text(rows, order, end).decode().split(end, 1)[1]
    spelled = [case(ALIASES.get(name, name) if aliased else name) for name in order]
    content = ("\ufeff" if bom else "") + ",".join(spelled) + end + content
    path = tmp_path / "recon.csv"
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())

    reading, _ = read(path)

    expected: dict[str, Decimal] = {}
    for amount, tenant in amounts:
        expected[tenant] = expected.get(tenant, Decimal(0)) + amount
    assert pre_tax(reading) == {"G000000001": expected}
    assert reading.findings == ()


def test_a_long_first_cell_is_no_header_without_lines(tmp_path: Path) -> None:
    reading, rows = read(write(tmp_path, [row(CustomerName="x" * 200_000), row()]))

    assert [len(one["customer_name"]) for one in rows] == [200_000, 7]
    assert reading.findings == ()


def test_a_first_cell_of_megabytes_holds_its_invoice_and_is_named(tmp_path: Path) -> None:
    reading, rows = read(write(tmp_path, [row(CustomerName="x" * 5_000_000), row()]))

    assert [(one.code, one.line) for one in reading.findings] == [("microsoft.broken_record", 2)]
    assert "line size" in reading.findings[0].found
    assert ([one.unreadable for one in reading.invoices], len(rows)) == ([1], 1)


@pytest.mark.parametrize("name", ["recon.csv", "recon.csv.gz"])
@pytest.mark.parametrize("total", ["100", "'100"])  # the quick way and the tolerant way
def test_a_reading_is_of_the_bytes_of_its_file(tmp_path: Path, name: str, total: str) -> None:
    path = write(tmp_path, [row(Total=total)] * 3, name)

    reading, _ = read(path)

    assert reading.digest == hashlib.sha256(path.read_bytes()).hexdigest()
