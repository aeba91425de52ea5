"""The parts of an export, downloaded from Microsoft's store of blobs as they come (microsoft.md 3).

The store is opened by the manifest's own signature: our bearer token never goes there, and neither is ever logged. A
part is at its place only when all of it is there: whole by length and by gzip's own check, and on the disk.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from csp_receivables.adapters.partner_center.errors import refusal
from csp_receivables.adapters.partner_center.manners import Manners, TryAgain, persist, retry_after
from csp_receivables.adapters.partner_center.whole_files import is_whole_gzip, part_of, put_in_place
from csp_receivables.domain.microsoft.exports import Manifest
from csp_receivables.microsoft_ports import ManifestExpired, MicrosoftRefused
from csp_receivables.microsoft_settings import Cloud, is_safe_address

log = logging.getLogger(__name__)

_CLOSED = {401, 403, 404, 410}  # the signature ran out, or the data was made anew


class Blobs:
    """Downloads over connections of their own kind: no token, no redirect."""

    def __init__(self, cloud: Cloud, client: httpx.Client, manners: Manners) -> None:
        self._cloud = cloud
        self._client = client
        self._manners = manners

    def download(self, manifest: Manifest, blob: str, into: Path) -> int:
        """See `ChargeExports`. What broke off goes on where it stopped, if the store still has the same part."""
        address = self._address(manifest, blob)
        part = _Part(part_of(into))
        persist(self._manners, lambda: self._once(address, blob, part))
        return part.put_in_place(into)

    def _once(self, address: str, blob: str, part: _Part) -> None:
        headers = {"Accept-Encoding": "identity", **part.asks_for()}
        try:
            with self._client.stream("GET", address, headers=headers) as response:
                self._raise_if_refused(response, blob)
                part.take(response)
        except httpx.HTTPError as lost:
            log.info("blob %s broke off after %d bytes (%s)", blob, part.size, type(lost).__name__)
            raise TryAgain(_broken(blob, type(lost).__name__)) from None
        if not part.is_whole():
            part.forget()
            raise TryAgain(_broken(blob, "it is no whole gzip file"))
        log.info("blob %s -> %d bytes", blob, part.size)

    def _raise_if_refused(self, response: httpx.Response, blob: str) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status == 416:  # what we have is longer than what is there: it was made anew
            raise TryAgain(_broken(blob, "it changed"), 0)
        if status in _CLOSED:
            raise ManifestExpired(
                "manifest_expired",
                f"the store of blobs answered with HTTP {status} for {blob}",
                "Look at the export again: it tells a fresh manifest",
                status=status,
                passes=True,
            )
        response.read()
        refused = refusal(status, response.content)
        if refused.passes:
            raise TryAgain(refused, retry_after(response.headers.get("Retry-After"), self._manners.clock()))
        raise refused

    def _address(self, manifest: Manifest, blob: str) -> str:
        root = manifest.root.rstrip("/")
        safe = is_safe_address(root, may_be_here=self._cloud.is_emulator) and not urlsplit(root).query
        if not safe or any(step in ("", ".", "..") for step in blob.split("/")) or "\\" in blob:
            raise MicrosoftRefused(
                "unsafe_address",
                f"the manifest leads to {urlsplit(root).scheme or 'nothing'}://…, or outside its folder",
                "Nothing was downloaded: report it",
            )
        return f"{root}/{quote(blob)}?{manifest.access}"


class _Part:
    """The file that a download grows in, and what it may go on from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._etag = ""
        self._expected: int | None = None

    def asks_for(self) -> dict[str, str]:
        """Only the rest, if the store told us which version the beginning is of."""
        if not (self.size and self._etag):
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._etag}

    def take(self, response: httpx.Response) -> None:
        """Go on after what is there if the answer is the rest of it, else begin anew."""
        rest = f"bytes {self.size}-"
        if response.status_code != 206 or not response.headers.get("Content-Range", "").startswith(rest):
            self.size = 0
        etag, length = response.headers.get("ETag", ""), response.headers.get("Content-Length", "")
        self._etag = "" if etag.startswith("W/") else etag
        self._expected = self.size + int(length) if length.isascii() and length.isdigit() else None
        with self.path.open("r+b" if self.size else "wb", buffering=0) as file:
            file.truncate(self.size)
            file.seek(self.size)
            for chunk in response.iter_raw():
                self.size += _write_all(file, chunk)

    def forget(self) -> None:
        """Begin anew next time."""
        self.size, self._etag = 0, ""

    def is_whole(self) -> bool:
        """Whether it has the length that was told, and is gzip from its first byte to its last."""
        return (self._expected is None or self._expected == self.size) and is_whole_gzip(self.path)

    def put_in_place(self, into: Path) -> int:
        """On the disk first, then under its name."""
        put_in_place(self.path, into)
        return self.size


def _write_all(file: io.FileIO, chunk: bytes) -> int:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]
    return len(chunk)


def _broken(blob: str, why: str) -> MicrosoftRefused:
    return MicrosoftRefused(
        "download_broken", f"the download of {blob} broke ({why})", "Wait: it is tried again", passes=True
    )
