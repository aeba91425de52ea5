"""How the doors behave: sign-in and its tokens, who is let in where, headers, pages, links that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import jwt
import msal
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from emulator.clock import moment
from emulator.faults import Wanted
from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN
from emulator.state import Customer, ServiceRequest
from tests.emulator.serving import SCOPES, Client, empty_world
from tests.emulator.subscriptions import TENANT, code

INVOICE = "G112804417"
PC = SCOPES["partner_center"]


class Loopback(httpx.Client):
    """msal insists on https, and the emulator speaks http here; httpx doesn't take msal's assertion as bytes."""

    def get(self, url: str, **options: Any) -> httpx.Response:  # type: ignore[override]
        return super().get(url.replace("https:", "http:"), **options)

    def post(self, url: str, data: dict[str, Any], **options: Any) -> httpx.Response:  # type: ignore[override]
        sent = {key: value.decode() if isinstance(value, bytes) else value for key, value in data.items()}
        return super().post(url.replace("https:", "http:"), data=sent, **options)


def _msal(emulator: Emulator, credential: object) -> msal.ConfidentialClientApplication:
    authority = f"{emulator.url.replace('http:', 'https:')}/partner"
    return msal.ConfidentialClientApplication(
        "app", credential, authority=authority, http_client=Loopback(), instance_discovery=False
    )


def test_msal_signs_in_with_a_secret(client: Client, emulator: Emulator) -> None:
    client.world.sign_in.applications["app"] = "right"
    token = _msal(emulator, "right").acquire_token_for_client([PC])
    refused = _msal(emulator, "wrong").acquire_token_for_client([PC])

    assert 3599 == token["expires_in"]
    assert (
        200 == client.http.get("/v1/invoices", headers={"Authorization": f"Bearer {token['access_token']}"}).status_code
    )
    assert ("invalid_client", [7000215]) == (refused["error"], refused["error_codes"])


@pytest.mark.parametrize("known", [True, False])
def test_msal_signs_in_with_a_certificate(client: Client, emulator: Emulator, known: bool) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = (key if known else other).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    client.world.sign_in.certificates["app"] = public.decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    answer = _msal(emulator, {"private_key": private, "thumbprint": "A" * 40}).acquire_token_for_client([PC])

    assert known is ("access_token" in answer)
    assert known or [700027] == answer["error_codes"]


def test_msal_rolls_a_refresh_token_until_the_consent_is_revoked(client: Client, emulator: Emulator) -> None:
    app, scope = _msal(emulator, "secret"), ["https://api.partnercenter.microsoft.com/user_impersonation"]
    first = app.acquire_token_by_refresh_token(REFRESH_TOKEN, scope)
    second = app.acquire_token_by_refresh_token(first["refresh_token"], scope)
    client.world.sign_in.refresh_tokens.clear()
    refused = app.acquire_token_by_refresh_token(second["refresh_token"], scope)

    assert 3 == len({REFRESH_TOKEN, first["refresh_token"], second["refresh_token"]})
    assert ["pwd", "mfa"] == jwt.decode(first["access_token"], options={"verify_signature": False})["amr"]
    assert "invalid_grant" == refused["error"]
    assert refused["error_description"].startswith("AADSTS50173: ")


def test_a_refresh_token_dies_of_ninety_unused_days(client: Client) -> None:
    client.world.clock.advance(90 * 24 * 3600)
    answer = client.token(grant_type="refresh_token", refresh_token=REFRESH_TOKEN, scope=PC)

    assert (400, "invalid_grant", [700082]) == (
        answer.status_code,
        answer.json()["error"],
        answer.json()["error_codes"],
    )


def test_version_one_of_the_token_endpoint_takes_a_resource(client: Client) -> None:
    fields = {"client_id": "app", "client_secret": "s", "grant_type": "client_credentials",
              "resource": "https://graph.microsoft.com"}  # fmt: skip
    token = client.http.post("/partner/oauth2/token", data=fields).json()["access_token"]
    ours = {"Authorization": f"Bearer {token}"}

    assert (401, 900420) == code(client.http.get("/v1/invoices", headers=ours))
    assert 404 == client.http.get("/v1.0/reports/partners/billing/operations/x", headers=ours).status_code
    assert 401 == client.http.get("/v1.0/reports/partners/billing/operations/x", headers=client.rest).status_code


def test_a_token_lasts_3599_seconds(client: Client) -> None:
    assert 200 == client.get("/v1/invoices").status_code
    client.world.clock.advance(3598)
    assert 200 == client.get("/v1/invoices").status_code
    client.world.clock.advance(1)
    assert 401 == client.get("/v1/invoices").status_code


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/invoices/{INVOICE}",
        "/v1/invoices/summaries",
        "/v1/servicerequests/1",
        f"/v1/customers/{TENANT}/servicerequests",
    ],
)
def test_what_an_app_alone_is_refused(client: Client, path: str) -> None:
    assert (403, 900329) == code(client.get(path))
    assert client.http.get(path, headers=client.user).status_code in (200, 403, 404)


def test_a_user_without_mfa_is_refused_and_an_app_is_not(client: Client) -> None:
    client.world.behaviour = replace(client.world.behaviour, users_pass_mfa=False)

    refused = client.http.get("/v1/invoices", headers=client.user | {"ValidateMfa": "true"})
    assert (401, 900421, "false") == (*code(refused), refused.headers["isMfaCompliant"])
    assert 200 == client.get("/v1/invoices").status_code


def test_ids_come_back_and_a_mark_stands_before_the_json(client: Client) -> None:
    answer = client.get("/v1/invoices", **{"MS-RequestId": "mine", "MS-CorrelationId": "ours"})

    assert ("mine", "ours") == (answer.headers["MS-RequestId"], answer.headers["MS-CorrelationId"])
    assert {"ms-cv", "ms-serverid", "date"} <= set(answer.headers)
    assert answer.content.startswith(b"\xef\xbb\xbf")


def test_the_link_to_a_pdf_ends_after_half_an_hour(client: Client) -> None:
    link = client.http.get(f"/v1/invoices/{INVOICE}", headers=client.user).json()["pdfDownloadLink"]
    assert client.http.get(f"/v1{link}", headers=client.user).content.startswith(b"%PDF")
    client.world.clock.advance(30 * 60)
    assert 404 == client.http.get(f"/v1{link}", headers=client.user).status_code


def test_an_invoice_shows_from_its_date_on(client: Client) -> None:
    dates = [moment(each.document["invoiceDate"]) for each in client.world.invoices.values()]
    client.world.clock.set(min(dates))

    assert 1 == client.get("/v1/invoices").json()["totalCount"]


def test_lines_come_page_by_page_with_a_token_and_a_link_that_is_misspelt(client: Client) -> None:
    path = f"/v1/invoices/{INVOICE}/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&size=40"
    page, lines, tokens = client.get(path).json(), [], {}
    assert page["links"]["next"]["uri"].endswith("&nvoicelineitemtype=billinglineitems&size=40?seekOperation=Next")
    while True:
        lines += page["items"]
        if "next" not in page["links"]:
            break
        tokens = {each["key"]: each["value"] for each in page["links"]["next"]["headers"]}
        page = client.get(f"{path}&seekOperation=Next", **tokens).json()

    assert sum(1 for _ in client.world.charges["reconciliation", INVOICE].lines()) == len(lines)
    assert {"OneTimeInvoiceLineItem"} == {each["attributes"]["objectType"] for each in lines}
    assert (400, 3000) == code(client.get(f"{path}&seekOperation=Next", **{"MS-ContinuationToken": "else"}))
    assert (400, 3000) == code(client.get(path.replace("size=40", "size=2001")))


def test_customers_come_by_size_and_token_without_those_who_left(client: Client) -> None:
    key = next(iter(client.world.customers))
    client.world.customers[key] = replace(client.world.customers[key], related=False)
    first = client.get("/v1/customers?size=20").json()
    token = {"MS-ContinuationToken": first["continuationToken"]}
    second = client.get("/v1/customers?size=20&seekOperation=Next", **token).json()
    shown = [each["id"] for each in first["items"] + second["items"]]

    assert len(client.world.customers) - 1 == len(shown) == len(set(shown))
    assert "next" not in second["links"]


def test_audit_goes_back_ninety_days_and_no_further(client: Client) -> None:
    now = client.world.clock.now
    back = [f"{now.date().fromordinal(now.toordinal() - days):%Y-%m-%d}" for days in (90, 91)]

    assert 200 == client.get(f"/v1/auditrecords?startDate={back[0]}").status_code
    assert (400, 3000) == code(client.get(f"/v1/auditrecords?startDate={back[1]}"))


@pytest.fixture
def desk(emulator: Emulator) -> Iterator[Client]:
    """A customer with one service request."""
    world = empty_world()
    world.customers[TENANT] = Customer(tenant_id=TENANT, name="Relecloud", domain="relecloud.example")
    world.service_requests["615112491169010"] = ServiceRequest(
        tenant_id=TENANT,
        document={"title": "Test", "severity": "critical", "id": "615112491169010", "status": "open",
                  "createdDate": "2026-11-01T01:07:00Z", "lastClosedDate": "0001-01-01T00:00:00"},
    )  # fmt: skip
    emulator.world = world
    client = Client(emulator)
    yield client
    client.http.close()


def test_a_list_of_service_requests_has_numbers_and_a_detail_has_words(desk: Client) -> None:
    (row,) = desk.http.get(f"/v1/customers/{TENANT}/servicerequests", headers=desk.user).json()["items"]
    detail = desk.http.get("/v1/servicerequests/615112491169010", headers=desk.user).json()

    assert (1, 1, "2026-11-01T01:07:00") == (row["severity"], row["status"], row["createdDate"])
    assert ("critical", "open", "0001-01-01T00:00:00") == (
        detail["severity"],
        detail["status"],
        detail["lastClosedDate"],
    )


def test_a_note_and_a_status_are_added_to_a_service_request(desk: Client) -> None:
    path, body = "/v1/servicerequests/615112491169010", {"Status": "closed", "NewNote": {"Text": "Thanks"}}
    after = desk.http.patch(path, json=body, headers=desk.user).json()

    assert ("closed", "Thanks", "2026-11-08T06:00:00") == (
        after["status"],
        after["notes"][0]["text"],
        after["lastClosedDate"],
    )
    assert 1 == desk.world.log.effects()
    assert (400, 3000) == code(desk.http.patch(path, json={"Status": "lost"}, headers=desk.user))
    assert (400, 3000) == code(desk.http.patch(path, json={"NewNote": "Thanks"}, headers=desk.user))


def test_the_log_tells_what_was_asked_and_the_doors_have_their_own_words_for_busy(client: Client) -> None:
    for path in ("/v1/invoices", "/v1.0/reports"):
        client.world.faults.want(Wanted(kind="throttled", path=path))
    rest, graph = client.get("/v1/invoices"), client.http.get("/v1.0/reports/x", headers=client.graph)
    log = client.http.get("/_emulator/log").json()["requests"]

    assert {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 10 seconds."} == rest.json()
    assert ("10", "TooManyRequests") == (graph.headers["Retry-After"], graph.json()["error"]["code"])
    assert [429, 429] == [each["status"] for each in log if each["fault"] == "throttled"]
