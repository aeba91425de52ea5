"""A running emulator for a test, and a client of it that signs in and asks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from emulator.clock import Clock
from emulator.loading import load_folder
from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN, remember_consent
from emulator.state import World

SAMPLE = Path(__file__).parents[2] / "include" / "sample" / "inbox" / "microsoft"
BILLING = "/v1.0/reports/partners/billing"
SCOPES = {
    "partner_center": "https://api.partnercenter.microsoft.com/.default",
    "graph": "https://graph.microsoft.com/.default",
}


def sample_world(now: datetime | None = None) -> World:
    """The sample's three invoices."""
    return load_folder(SAMPLE, now)


def empty_world(now: datetime = datetime(2026, 11, 8, 6, tzinfo=UTC)) -> World:
    """A partner with nothing."""
    world = World(clock=Clock(now))
    remember_consent(world)
    return world


class Client:
    """Asks one emulator; `rest` as an app, `user` as an app that acts for a person, `graph` as an app."""

    def __init__(self, emulator: Emulator) -> None:
        self.world = emulator.world
        self.http = httpx.Client(base_url=emulator.url, timeout=10)
        self._bearers: dict[str, dict[str, str]] = {}

    def sign_in(self) -> None:
        """Fresh tokens from now on: they last an hour of the emulator's."""
        self._bearers.clear()

    @property
    def rest(self) -> dict[str, str]:
        return self._bearers.get("rest") or self._bearer("rest", SCOPES["partner_center"])

    @property
    def graph(self) -> dict[str, str]:
        return self._bearers.get("graph") or self._bearer("graph", SCOPES["graph"])

    @property
    def user(self) -> dict[str, str]:
        scope = "https://api.partnercenter.microsoft.com/user_impersonation"
        return self._bearers.get("user") or self._bearer("user", scope, REFRESH_TOKEN)

    def token(self, **fields: str) -> httpx.Response:
        secret = {"client_id": "app", "client_secret": "secret"}
        return self.http.post("/partner/oauth2/v2.0/token", data=secret | fields)

    def _bearer(self, name: str, scope: str, refresh: str = "") -> dict[str, str]:
        kind = (
            {"grant_type": "refresh_token", "refresh_token": refresh}
            if refresh
            else {"grant_type": "client_credentials"}
        )
        answer = self.token(scope=scope, **kind)
        self._bearers[name] = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return self._bearers[name]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A GET of Partner Center's as an app."""
        return self.http.get(path, headers=self.rest | headers)

    def exported(self, invoice_id: str, export: str = "reconciliation/billed") -> dict[str, Any]:
        """The final body of an export's operation."""
        return self.settled(self.ask(invoice_id, export))

    def ask(self, invoice_id: str, export: str = "reconciliation/billed") -> httpx.Response:
        return self.http.post(f"{BILLING}/{export}/export", json={"invoiceId": invoice_id}, headers=self.graph)

    def settled(self, asked: httpx.Response) -> dict[str, Any]:
        """The operation when it is done or failed."""
        while (operation := self.http.get(asked.headers["Location"], headers=self.graph).json())["status"] in (
            "notStarted",
            "running",
        ):
            pass
        return operation

    def manifest(self, invoice_id: str) -> dict[str, Any]:
        where = self.exported(invoice_id)["resourceLocation@odata.navigationLink"]
        return self.http.get(where, headers=self.graph).json()

    def blob(self, manifest: dict[str, Any], place: int = 0, **headers: str) -> httpx.Response:
        """One of the manifest's blobs, without a bearer token."""
        return self.http.get(address(manifest, place), headers=headers)


def address(manifest: dict[str, Any], place: int = 0) -> str:
    return f"{manifest['rootDirectory']}/{manifest['blobs'][place]['name']}?{manifest['sasToken']}"
