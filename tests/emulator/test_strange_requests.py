"""No request breaks the emulator: a 500 of its own would look like one of Microsoft's."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from tests.emulator.serving import BILLING, Client
from tests.emulator.subscriptions import AZURE, NCE, PLAN, TENANT, Actor, world_of_subscriptions

WORDS = [
    "",
    "0",
    "-1",
    "x",
    "9999-99-99",
    "2026-06-01",
    "{}",
    "[]",
    '{"Field": 1}',
    "onetime",
    "usagelineitems",
    "Next",
    "%00",
]
NAMES = ["size", "offset", "provider", "invoicelineitemtype", "nvoicelineitemtype", "seekOperation", "currencycode",
         "period", "startDate", "endDate", "filter", "until", "se", "sig"]  # fmt: skip
PATHS = [
    "/v1/invoices", "/v1/invoices/x", "/v1/invoices/unbilled/lineitems", "/v1/invoices/estimates/links",
    "/v1/customers", "/v1/auditrecords", "/v1/customers/x/subscriptions", "/blobs/x/y", f"{BILLING}/operations/x",
    "/x/oauth2/token", "/v1/nowhere", "/v1.0/nowhere",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)  # fmt: skip
POSTS = [
    f"{BILLING}/usage/billed/export",
    f"{BILLING}/usage/unbilled/export",
    f"/v1/customers/{TENANT}/subscriptions/{PLAN}/azureEntitlements/{AZURE}/cancel",
    f"/v1/customers/{TENANT}/subscriptions/{PLAN}/azureEntitlements/{AZURE}/reactivate",
]


@pytest.fixture(scope="module")
def actor(emulator: Emulator) -> Actor:
    emulator.world = world_of_subscriptions()
    return Actor(emulator)


def _headers(client: Client, path: str) -> dict[str, str]:
    return client.graph if path.startswith("/v1.0") else client.user


@given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS), max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_query_breaks_it(actor: Actor, path: str, query: dict[str, str]) -> None:
    answer = actor.http.get(path, params=query, headers=_headers(actor, path))

    assert answer.status_code < 500, answer.text


@given(
    st.sampled_from(POSTS),
    st.dictionaries(
        st.sampled_from(["invoiceId", "currencyCode", "billingPeriod", "attributeSet", "cancellationReason"]), anything
    )
    | anything,
)
@settings(max_examples=80, deadline=None)
def test_no_body_breaks_it(actor: Actor, path: str, body: Any) -> None:
    assert actor.http.post(path, json=body, headers=_headers(actor, path)).status_code < 500


@pytest.mark.parametrize(
    ("method", "raw"),
    list(itertools.product(["POST", "PATCH"], [b"", b"{", b"[]", b"null", b"\xff\xfe", b"\xef\xbb\xbf{}"])),
)
def test_no_bytes_break_it(actor: Actor, method: str, raw: bytes) -> None:
    for path in (
        *POSTS,
        f"/v1/customers/{TENANT}/subscriptions/{NCE}",
        "/t/oauth2/v2.0/token",
        "/v1/servicerequests/1",
    ):
        assert actor.http.request(method, path, content=raw, headers=_headers(actor, path)).status_code < 500
