"""Every documented answer parses to the values it shows. The documentation's files lie beside the checkout."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.partner_center import audit, balances, service_requests
from csp_receivables.adapters.partner_center.actor import changed
from csp_receivables.adapters.partner_center.answers import Record, parse_json
from csp_receivables.adapters.partner_center.errors import refusal
from csp_receivables.adapters.partner_center.exports import manifest_of, state_of
from csp_receivables.adapters.partner_center.invoices import listed
from csp_receivables.adapters.partner_center.line_items import as_line
from csp_receivables.adapters.partner_center.subscriptions import read
from csp_receivables.domain.microsoft.exports import ExportFailed, ExportReady, ExportRunning
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce
from csp_receivables.domain.microsoft.subscriptions import Family

DOCUMENTED = Path(__file__).parents[4] / "shared" / "data" / "microsoft"
pytestmark = pytest.mark.skipif(
    not (DOCUMENTED / "rest").is_dir(),
    reason="NOT CHECKED: no documented exchanges beside the checkout",
)


def answer(name: str) -> Record:
    return Record(parse_json((DOCUMENTED / name).read_bytes()), name)


def items(name: str) -> list[Record]:
    return list(answer(f"rest/{name}.response.json").records("items"))


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_the_list_of_invoices_with_its_amendment() -> None:
    legacy, voided, replacement = listed(answer("rest/invoices_list.response.json"))

    assert (legacy.invoice_id, legacy.commerce, legacy.invoiced_at) == (
        "D02005YFHI",
        Commerce.LEGACY,
        moment(2017, 1, 21),
    )
    assert legacy.charge_lists == (ChargeList(provider="office", kind="billinglineitems", currency="GBP"),)
    assert json.loads(legacy.document) == {
        "id": "D02005YFHI",
        "invoiceDate": "2017-01-21T00:00:00Z",
        "totalCharges": "24606.35",
        "currencyCode": "GBP",
        "documentType": "invoice",
        "invoiceType": "Recurring",
    }
    assert (voided.invoice_id, voided.document_type, voided.amends) == ("G000024130", "void_note", "")
    assert (replacement.invoice_id, replacement.document_type) == ("G000024131", "adjustment_note")
    assert (replacement.amends, replacement.commerce) == ("G000024130", Commerce.NEW)
    assert replacement.invoiced_at == datetime(2018, 2, 8, 18, 44, 37, 538145, UTC)
    assert json.loads(replacement.document)["totalCharges"] == "107661.12"


def test_one_invoice() -> None:
    (invoice,) = listed(answer("rest/invoice_by_id.response.json"))

    shown = json.loads((DOCUMENTED / "rest/invoice_by_id.response.json").read_text("utf-8-sig"))
    assert invoice.invoice_id == shown["id"]
    assert "paidAmount" not in invoice.document
    assert "pdf" not in invoice.document


def test_balances() -> None:
    whole, recurring, one_time = balances.balances(answer("rest/invoice_summary.response.json"))

    assert (whole.currency, whole.balance, whole.last_payment) == ("USD", 75109439, 100000)
    assert (recurring.invoice_type, recurring.balance, recurring.latest_invoice_at) == ("recurring", 20295587, None)
    assert (one_time.balance, one_time.last_payment_at) == (54813852, None)
    assert recurring.balance + one_time.balance == whole.balance
    read_all = [each for node in items("invoice_summaries") for each in balances.balances(node)]
    assert [each.currency for each in read_all if not each.invoice_type] == [
        node.text("currencyCode") for node in items("invoice_summaries")
    ]


SUBSCRIPTIONS: list[tuple[str, dict[str, Any]]] = [
    (
        "subscription_nce",
        {
            "subscription_id": "a4c1340d-6911-4758-bba3-0c4c6007d161",
            "product_type": "OnlineServicesNCE",
            "family": Family.MICROSOFT_365,
            "quantity": 15,
            "status": "expired",
            "auto_renew": False,
            "commitment_ends_at": moment(2022, 1, 13, 23, 59, 59),
            "cancellable_until": moment(2021, 1, 15),
            "created_at": datetime(2021, 1, 14, 16, 57, 15, 96672, UTC),
            "term_duration": "P1Y",
            "etag": "",
        },
    ),
    (
        "subscription_azure",
        {
            "family": Family.AZURE,
            "commitment_ends_at": None,
            "etag": "eyJpZCI6ImEzNTZhYzhjLWUzMTAtNDRmNC1iZjg1LWM3ZjI5MDQ0YWY5OSIsInZlcnNpb24iOjJ9",
            "unit_type": "Usage-based",
            "product_type": "",
        },
    ),
    (
        "subscription_addon",
        {
            "parent_id": "1C2B75C1-74A5-472A-A729-7F8CEFC477F9",
            "quantity": 2,
            "auto_renew": True,
            "family": Family.MICROSOFT_365,
            "order_id": "CF3B0E37-BE0B-4CDD-B584-D1A97D98A922",
        },
    ),
    ("suspend_subscription", {"status": "suspended", "quantity": 2, "etag": "<etag>", "parent_id": ""}),
    ("reactivate_subscription", {"status": "active", "etag": "<etag>"}),
    ("update_subscription_response", {"family": Family.OTHER}),
]


@pytest.mark.parametrize(("name", "shows"), SUBSCRIPTIONS, ids=[name for name, _ in SUBSCRIPTIONS])
def test_subscriptions(name: str, shows: dict[str, Any]) -> None:
    file = DOCUMENTED / f"rest/{name}.response.json"

    subscription = read(answer(f"rest/{name}.response.json"), "tenant")

    assert {field: getattr(subscription, field) for field in shows} == shows
    assert json.loads(subscription.document) == json.loads(file.read_text("utf-8-sig"))


def test_lists_of_subscriptions() -> None:
    (odd,) = (read(node, "tenant") for node in items("subscriptions_list"))
    assert odd.created_at == moment(2015, 11, 25, 6, 41, 12)  # printed as "06: 41: 12Z"

    (software,) = (read(node, "tenant") for node in items("subscriptions_list_software"))
    assert (software.family, software.billing_cycle, software.term_duration) == (Family.OTHER, "triennial", "P3Y")
    assert (software.commitment_ends_at, software.cancellable_until) == (
        moment(2024, 10, 14, 23, 59, 59),
        moment(2021, 11, 14, 23, 59),
    )


def test_a_documented_suspension_is_the_document_with_its_status_changed() -> None:
    """The documentation writes names large in what it sends, and leaves nulls in."""
    before = (
        (DOCUMENTED / "rest/suspend_subscription.response.json").read_text("utf-8-sig").replace("suspended", "active")
    )

    sent = json.loads(changed(before, "status", "suspended"))

    shown = json.loads((DOCUMENTED / "rest/suspend_subscription.request.json").read_text("utf-8-sig"))
    assert {name: sent[name] for name in shown if name != "Attributes"} == {
        name: value for name, value in shown.items() if name != "Attributes"
    }
    assert sent["Attributes"]["Etag"] == shown["Attributes"]["Etag"]


def test_azure_entitlements() -> None:
    from csp_receivables.adapters.partner_center.subscriptions import _entitlement

    (listed_one,) = map(_entitlement, items("azure_entitlements_list"))
    cancelled = _entitlement(answer("rest/azure_entitlement_cancel.response.json"))

    assert (listed_one.entitlement_id, listed_one.status) == ("899ae6f1-8a74-4d5e-b6c6-e6b5019bbff8", "active")
    assert listed_one.plan_id == "3f15978e-005c-b763-bb78-2a8fab289c58"
    assert cancelled.entitlement_id == "5b76b8c3-dd85-4096-bb2e-9804b1d7b383"


def test_service_requests_tell_numbers_in_the_list_and_words_in_the_detail() -> None:
    (in_list,) = map(service_requests.read, items("servicerequests_list"))
    detail = service_requests.read(answer("rest/servicerequest_detail.response.json"))

    assert (in_list.request_id, in_list.severity, in_list.status) == ("615112491169010", "unknown", "open")
    assert (detail.severity, detail.status, detail.topic) == ("critical", "open", "Cannot manage my profile")
    assert (in_list.closed_at, detail.closed_at) == (None, None)
    assert in_list.created_at == datetime(2015, 11, 24, 1, 7, 0, 863000, UTC)
    assert detail == service_requests.read(answer("rest/servicerequest_patch.response.json"))
    assert "LastName" not in repr(in_list)


def test_audit_records_are_cut_to_what_may_be_kept() -> None:
    order, licence = map(audit.read, items("auditrecords"))

    assert (order.operation, order.outcome, order.resource_type) == ("create_order", "succeeded", "order")
    assert order.happened_at == datetime(2017, 6, 15, 22, 56, 5, 58930, UTC)
    assert (order.subscription_id, order.subscription_status) == ("", "")
    assert licence.application == "Partner Center Native App"
    assert "admin@" not in repr((order, licence))
    assert "Relecloud" not in repr((order, licence))


LINE_ITEMS = sorted(
    path.name.removesuffix(".response.json")
    for pattern in ("lineitems_*.response.json", "*billed_*_page*.response.json", "unbilled_*.response.json")
    for path in (DOCUMENTED / "rest").glob(pattern)
)


@pytest.mark.parametrize("name", sorted(set(LINE_ITEMS)))
def test_line_items_keep_every_value(name: str) -> None:
    file = DOCUMENTED / f"rest/{name}.response.json"
    shown = json.loads(file.read_text("utf-8-sig"), parse_float=str, parse_int=str)["items"]

    assert [json.loads(as_line(item)) for item in items(name)] == shown


@pytest.mark.parametrize("name", ["lineitems_onetime_page1", "billed_daily_usage_page1", "unbilled_daily_usage_page1"])
def test_continuation_tokens(name: str) -> None:
    from csp_receivables.adapters.partner_center.paging import _token

    page = answer(f"rest/{name}.response.json")

    assert _token(page) == next(iter(page.record("links").record("next").records("headers"))).text("value")


OPERATIONS = [
    ("running", ExportRunning(look_again_in=timedelta(seconds=10))),
    ("notstarted_no_z", ExportRunning(look_again_in=timedelta(seconds=10))),
    ("failed_no_data", ExportFailed(code="5000", message="No data available")),
    ("succeeded_link", None),
]


@pytest.mark.parametrize(("name", "state"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_operations(name: str, state: object) -> None:
    assert state_of(answer(f"graph/operation_{name}.json")) == state


def test_manifests() -> None:
    manifest = manifest_of(answer("graph/manifest.json"))

    assert state_of(answer("graph/operation_succeeded_inline.json")) == ExportReady(manifest=manifest)
    assert (manifest.manifest_id, manifest.etag) == ("6fe687d7-1e0f-4bd6-9091-4672691f64bc", "WYjLro78HdMg6vUWR")
    assert manifest.blobs == ("part-00049-b016029b-a7a7-4c46-9b5e-c925ac317ac6.c000.json.gz",)
    assert manifest.root.startswith("https://adlsreconbuprodeastus201.blob.core.windows.net/")
    assert manifest.access.endswith("sig=REDACTED")
    assert "REDACTED" not in repr(manifest)


@pytest.mark.parametrize("part", ["part-00000-recon-synthetic", "part-00000-usage-synthetic"])
def test_blobs_are_lines_of_json(part: str) -> None:
    lines = gzip.decompress((DOCUMENTED / f"graph/{part}.c000.json.gz").read_bytes()).splitlines()

    assert all(Record(parse_json(line), part).needed("PartnerId") for line in lines)


REFUSALS: list[tuple[str, int, str, bool]] = [
    ("fixtures/error_401_mfa_900421.json", 401, "900421", False),
    ("fixtures/error_409_800082.json", 409, "800082", True),
    ("fixtures/error_429_partner_center.json", 429, "429", True),
    ("fixtures/error_900115_azure_plan_active_entitlements.json", 403, "900115", False),
    ("fixtures/error_generic_partner_center.json", 400, "2055", False),
    ("graph/error_429.json", 429, "TooManyRequests", True),
]


@pytest.mark.parametrize(("name", "status", "code", "passes"), REFUSALS, ids=[name for name, *_ in REFUSALS])
def test_refusals(name: str, status: int, code: str, *, passes: bool) -> None:
    refused = refusal(status, (DOCUMENTED / name).read_bytes())

    assert (refused.code, refused.status, refused.passes) == (code, status, passes)
    assert refused.meaning
    assert refused.remedy


PARSED_ABOVE: set[str] = {
    *(f"rest/{name}.response.json" for name, _ in SUBSCRIPTIONS),
    *(f"rest/{name}.response.json" for name in LINE_ITEMS),
    *(f"graph/operation_{name}.json" for name, _ in OPERATIONS),
    *(name for name, *_ in REFUSALS),
    *(
        f"rest/{name}.response.json"
        for name in (
            "invoices_list", "invoice_by_id", "invoice_summary", "invoice_summaries", "subscriptions_list",
            "subscriptions_list_software", "azure_entitlements_list", "azure_entitlement_cancel",
            "servicerequests_list",
            "servicerequest_detail", "servicerequest_patch", "auditrecords",
        )
    ),
    "rest/suspend_subscription.request.json",
    "graph/manifest.json",
    "graph/operation_succeeded_inline.json",
}  # fmt: skip
NOT_READ = {  # nothing of ours asks for these
    "rest/estimate_links.response.json",
    "rest/portal_requests_without_mfa.response.json",
    "fixtures/servicerequest_supporttopics_2017shape.json",
}
SENT = ("request_", ".request.json")  # what a client sends; the sessions' own tests compare those


def test_no_documented_answer_is_left_out() -> None:
    there = {
        path.relative_to(DOCUMENTED).as_posix()
        for folder in ("rest", "graph", "fixtures")
        for path in (DOCUMENTED / folder).glob("*.json")
        if not any(mark in path.name for mark in SENT)
    }

    assert there - PARSED_ABOVE - NOT_READ == set()
    parse: Callable[[str], Record] = answer
    assert all(parse(name).raw for name in NOT_READ)
