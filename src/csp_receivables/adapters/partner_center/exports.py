"""Graph's asynchronous export of billed and unbilled charges: asked for, looked at, downloaded (microsoft.md 3).

Whatever address an answer names, only the id at its end is taken: our own address is built from it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from csp_receivables.adapters.partner_center.answers import Record, exact_json, unreadable
from csp_receivables.adapters.partner_center.blobs import Blobs
from csp_receivables.adapters.partner_center.errors import clean
from csp_receivables.adapters.partner_center.session import Call, Expects, Reply, Service, Session
from csp_receivables.domain.microsoft.exports import (
    ExportFailed,
    ExportGone,
    ExportReady,
    ExportRunning,
    ExportState,
    Manifest,
)
from csp_receivables.microsoft_ports import MicrosoftRefused

BILLING = "/v1.0/reports/partners/billing"
LOOK_AGAIN = 10  # seconds, as in Microsoft's examples
LOOK_AGAIN_MAX = 3600
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LAST = re.compile(r"/(?P<kind>operations|manifests)(?:/|\(')(?P<id>[A-Za-z0-9_-]{1,100})(?:'\))?/?(?:\?.*)?$")


class Charges(StrEnum):
    """What can be exported of an invoice or a period."""

    RECONCILIATION = "reconciliation"
    DAILY_USAGE = "usage"


class Exports:
    """`ChargeExports` over the wire."""

    def __init__(self, session: Session, blobs: Blobs, charges: Charges = Charges.RECONCILIATION) -> None:
        self._session = session
        self._blobs = blobs
        self._charges = charges

    def ask(self, invoice_id: str) -> str:
        """See `ChargeExports`."""
        return self._ask("billed", {"invoiceId": invoice_id, "attributeSet": "full"})

    def ask_unbilled(self, currency: str, period: str) -> str:
        """See `UnbilledExports`."""
        asked = {"currencyCode": currency, "billingPeriod": period, "attributeSet": "full"}
        return self._ask("unbilled", asked)

    def look(self, operation: str) -> ExportState:
        """See `ChargeExports`."""
        own = f"{BILLING}/operations/{_id_in(operation, 'operations')}"
        try:
            reply = self._get(own)
            answer = reply.json()
            state = state_of(answer, reply.headers.get("retry-after", ""))
            return state or ExportReady(manifest=self._linked(answer))
        except MicrosoftRefused as refused:
            if refused.status in (404, 410):  # expired, and perhaps cleared away since
                return ExportGone()
            raise

    def download(self, manifest: Manifest, blob: str, into: Path) -> int:
        """See `ChargeExports`."""
        return self._blobs.download(manifest, blob, into)

    def _ask(self, which: str, body: dict[str, str]) -> str:
        path = f"{BILLING}/{self._charges.value}/{which}/export"
        # Asking twice makes two operations and harms nobody.
        reply = self._session.send(
            Call(
                method="POST",
                service=Service.GRAPH,
                path=path,
                body=exact_json(body).encode(),
                expects=Expects.LOCATION,
            )
        )
        where = reply.headers.get("location") or reply.headers.get("operation-location") or ""
        return f"{self._session.cloud.graph_at}{BILLING}/operations/{_id_in(where, 'operations')}"

    def _linked(self, answer: Record) -> Manifest:
        link = answer.needed("resourceLocation@odata.navigationLink")
        path = f"{BILLING}/manifests/{_id_in(link, 'manifests')}"
        return manifest_of(self._get(path).json())

    def _get(self, path: str) -> Reply:
        return self._session.send(Call(method="GET", service=Service.GRAPH, path=path, expects=Expects.JSON))


def state_of(answer: Record, retry_after: str = "") -> ExportState | None:
    """How the operation stands; None: it succeeded, and its manifest lies behind a link."""
    status, kind = answer.text("status").casefold(), answer.text("@odata.type").rpartition(".")[2].casefold()
    if status == "failed" or kind == "failedoperation":
        error = answer.record("error")
        return ExportFailed(code=error.text("code"), message=clean(error.text("message")))
    if status in ("succeeded", "completed") or kind == "exportsuccessoperation":
        if "resourceLocation" in answer:
            return ExportReady(manifest=manifest_of(answer.record("resourceLocation")))
        return None
    seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else LOOK_AGAIN
    return ExportRunning(look_again_in=timedelta(seconds=min(max(seconds, 1), LOOK_AGAIN_MAX)))


def manifest_of(answer: Record) -> Manifest:
    """The manifest in an answer; the beta's names are understood, too. Raises MicrosoftRefused."""
    names = [each.needed("name") for each in answer.records("blobs")]
    count = answer.whole("blobCount") if "blobCount" in answer else len(names)
    if count != len(names):
        raise unreadable(answer.where, f"a list of {len(names)} blobs that should be {count}")
    return Manifest(
        manifest_id=answer.text("id"),
        etag=answer.needed("eTag"),
        root=answer.text("rootDirectory") or answer.needed("rootFolder"),
        blobs=tuple(sorted(set(names))),
        access=(answer.text("sasToken") or answer.text("rootFolderSAS")).removeprefix("?"),
    )


def _id_in(address: str, kind: str) -> str:
    found = _LAST.search(address)
    if not found or found["kind"] != kind or not _ID.fullmatch(found["id"]):
        raise unreadable("an export's answer", f"no id of {kind} where one should be")
    return found["id"]
