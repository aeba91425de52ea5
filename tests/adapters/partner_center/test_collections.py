"""Lists page by page: by tokens and by counting, from links that can't be trusted."""

from __future__ import annotations

import gzip
import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.partner_center.line_items import LineItems
from csp_receivables.adapters.partner_center.reader import Reader
from csp_receivables.domain.microsoft.invoices import ChargeList
from csp_receivables.microsoft_ports import MicrosoftRefused
from tests.microsoft_server import Answer, Scripted, as_json

CUSTOMERS = "/v1/customers"
TOKEN = "d196,a4ayc/80/OGda4BO/1o=,0d81"  # commas, slashes and "=", as documented
LEGACY = ChargeList(provider="office", kind="billinglineitems", currency="EUR")
USAGE = ChargeList(provider="onetime", kind="usagelineitems", currency="EUR")


def page(items: list[Any], token: str = "", uri: str = "/customers?size=500&seekOperation=Next") -> Answer:
    following = {"uri": uri, "method": "GET", "headers": [{"key": "MS-ContinuationToken", "value": token}]}
    return as_json({"totalCount": len(items), "items": items, "links": {"next": following} if token else {}})


def customer(tenant: str) -> dict[str, Any]:
    return {"id": tenant, "companyProfile": {"tenantId": tenant, "companyName": "Contoso"}}


def test_the_token_goes_back_as_it_came_and_to_our_own_address(server: Scripted, reader: Reader) -> None:
    astray = "https://evil.example/customers?size=500&seekOperation=Next"
    first_page, second_page = [customer("a"), customer("b")], [customer("b"), {"id": "c"}]
    server.says("GET", CUSTOMERS, page(first_page, TOKEN, astray), page(second_page))

    assert list(reader.subscriptions.tenants()) == ["a", "b", "c"]

    first, second = server.to(CUSTOMERS)
    assert "ms-continuationtoken" not in first.headers
    assert second.headers["ms-continuationtoken"] == TOKEN
    assert second.query == {"size": "500", "seekOperation": "Next"}


def test_a_link_that_asks_for_something_else_is_told(
    server: Scripted, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    typo = "/customers?size=2?seekOperation=Next&nvoicelineitemtype=x"  # as documented: no alarm
    other = "/elsewhere?size=500&seekOperation=Next"
    for uri, alarms in ((typo, 0), (other, 1)):
        caplog.clear()
        server.says("GET", CUSTOMERS, page([], TOKEN, uri), page([]))
        with caplog.at_level(logging.WARNING):
            list(reader.subscriptions.tenants())

        assert len([each for each in caplog.records if "next link" in each.message]) == alarms


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([page([], "1"), page([], "2"), page([], "1")], "there before"),
        ([as_json({"items": [], "links": {"next": {"uri": "/customers"}}})], "without the token"),
        ([as_json({"items": {"id": "a"}})], "no list"),
        ([page([], "å\r\nX: y"), page([])], "fits into no header"),
        ([as_json({"items": ["a"]})], "no JSON object"),
        ([as_json({"items": [{"name": "no id"}]})], "no id"),
    ],
)
def test_a_list_that_can_not_be_read_whole_is_refused(
    server: Scripted, reader: Reader, pages: list[Answer], said: str
) -> None:
    server.says("GET", CUSTOMERS, *pages)

    with pytest.raises(MicrosoftRefused, match=said):
        list(reader.subscriptions.tenants())


def test_line_items_of_legacy_invoices_are_counted_through(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    path = "/v1/invoices/D1/lineitems"
    rows = [{"amount": 1.10, "quantity": 2, "name": "å"}, {"amount": "3.00"}, {"amount": 10000000000000000.01}]
    exact = [{"amount": "1.1", "quantity": "2", "name": "å"}, {"amount": "3.00"}, {"amount": "1E+16"}]
    server.says("GET", path, as_json({"items": rows[:2]}), as_json({"items": rows[2:]}))

    count = LineItems(reader.line_items._session, page=2).download("D1", LEGACY, tmp_path / "lines.gz")

    assert count == 3
    lines = gzip.decompress((tmp_path / "lines.gz").read_bytes()).splitlines()
    assert [json.loads(line) for line in lines] == exact
    first, second = server.to(path)
    assert first.query == {"provider": "office", "invoicelineitemtype": "billinglineitems", "size": "2", "offset": "0"}
    assert second.query["offset"] == "2"


def test_a_list_that_does_not_count_on_is_refused(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    server.says("GET", "/v1/invoices/D1/lineitems", as_json({"items": [{"a": 1}, {"a": 2}]}))

    with pytest.raises(MicrosoftRefused, match="the same page again"):
        LineItems(reader.line_items._session, page=2).download("D1", LEGACY, tmp_path / "lines.gz")


def test_a_number_keeps_every_digit(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    body = b'{"items": [{"amount": 10000000000000000.010, "rate": 5.48E-07, "seats": 12345678901234567890}]}'
    server.says("GET", "/v1/invoices/D1/lineitems", Answer(200, body))

    reader.line_items.download("D1", LEGACY, tmp_path / "lines.gz")

    (line,) = gzip.decompress((tmp_path / "lines.gz").read_bytes()).splitlines()
    assert json.loads(line) == {"amount": "10000000000000000.010", "rate": "5.48E-7", "seats": "12345678901234567890"}


def test_line_items_of_new_commerce_follow_tokens(server: Scripted, reader: Reader, tmp_path: Path) -> None:
    path = "/v1/invoices/G1/lineitems"
    uri = "/invoices/G1/lineitems?provider=OneTime&nvoicelineitemtype=UsageLineItems&size=2000?seekOperation=Next"
    server.says("GET", path, page([{"a": 1}], TOKEN, uri), page([{"a": 2}]))

    assert reader.line_items.download("G1", USAGE, tmp_path / "lines.gz") == 2

    first, second = server.to(path)
    assert first.query == {
        "provider": "onetime", "invoicelineitemtype": "usagelineitems", "currencycode": "EUR", "size": "2000",
    }  # fmt: skip
    assert second.query == {**first.query, "seekOperation": "Next"}


def test_a_download_that_fails_halfway_leaves_nothing_at_its_place(
    server: Scripted, reader: Reader, tmp_path: Path
) -> None:
    path = "/v1/invoices/G1/lineitems"
    server.says("GET", path, page([{"a": 1}], TOKEN), as_json({"code": 1}, 400))
    with pytest.raises(MicrosoftRefused):
        reader.line_items.download("G1", USAGE, tmp_path / "lines.gz")
    assert not (tmp_path / "lines.gz").exists()

    server.says("GET", path, page([{"a": 1}]))
    reader.line_items.download("G1", USAGE, tmp_path / "lines.gz")

    assert [each.name for each in tmp_path.iterdir()] == ["lines.gz"]
    first = (tmp_path / "lines.gz").read_bytes()
    reader.line_items.download("G1", USAGE, tmp_path / "lines.gz")
    assert (tmp_path / "lines.gz").read_bytes() == first


def test_subscriptions_come_in_the_order_of_their_ids(server: Scripted, reader: Reader) -> None:
    path = "/v1/customers/t/subscriptions"
    server.says("GET", path, as_json({"items": [{"id": "b", "status": "disabled"}, {"id": "a", "status": "new word"}]}))

    assert [(each.subscription_id, each.status) for each in reader.subscriptions.subscriptions("t")] == [
        ("a", "new word"),
        ("b", "disabled"),
    ]


@pytest.mark.parametrize("tenant", ["..", "a/b", "a?b", "", "a#b", "a%2Fb", "å"])
def test_an_id_can_not_lead_elsewhere(server: Scripted, reader: Reader, tenant: str) -> None:
    with pytest.raises(MicrosoftRefused, match="id has characters"):
        reader.subscriptions.subscriptions(tenant)

    assert server.asked == []


def test_an_audit_record_tells_a_suspension_and_no_password(server: Scripted, reader: Reader) -> None:
    value = {"Id": "s1", "Status": "Suspended", "AutoRenewEnabled": False, "Quantity": 5, "Password": "Hunter2"}
    told = {"customerId": "t", "resourceType": "subscription", "operationType": "update_subscription"}
    secret = {
        "resourceType": "user",
        "resourceNewValue": json.dumps({"Password": "Hunter2"}),
        "userPrincipalName": "p@x",
    }
    records = [told | {"resourceNewValue": json.dumps(value)}, told | {"resourceNewValue": "not JSON"}, secret]
    server.says("GET", "/v1/auditrecords", as_json({"items": records}))

    suspended, unclear, user = reader.audit.on(date(2026, 11, 9))

    assert (suspended.subscription_id, suspended.subscription_status) == ("s1", "suspended")
    assert (suspended.auto_renew, suspended.quantity) == (False, 5)
    assert (unclear.operation, unclear.subscription_id) == ("update_subscription", "")
    assert "Hunter2" not in repr((suspended, unclear, user))
    assert "p@x" not in repr(user)
    assert server.to("/v1/auditrecords")[0].query == {"startDate": "2026-11-09", "endDate": "2026-11-09", "size": "500"}


def test_amendments_are_found_however_deep_and_each_once(server: Scripted, reader: Reader) -> None:
    shape = {"invoiceDate": "0001-01-01T00:00:00", "totalCharges": "1.00", "currencyCode": "EUR"}
    third = {"id": "G3", "invoiceType": "one_time", **shape}
    second = {"ID": "G2", "invoiceType": "OneTime", "amendments": [third], **shape}
    first = {"id": "G1", "invoiceType": "one_time", "documentType": "void_note", "amendments": [second], **shape}
    server.says("GET", "/v1/invoices", as_json({"items": [third, first, {"id": "X9", "invoiceType": "new", **shape}]}))

    found = reader.invoices.invoices()

    assert [(each.invoice_id, each.amends) for each in found] == [("G1", ""), ("G2", "G1"), ("G3", "G2"), ("X9", "")]
    assert found[0].invoiced_at is None
    assert json.loads(found[2].document)["amendsOf"] == "G2"
