"""The emulator's own controls over HTTP, as tests of another process use them."""

from __future__ import annotations

from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN
from tests.emulator.serving import Client
from tests.emulator.subscriptions import NCE, TENANT, Actor, nce, world_of_subscriptions

INVOICE = "G112804417"


def test_it_says_that_it_is_no_microsoft(client: Client) -> None:
    about = client.http.get("/_emulator").json()

    assert (True, 3, 27) == (about["emulator"], len(about["invoices"]), about["customers"])


def test_what_microsoft_knows_can_be_added_and_changed(client: Client) -> None:
    told = {
        "customers": [{"tenantId": TENANT, "name": "Relecloud", "domain": "relecloud.example"}],
        "subscriptions": [{"customerId": TENANT, "subscription": nce()}],
    }
    client.http.post("/_emulator/partner", json=told)
    client.http.post("/_emulator/partner", json=told | {"subscriptions": [
        {"customerId": TENANT, "subscription": nce(status="suspended")}]})  # fmt: skip
    listed = client.get(f"/v1/customers/{TENANT}/subscriptions").json()["items"]

    assert ["suspended"] == [each["status"] for each in listed]
    assert 404 == client.http.get("/_emulator/subscriptions/none").status_code


def test_a_subscription_shows_with_what_is_pending(emulator: Emulator) -> None:
    emulator.world = world_of_subscriptions()
    actor = Actor(emulator)
    actor.http.patch("/_emulator/behaviour", json={"slow_share": 1.0})
    actor.change(status="suspended")
    kept = actor.http.get(f"/_emulator/subscriptions/{NCE}").json()

    assert ("active", "suspended") == (kept["document"]["status"], kept["pending"]["status"])
    assert kept["settles_at"].endswith("Z")


def test_an_invoice_can_change_appear_and_become_ready(client: Client) -> None:
    path = f"/_emulator/invoices/{INVOICE}"
    client.http.put(path, json={"paidAmount": 5, "readyAt": "2027-01-01T00:00:00Z"})
    client.http.put("/_emulator/invoices/G1", json={"invoiceDate": "2026-10-01T00:00:00Z", "totalCharges": 1.5})
    amounts = {each["id"]: each.get("paidAmount") for each in client.get("/v1/invoices").json()["items"]}

    assert (5, None) == (amounts[INVOICE], amounts["G1"])
    assert "failed" == client.exported(INVOICE)["status"]
    assert 404 == client.http.post("/_emulator/invoices/G1/regenerate").status_code


def test_the_door_can_be_narrowed_and_a_consent_taken_back(client: Client) -> None:
    client.http.put("/_emulator/sign-in", json={"applications": {"app": "right"}, "revoke": True, "consent": "new"})
    answers = [
        client.token(scope="https://graph.microsoft.com/.default", grant_type="client_credentials").json(),
        *(
            client.token(scope="x", grant_type="refresh_token", refresh_token=token, client_secret="right").json()
            for token in (REFRESH_TOKEN, "new")
        ),
    ]

    assert ["invalid_client", "invalid_grant", None] == [each.get("error") for each in answers]


def test_the_log_counts_effects_and_forgets_when_told(client: Client) -> None:
    client.ask(INVOICE)
    client.manifest(INVOICE)
    log = client.http.get("/_emulator/log").json()
    client.blob(client.manifest(INVOICE))

    assert 2 == log["effects"] == sum(bool(each["effect"]) for each in log["requests"])
    assert not client.world.log.entries[-1].bearer  # a blob needs none
    assert {"requests": [], "effects": 0} == client.http.delete("/_emulator/log").json()
