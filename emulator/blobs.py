"""The host of blobs: a shared access signature instead of a bearer token, ranges, gzip JSON lines from files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from emulator.answers import TheWorld, fault_of
from emulator.clock import moment, stamp
from emulator.state import Manifest, World

_PIECE = 256 * 1024
_NO_SIGNATURE = "Server failed to authenticate the request. Make sure the value of the signature is correct."
router = APIRouter()


def shared_access_signature(world: World, manifest: Manifest) -> str:
    """The query that opens the manifest's folder from now on, for `sas_seconds`."""
    start = stamp(world.clock.now.replace(microsecond=0))
    end = stamp((world.clock.now + timedelta(seconds=world.behaviour.sas_seconds)).replace(microsecond=0))
    return (
        f"skoid={world.partner.tenant_id}&sktid={world.partner.tenant_id}&skt={quote(start)}&ske={quote(end)}&sks=b"
        f"&skv=2021-08-06&sv=2021-08-06&se={quote(end)}&sr=d&sp=rl&sdd=7&sig={_signature(manifest.id, end)}"
    )


@router.get("/blobs/{manifest_id}/{path:path}")
async def blob(request: Request, world: TheWorld, manifest_id: str, path: str) -> Response:
    """One blob, or the bytes of it that `Range` asks for."""
    end = request.query_params.get("se", "")
    is_signed = request.query_params.get("sig") == _signature(manifest_id, end)
    if not is_signed or moment(end) <= world.clock.now or fault_of(request) == "sas_expired":
        return _error(403, "AuthenticationFailed", _NO_SIGNATURE)
    manifest = world.manifests.get(manifest_id)
    folder, _, name = path.rpartition("/")
    file = next((each for each in (*manifest.blobs, *manifest.older) if each.name == name), None) if manifest else None
    if manifest is None or file is None or not _same(folder, manifest.folder):
        return _error(404, "BlobNotFound", "The specified blob does not exist.")
    size = file.stat().st_size
    if fault_of(request) == "gzip_cut":
        size -= min(size, max(8, size // 3))
    return _pieces(file, size, request.headers.get("Range", ""))


def _pieces(file: Path, size: int, asked: str) -> Response:
    first, last = _range(asked, size)
    if first >= size > 0:
        return _error(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    headers = {
        "Content-Length": str(last - first + 1),
        "Accept-Ranges": "bytes",
        "ETag": f'"{hashlib.sha256(f"{file.name}{size}".encode()).hexdigest()[:17]}"',
    }
    if asked:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    pieces = _read(file, first, last - first + 1)
    return StreamingResponse(pieces, 206 if asked else 200, headers, "application/octet-stream")


def _range(asked: str, size: int) -> tuple[int, int]:
    """First and last byte. One range only, as much of it as there is; anything else is taken as the whole."""
    unit, _, span = asked.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip() != "bytes" or not dash or not first.strip().isdigit():
        return 0, size - 1
    return int(first), min(int(last) if last.strip().isdigit() else size - 1, size - 1)


def _read(file: Path, first: int, length: int) -> Iterator[bytes]:
    with file.open("rb") as raw:
        raw.seek(first)
        while length > 0 and (piece := raw.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece


def _same(folder: str, expected: str) -> bool:
    """The folder as in the manifest. Its version may be an older one: the data was generated again meanwhile."""
    return folder.partition("InvoiceVersion=")[0] == expected.partition("InvoiceVersion=")[0]


def _signature(manifest_id: str, end: str) -> str:
    return hashlib.sha256(f"emulator {manifest_id} {end}".encode()).hexdigest()


def _error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, {"x-ms-error-code": code}, "application/xml")
