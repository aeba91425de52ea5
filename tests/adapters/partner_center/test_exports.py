"""The export of charges over a real connection: asked for, looked at, downloaded whole or not at all."""

from __future__ import annotations

import gzip
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from csp_receivables.adapters.partner_center.blobs import Blobs
from csp_receivables.adapters.partner_center.reader import Reader
from csp_receivables.adapters.partner_center.whole_files import is_whole_gzip
from csp_receivables.domain.microsoft.exports import (
    ExportFailed,
    ExportGone,
    ExportReady,
    ExportRunning,
    Manifest,
)
from csp_receivables.microsoft_ports import ManifestExpired, MicrosoftRefused
from csp_receivables.microsoft_settings import CLOUDS
from tests.microsoft_server import Answer, Scripted, Waiting, as_json

BILLING = "/v1.0/reports/partners/billing"
OPERATION = f"{BILLING}/operations/9f5bf8a2"
WHOLE = gzip.compress(random.Random(1).randbytes(300_000), mtime=0)


def manifest(base: str, **changes: Any) -> Manifest:
    usual = {
        "manifest_id": "m1",
        "etag": "v1",
        "root": f"{base}/store",
        "blobs": ("part-0.json.gz",),
        "access": "sig=S3",
    }
    return Manifest(**(usual | changes))


def told(base: str) -> dict[str, Any]:
    blobs = [{"name": "part-0.json.gz"}]
    return {
        "id": "m1",
        "eTag": "v1",
        "rootDirectory": f"{base}/store",
        "sasToken": "sig=S3",
        "blobs": blobs,
        "blobCount": 1,
    }


def test_an_export_is_asked_for_and_its_operation_named_at_our_own_address(server: Scripted, reader: Reader) -> None:
    elsewhere = f"https://evil.example{OPERATION}"
    server.says("POST", f"{BILLING}/reconciliation/billed/export", Answer(202, headers={"Location": elsewhere}))

    assert reader.exports.ask("G000001") == f"{server.base}{OPERATION}"

    (asked,) = server.to(f"{BILLING}/reconciliation/billed/export")
    assert asked.body == b'{"invoiceId": "G000001", "attributeSet": "full"}'
    assert asked.headers["authorization"] == "Bearer access-1"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (as_json({"status": "running"}), ExportRunning(look_again_in=timedelta(seconds=10))),
        (as_json({"status": "notStarted"}, Retry_After="45"), ExportRunning(look_again_in=timedelta(seconds=45))),
        (
            as_json({"status": "failed", "error": {"code": "5000", "message": "No data"}}),
            ExportFailed(code="5000", message="No data"),
        ),
        (as_json({"error": {"code": "Gone"}}, 410), ExportGone()),
        (as_json({"error": {"code": "ResourceNotFound"}}, 404), ExportGone()),
    ],
)
def test_an_operation_tells_how_it_stands(server: Scripted, reader: Reader, answer: Answer, state: object) -> None:
    server.says("GET", OPERATION, answer)

    assert reader.exports.look(f"{server.base}{OPERATION}") == state


def test_the_manifest_comes_inline_or_by_a_link(server: Scripted, reader: Reader) -> None:
    link = f"https://graph.microsoft.com{BILLING}/manifests/m1"
    server.says(
        "GET",
        OPERATION,
        as_json({"status": "completed", "resourceLocation": told(server.base)}),
        as_json({"status": "succeeded", "resourceLocation@odata.navigationLink": link}),
    )
    server.says("GET", f"{BILLING}/manifests/m1", as_json(told(server.base)), as_json({}, 410))

    assert reader.exports.look(OPERATION) == ExportReady(manifest=manifest(server.base))
    assert reader.exports.look(OPERATION) == ExportReady(manifest=manifest(server.base))
    assert reader.exports.look(OPERATION) == ExportGone()


def test_a_blob_is_downloaded_without_our_token(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    server.says("GET", "/store/part-0.json.gz", Answer(200, WHOLE))

    assert reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz") == len(WHOLE)

    assert (tmp_path / "p.gz").read_bytes() == WHOLE
    assert [each.name for each in tmp_path.iterdir()] == ["p.gz"]
    (asked,) = server.to("/store/part-0.json.gz")
    assert (asked.query, asked.headers.get("authorization")) == ({"sig": "S3"}, None)


def test_a_broken_download_goes_on_where_it_stopped(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    rest = {"Content-Range": f"bytes 100000-{len(WHOLE) - 1}/{len(WHOLE)}", "ETag": '"1"'}
    server.says(
        "GET",
        "/store/part-0.json.gz",
        Answer(200, WHOLE, {"ETag": '"1"'}, cut=100_000),
        Answer(206, WHOLE[100_000:], rest),
    )

    reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert (tmp_path / "p.gz").read_bytes() == WHOLE
    again = server.to("/store/part-0.json.gz")[1].headers
    assert (again["range"], again["if-range"]) == ("bytes=100000-", '"1"')


@pytest.mark.parametrize(
    "bad",
    [
        Answer(200, WHOLE, cut=5),
        Answer(200, WHOLE[:-1]),  # a whole answer with a cut file
        Answer(200, WHOLE + b"x"),
        Answer(200, WHOLE[:-8] + bytes(4) + WHOLE[-4:]),  # a wrong check
        Answer(200, b"<html>busy</html>"),
        Answer(503, b"", {"Retry-After": "3"}),
    ],
)
def test_what_is_not_whole_is_fetched_again(server: Scripted, reader: Reader, tmp_path: Path, bad: Answer) -> None:
    server.says("GET", "/store/part-0.json.gz", bad, Answer(200, WHOLE))

    reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert (tmp_path / "p.gz").read_bytes() == WHOLE


def test_a_blob_that_stays_broken_is_refused_and_not_there(
    server: Scripted, reader: Reader, tmp_path: Path, waiting: Waiting
) -> None:
    server.says("GET", "/store/part-0.json.gz", Answer(200, WHOLE[:-1]))

    with pytest.raises(MicrosoftRefused, match="no whole gzip") as refused:
        reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert refused.value.passes
    assert len(server.to("/store/part-0.json.gz")) == 5
    assert not (tmp_path / "p.gz").exists()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_closed_store_asks_for_a_fresh_manifest(
    server: Scripted, reader: Reader, tmp_path: Path, status: int
) -> None:
    server.says("GET", "/store/part-0.json.gz", Answer(status))

    with pytest.raises(ManifestExpired):
        reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert len(server.to("/store/part-0.json.gz")) == 1


@pytest.mark.parametrize(
    ("root", "blob"),
    [
        ("http://10.1.2.3/store", "p.gz"),
        ("ftp://store.example", "p.gz"),
        ("https://user@store.example", "p.gz"),
        ("", "p.gz"),
        ("http://127.0.0.1:1/store", "../p.gz"),
        ("http://127.0.0.1:1/store", "/p.gz"),
    ],
)
def test_an_address_that_is_not_safe_is_never_asked(reader: Reader, tmp_path: Path, root: str, blob: str) -> None:
    with pytest.raises(MicrosoftRefused, match="Nothing was downloaded"):
        reader.exports.download(manifest("", root=root), blob, tmp_path / "p.gz")


def test_microsofts_manifest_can_not_lead_into_this_machine(server: Scripted, waiting: Waiting, tmp_path: Path) -> None:
    at_microsoft = Blobs(CLOUDS["global"], httpx.Client(), waiting.manners)

    with pytest.raises(MicrosoftRefused, match="Nothing was downloaded"):
        at_microsoft.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert server.asked == []


def test_a_redirect_is_not_followed(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    server.says("GET", "/store/part-0.json.gz", Answer(302, headers={"Location": f"{server.base}/elsewhere"}))

    with pytest.raises(MicrosoftRefused):
        reader.exports.download(manifest(server.base), "part-0.json.gz", tmp_path / "p.gz")

    assert server.to("/elsewhere") == []


def test_gzip_members_in_a_row_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "f"
    zeros = gzip.compress(bytes(9_000_000), mtime=0)  # much more comes out than goes in
    file.write_bytes(WHOLE + zeros + gzip.compress(b""))
    assert is_whole_gzip(file)

    for broken in (b"", WHOLE + zeros[:-2], zeros + b"\0", WHOLE[:10]):
        file.write_bytes(broken)
        assert not is_whole_gzip(file)
