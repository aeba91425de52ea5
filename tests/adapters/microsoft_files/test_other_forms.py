"""Daily usage and legacy files are read into the lake's columns, whatever their order, form and dialect."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy
from csp_receivables.domain.charge_data import ChargeKind, FileRefused
from tests.adapters.microsoft_files.other_forms import (
    LICENSE_HEADER,
    NOVEMBER_ORDER,
    USAGE_HEADER,
    legacy_used,
    licensed,
    used,
    write_legacy_usage,
    write_licenses,
    write_usage,
)
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, Row
from tests.adapters.microsoft_files.test_recon_reader import pre_tax, read
from tests.adapters.microsoft_files.test_tidy_csv import both_ways


@pytest.mark.parametrize("header", [USAGE_HEADER, NOVEMBER_ORDER, tuple(reversed(USAGE_HEADER))])
def test_daily_usage_is_read_in_any_order_of_columns(tmp_path: Path, header: tuple[str, ...]) -> None:
    reading, [line] = read(write_usage(tmp_path, [used(BenefitId="b", BenefitOrderId="o")], header))

    assert (reading.kind, reading.taken_for, reading.findings) == (
        ChargeKind.DAILY_USAGE,
        "daily rated usage, 55 columns",
        (),
    )
    assert (line["subtotal"], line["tax"], line["total"], line["currency"]) == (1, 0, 1, "EUR")
    assert (line["quantity"], line["billable_quantity"], line["charge_from"]) == (
        Decimal("0.8"),
        Decimal("0.8"),
        date(2026, 10, 1),
    )
    others = ("MeterName", "UsageDate", "BenefitId", "BenefitOrderId")
    assert [line[f"other_{name}"] for name in others] == ["D2 v3", "10/05/2026", "b", "o"]


def test_daily_usage_keeps_every_decimal_until_it_is_summed(tmp_path: Path) -> None:
    rows = [used(BillingPreTaxTotal="5.48E-03"), used(BillingPreTaxTotal="0.00E+00"), used(BillingPreTaxTotal="4e-3")]

    reading, _ = read(write_usage(tmp_path, rows))

    assert pre_tax(reading) == {"G000000001": {CONTOSO: Decimal("0.00948")}}  # rounded line by line: 0.01


def test_daily_usage_in_json_lines_is_the_same(tmp_path: Path) -> None:
    line = {name[0].lower() + name[1:]: cell for name, cell in used().items()} | {"billingPreTaxTotal": 1.25}
    path = tmp_path / "usage.json"
    path.write_text(f"{json.dumps(line)}\n")

    reading, [kept] = read(path)

    assert reading.taken_for == f"daily rated usage export, {len(line)} attributes"
    assert (kept["total"], kept["other_meterName"]) == (Decimal("1.25"), "D2 v3")


AMOUNTS = st.one_of(
    st.decimals(-1000, 1000, places=10).map(lambda amount: f"{amount:.6E}"),
    st.sampled_from(["", "n/a", "$1.50", "'2", "1_0"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {}, optional={**dict.fromkeys(("BillingPreTaxTotal", "Quantity", "UnitPrice"), AMOUNTS)}
        ).map(lambda cells: used(**cells)),
        min_size=1,
        max_size=4,
    )
)
def test_both_ways_read_the_same_of_daily_usage(tmp_path: Path, rows: list[Row]) -> None:
    try:
        quick, tolerant = both_ways(write_usage(tmp_path, rows))
    except NotTidy:
        return

    assert quick == tolerant


def test_an_amount_of_usage_that_can_t_be_read_is_named_once(tmp_path: Path) -> None:
    reading, _ = read(write_usage(tmp_path, [used(), used(BillingPreTaxTotal="n/a", Quantity="many")]))

    assert [(one.line, one.field, one.severity.value) for one in reading.findings] == [
        (3, "BillingPreTaxTotal", "held"),
        (3, "Quantity", "warning"),
    ]
    assert [one.unreadable for one in reading.invoices] == [1]


def test_estimates_are_refused_for_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="of a month without an invoice"):
        read(write_usage(tmp_path, [used(InvoiceNumber="")]))


def test_a_legacy_licence_file_goes_by_the_invoice_in_its_name(tmp_path: Path) -> None:
    refund = licensed(ChargeType="Cancel Fee", Subtotal="-1.72", TotalForCustomer="-1.72", UnitPrice="-1.72")

    reading, lines = read(write_licenses(tmp_path, [licensed(), refund], name="recon_d02005yfhi (1).csv"))

    assert (reading.kind, reading.findings) == (ChargeKind.LEGACY_LICENSE, ())
    assert pre_tax(reading) == {"D02005YFHI": {CONTOSO: Decimal("9.28")}}
    assert lines[0]["subscription_id"] == "fb977ab5-0000-0000-0000-24c8d9591708"
    assert (lines[0]["other_SubscriptionId"], lines[0]["other_Amount"]) == ("usCBMgAAAAAAAAIA", "13.64")
    assert (lines[0]["charge_from"], lines[0]["charge_until"]) == (date(2026, 10, 1), date(2026, 10, 31))


def test_a_legacy_licence_file_that_names_no_invoice_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="Begin its name with the invoice's number"):
        read(write_licenses(tmp_path, [licensed()], name="october.csv"))


def test_both_ways_read_the_same_of_a_legacy_licence_file(tmp_path: Path) -> None:
    quick, tolerant = both_ways(write_licenses(tmp_path, [licensed(), licensed(CustomerId=FABRIKAM)]))

    assert quick == tolerant


def test_legacy_usage_is_read_with_its_dollar_signs(tmp_path: Path) -> None:
    reading, [line] = read(write_legacy_usage(tmp_path, [legacy_used()]))

    assert (reading.kind, reading.findings) == (ChargeKind.LEGACY_USAGE, ())
    assert pre_tax(reading) == {"D02005YFHI": {CONTOSO: Decimal("0.5")}}
    assert (line["product_name"], line["sku_name"], line["quantity"]) == ("Virtual Machines", "Compute Hours", 11)


def test_every_form_names_its_own_columns() -> None:
    assert len(USAGE_HEADER) == 55 and len(LICENSE_HEADER) == 28


def test_the_published_usage_export_is_read(shared_data: Path, tmp_path: Path) -> None:
    published = shared_data / "microsoft" / "graph" / "part-00000-usage-synthetic.c000.json.gz"
    path = tmp_path / published.name
    path.write_bytes(published.read_bytes())

    reader = ReconReader(spill=tmp_path / "spill")
    reading = reader.read(reader.open(path), tmp_path / "staged.parquet")

    assert (reading.kind, reading.invoices[0].lines) == (ChargeKind.DAILY_USAGE, 40)
    assert pq.read_metadata(tmp_path / "staged.parquet").num_rows == reading.invoices[0].lines
