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
from emulator.state import Invoice, World

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


CONTOSO = "0e0e0e0e-1111-4222-8333-444444444444"
LEGACY = "D02005YFHI"


def with_legacy_invoice(world: World, licences: int = 3, total: float = 33.5) -> World:
    """The world and a legacy invoice in it: licences at 11.00 EUR each, and one line of usage for 0.50 EUR."""
    details = [
        {"invoiceLineItemType": kind, "billingProvider": provider}
        for provider, kind in (
            ("office", "billing_line_items"),
            ("azure", "billing_line_items"),
            ("azure", "usage_line_items"),
        )
    ]
    document = {
        "id": LEGACY, "invoiceDate": f"{world.clock.now:%Y-%m-%d}T00:00:00Z", "totalCharges": total, "paidAmount": 0,
        "currencyCode": "EUR", "invoiceDetails": details, "documentType": "invoice", "invoiceType": "Recurring",
    }  # fmt: skip
    world.invoices[LEGACY] = Invoice(document=document)
    world.line_items[LEGACY, "office", "billinglineitems"] = [licence(number) for number in range(licences)]
    world.line_items[LEGACY, "azure", "billinglineitems"] = [legacy_usage()]
    return world


def licence(number: int = 0, **more: Any) -> dict[str, Any]:
    """A line of licences for 11.00 EUR, in the names of the documented example."""
    return {
        "customerId": CONTOSO, "customerName": "Contoso", "orderId": f"order-{number}", "subscriptionId": "4KIKawEA",
        "syndicationPartnerSubscriptionNumber": "1F58ACD7-FE51-4705-9567-D009C9ADA150", "offerId": "AAA5B3F0",
        "durableOfferId": "2F707C7C", "offerName": "Exchange Online (Plan 2)", "domainName": "contoso.example",
        "billingCycleType": "MONTHLY", "chargeStartDate": "2026-10-01T00:00:00",
        "chargeEndDate": "2026-10-31T00:00:00", "chargeType": "Cycle fee", "unitPrice": 6.82, "quantity": 2,
        "amount": 13.64, "totalOtherDiscount": 2.64, "subtotal": 11.0, "tax": 0.0, "totalForCustomer": 11.0,
        "currency": "EUR", "invoiceLineItemType": "billing_line_items", "billingProvider": "office",
        "attributes": {"objectType": "LicenseBasedLineItem"}, **more,
    }  # fmt: skip


def legacy_usage(**more: Any) -> dict[str, Any]:
    """A line of legacy usage for 0.50 EUR, in the names of the documented example."""
    return {
        "detailLineItemId": 1, "sku": "7UD-00001", "includedQuantity": 0, "overageQuantity": 0.000882,
        "listPrice": 0.0383, "currency": "EUR", "pretaxCharges": 0.5, "taxAmount": 0, "postTaxTotal": 0.5,
        "pretaxEffectiveRate": 0.08500671, "chargeType": "Assess usage fee for current cycle", "customerId": CONTOSO,
        "domainName": "contoso.example", "customerCompanyName": "Contoso", "mpnId": 4390934, "tier2MpnId": -1,
        "invoiceNumber": LEGACY, "subscriptionId": "87f4b92f", "billingCycleType": "Monthly",
        "serviceName": "Azure App Service", "resourceName": "S1", "consumedQuantity": 745,
        "chargeStartDate": "2026-10-01T00:00:00", "chargeEndDate": "2026-10-31T00:00:00", "unit": "1 Hour",
        "billingProvider": "azure", "attributes": {"objectType": "UsageBasedLineItem"}, **more,
    }  # fmt: skip
