"""Graph's export: asked for, looked at until it is done, its blobs downloaded; and every way in which it goes wrong."""

from __future__ import annotations

import csv
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from emulator import exports
from emulator.blob_lines import NUMBERS
from emulator.faults import Wanted
from tests.emulator.serving import BILLING, SAMPLE, Client

INVOICE = "G112804417"


def _lines(*blobs: httpx.Response) -> list[dict[str, object]]:
    return [
        json.loads(line, parse_float=Decimal) for blob in blobs for line in gzip.decompress(blob.content).splitlines()
    ]


def test_the_blobs_hold_every_line_of_the_file_with_its_numbers_to_the_last_digit(client: Client) -> None:
    client.world.behaviour = replace(client.world.behaviour, lines_per_blob=50)
    manifest = client.manifest(INVOICE)
    lines = _lines(*(client.blob(manifest, place) for place in range(manifest["blobCount"])))
    with (SAMPLE / f"{INVOICE}_InvoiceReconciliation.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(manifest["blobs"]) == manifest["blobCount"] > 1
    assert len(rows) == len(lines)
    assert [list(row) for row in rows[:1]] == [list(line) for line in lines[:1]]
    for row, line in zip(rows, lines, strict=True):
        told = {name: Decimal(text) if name in NUMBERS else text or None for name, text in row.items()}
        assert told == line


def test_an_operation_runs_for_as_many_looks_as_told_and_says_when_to_look_again(client: Client) -> None:
    asked = client.ask(INVOICE)
    looks = [client.http.get(asked.headers["Location"], headers=client.graph) for _ in range(3)]

    assert 202 == asked.status_code
    assert ["notStarted", "running", "succeeded"] == [look.json()["status"] for look in looks]
    assert ["10", "10", None] == [look.headers.get("Retry-After") for look in looks]


def test_the_signature_of_a_blob_ends_and_a_fresh_one_comes_with_the_manifest(client: Client) -> None:
    manifest = client.manifest(INVOICE)
    client.world.clock.advance(12 * 3600 - 1)
    assert 200 == client.blob(manifest).status_code
    client.world.clock.advance(1)
    assert 403 == client.blob(manifest).status_code


def test_a_download_goes_on_where_it_broke_off(client: Client) -> None:
    manifest = client.manifest(INVOICE)
    whole = client.blob(manifest).content
    rest = client.blob(manifest, Range="bytes=1000-")

    assert (206, f"bytes 1000-{len(whole) - 1}/{len(whole)}") == (rest.status_code, rest.headers["Content-Range"])
    assert whole[1000:] == rest.content
    assert 416 == client.blob(manifest, Range=f"bytes={len(whole)}-").status_code


@pytest.mark.parametrize("invoice", ["D0200ABCDE", "G999999999"])
def test_no_data_is_a_failed_operation_with_code_5000(client: Client, invoice: str) -> None:
    operation = client.exported(invoice)

    assert ("failed", "5000") == (operation["status"], operation["error"]["code"])


def test_data_that_is_not_ready_fails_until_its_moment(client: Client) -> None:
    now = client.world.clock.now
    client.world.invoices[INVOICE] = replace(client.world.invoices[INVOICE], ready_at=now + timedelta(minutes=30))
    assert "failed" == client.exported(INVOICE)["status"]
    client.world.clock.advance(900)
    assert "failed" == client.exported(INVOICE)["status"]
    client.world.clock.advance(899)
    asked = client.ask(INVOICE)
    client.world.clock.advance(1)  # ready while the operation runs
    assert "succeeded" == client.settled(asked)["status"]


def test_a_truncated_blob_breaks_off_under_the_whole_length(client: Client) -> None:
    manifest = client.manifest(INVOICE)
    client.world.faults.want(Wanted(kind="truncated", path="^/blobs/"))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.blob(manifest)
    assert 200 == client.blob(manifest).status_code


def test_what_is_not_billed_yet_has_no_invoice_number(client: Client) -> None:
    bodies = [{"currencyCode": "sek", "billingPeriod": period} for period in ("current", "last", "next")]
    asked = [
        client.http.post(f"{BILLING}/reconciliation/unbilled/export", json=body, headers=client.graph)
        for body in bodies
    ]
    current, last = (client.settled(each) for each in asked[:2])
    where = current["resourceLocation@odata.navigationLink"]

    assert {None} == {
        line["InvoiceNumber"] for line in _lines(client.blob(client.http.get(where, headers=client.graph).json()))
    }
    assert "No data available" == last["error"]["message"]
    assert 400 == asked[2].status_code


def test_two_exports_at_once_share_their_blobs(client: Client) -> None:
    client.world.behaviour = replace(client.world.behaviour, polls_until_done=0)
    wheres = [client.ask(INVOICE).headers["Location"] for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        bodies = list(pool.map(lambda where: httpx.get(where, headers=client.graph).json(), wheres))
    links = [body["resourceLocation@odata.navigationLink"] for body in bodies]
    manifests = [client.http.get(link, headers=client.graph).json() for link in links]

    assert 1 == len({manifest["blobs"][0]["name"] for manifest in manifests})
    assert 1 == len({client.blob(manifest).content for manifest in manifests})


def test_no_look_waits_for_a_long_month(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PATIENCE", 0.0)
    client.world.behaviour = replace(client.world.behaviour, polls_until_done=0)
    asked = client.ask(INVOICE)
    first = client.http.get(asked.headers["Location"], headers=client.graph)

    assert ("notStarted", "10") == (first.json()["status"], first.headers["Retry-After"])
    assert "succeeded" == client.settled(asked)["status"]
    assert not client.world.writing


@pytest.mark.parametrize(("kind", "operations"), [("silent_before", 0), ("silent_after", 1)])
def test_a_server_can_fall_silent_before_or_after_the_effect(client: Client, kind: str, operations: int) -> None:
    bearer = client.graph
    client.world.faults.want(Wanted(kind=kind, method="POST"))

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{str(client.http.base_url).rstrip('/')}{BILLING}/usage/billed/export",
            json={"invoiceId": INVOICE},
            headers=bearer,
            timeout=0.2,
        )
    assert operations == len(client.world.operations) == client.world.log.effects()
