"""Worlds from folders and seeds, and charge lines that become blobs without being held."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from emulator.blob_lines import json_line, write_blobs
from emulator.charges import Charges, of_rows
from emulator.loading import NothingToShow, load_folder, made_up
from emulator.state import World
from tests.emulator.serving import SAMPLE


def _said(world: World) -> object:
    subscriptions = [each.document for each in world.subscriptions.values()]
    return (world.partner, list(world.customers.values()), subscriptions, [e.document for e in world.invoices.values()])


def test_a_seed_makes_the_same_partner_again_and_another_seed_another() -> None:
    first, again, other = made_up(7, 12), made_up(7, 12), made_up(8, 12)

    assert _said(first) == _said(again) != _said(other)
    assert {"usage", "reconciliation"} >= {export for export, _ in first.charges}
    assert any(each.document["productType"]["id"] == "Azure" for each in first.subscriptions.values())
    assert all(each.document["subscriptionId"] for each in first.entitlements.values())


def test_customers_and_subscriptions_are_told_from_the_lines() -> None:
    world = load_folder(SAMPLE)
    lines = [line for charges in world.charges.values() for line in charges.lines()]

    assert {line["CustomerId"].lower().removeprefix("org:") for line in lines} == set(world.customers)
    assert {line["SubscriptionId"].lower() for line in lines if line["SubscriptionId"]} == set(world.subscriptions)
    assert world.partner.tenant_id == lines[0]["PartnerId"]


def test_a_legacy_invoices_lines_come_from_their_files(tmp_path: Path) -> None:
    document = {"id": "D02005YFHI", "invoiceDate": "2026-10-20T00:00:00Z", "totalCharges": 1, "currencyCode": "EUR"}
    (tmp_path / "D02005YFHI.invoice.json").write_text(json.dumps(document))
    (tmp_path / "D02005YFHI.office.json").write_text(json.dumps({"items": [{"subtotal": 1}]}))

    assert load_folder(tmp_path).line_items == {("D02005YFHI", "office", "billinglineitems"): [{"subtotal": 1}]}

    (tmp_path / "D02005YFHI.azure.json").write_text(json.dumps({"value": []}))
    with pytest.raises(NothingToShow, match="holds no collection"):
        load_folder(tmp_path)


def test_a_partner_file_says_all_of_it(tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "G112804417.invoice.json", tmp_path)
    told = {
        "partner": {"tenantId": "t", "name": "Partner", "mpnId": 1},
        "customers": [{"tenantId": "C1", "name": "One", "domain": "one.example", "related": False}],
        "subscriptions": [{"customerId": "C1", "subscription": {"id": "S1", "status": "active"}, "estEligible": False}],
        "entitlements": [{"customerId": "C1", "entitlement": {"id": "E1", "status": "active", "subscriptionId": "S1"}}],
        "serviceRequests": [{"customerId": "C1", "serviceRequest": {"id": "1", "status": "open"}}],
        "audit": [{"operationDate": "2026-10-01T00:00:00Z"}],
    }
    (tmp_path / "partner.json").write_text(json.dumps(told))
    world = load_folder(tmp_path)

    assert ("t", "1") == (world.partner.tenant_id, world.partner.mpn_id)
    assert [False] == [each.related for each in world.customers.values()]
    assert (["s1"], ["e1"], ["1"]) == (
        list(world.subscriptions),
        list(world.entitlements),
        list(world.service_requests),
    )


def test_an_invoice_without_its_json_is_summed_up(tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "G112804417_InvoiceReconciliation.csv", tmp_path)
    document = load_folder(tmp_path).invoices["G112804417"].document
    told = json.loads((SAMPLE / "G112804417.invoice.json").read_text())

    assert (told["totalCharges"], told["currencyCode"]) == (document["totalCharges"], document["currencyCode"])


@pytest.mark.parametrize(
    ("text", "number"),
    [("43.2000", "43.2000"), ("5.48E-07", "5.48E-07"), ("'0E-20", "0E-20"), (".5", "0.5"), ("-0.01", "-0.01"),
     ("007", "7"), ("", "null"), ("NaN", '"NaN"'), ("n/a", '"n/a"')],
)  # fmt: skip
def test_numbers_keep_their_digits(text: str, number: str) -> None:
    line = json_line({"Total": text, "SkuId": text}, basic=False, as_text=False)

    assert line.startswith(f'{{"Total": {number}, "SkuId": ')
    assert (text or None) == json.loads(line)["SkuId"]
    assert text in ("", *json.loads(json_line({"Total": text}, basic=False, as_text=True)).values())


def test_basic_usage_has_fewer_names() -> None:
    line = {"Quantity": "1", "Tags": "x", "ResourceURI": "/r"}

    assert {"Quantity": 1, "ResourceURI": "/r"} == json.loads(json_line(line, basic=True, as_text=False))


def test_ready_blobs_are_served_as_they_are_until_the_data_changes(tmp_path: Path) -> None:
    folder = tmp_path / "G1.blobs"
    folder.mkdir()
    ready = folder / "part-00000.json.gz"
    ready.write_bytes(gzip.compress(b'{"Total": 1.10}\n'))
    charges = Charges(ready_blobs=(ready,))

    assert (ready,) == write_blobs(charges, tmp_path / "out", basic=False, per_blob=9, as_text=False)
    (changed,) = write_blobs(charges.again(Decimal(1)), tmp_path / "new", basic=False, per_blob=9, as_text=False)
    assert Decimal("2.1") == json.loads(gzip.decompress(changed.read_bytes()), parse_float=Decimal)["Total"]


def test_a_long_month_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "G1_InvoiceReconciliation.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Total", "CustomerName"])
        writer.writerows([number % 100, "x" * 500] for number in range(10_000))
    tracemalloc.start()
    blobs = write_blobs(Charges(csv_file=path), tmp_path / "out", basic=False, per_blob=4_000, as_text=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert 3 == len(blobs)
    assert peak < path.stat().st_size // 4


def test_the_same_lines_again_are_another_version_of_the_same_bytes(tmp_path: Path) -> None:
    charges = of_rows([{"Total": "1"}, {"Total": "2"}])

    def written(of: Charges, name: str) -> bytes:
        return write_blobs(of, tmp_path / name, basic=False, per_blob=9, as_text=False)[0].read_bytes()

    assert charges.etag() != charges.the_same_again().etag()
    assert written(charges, "one") == written(charges.the_same_again(), "two") != written(charges.again(), "three")
