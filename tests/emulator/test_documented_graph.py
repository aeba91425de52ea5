"""Graph's documented requests, operations, manifest and errors, and the errors of Partner Center, shape by shape."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.charges import Charges
from emulator.faults import Wanted
from emulator.portfolio import add_subscription
from emulator.server import Emulator
from tests.emulator import documented
from tests.emulator.documented import DATA, HERE, missing, response, shape
from tests.emulator.serving import BILLING, Client, empty_world
from tests.emulator.subscriptions import PLAN, TENANT, Actor, world_of_subscriptions

pytestmark = HERE
INVOICE = "G016907411"  # of the documented requests


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Microsoft's synthetic lines, billed as the invoice of the documented requests, and not billed yet."""
    world = emulator.world = empty_world()
    for export in ("usage", "reconciliation"):
        short = "recon" if export == "reconciliation" else export
        with gzip.open(DATA / "graph" / f"part-00000-{short}-synthetic.c000.json.gz", "rt") as lines:
            rows = tuple(map(json.loads, lines))
        for subject in (INVOICE, "USD:current", "USD:last"):
            world.charges[export, subject] = Charges(rows=rows)
    return Client(emulator)


def _asked(client: Client, export: str, billed: str, segment: str = "export") -> httpx.Response:
    body = response(f"request_{billed}_{export}", "graph")
    return client.http.post(f"{BILLING}/{export}/{billed}/{segment}", json=body, headers=client.graph)


@pytest.mark.parametrize("segment", ["export", "microsoft.graph.partners.billing.export"])
@pytest.mark.parametrize("billed", ["billed", "unbilled"])
@pytest.mark.parametrize("export", ["usage", "reconciliation"])
def test_every_export_goes_from_202_to_lines(client: Client, export: str, billed: str, segment: str) -> None:
    asked = _asked(client, export, billed, segment)
    operation = client.settled(asked)
    manifest = client.http.get(operation["resourceLocation@odata.navigationLink"], headers=client.graph).json()
    lines = gzip.decompress(client.blob(manifest).content).splitlines()
    with gzip.open(
        DATA / "graph" / f"part-00000-{'recon' if export[0] == 'r' else export}-synthetic.c000.json.gz"
    ) as told:
        documented_lines = [json.loads(line) for line in told]

    assert (202, b"") == (asked.status_code, asked.content)
    assert asked.headers["Location"].endswith(f"{BILLING}/operations/{operation['id']}")
    assert [] == missing(shape(response("manifest", "graph")), shape(manifest))
    assert set(response("manifest", "graph")) | {"@odata.context"} == set(manifest)
    assert documented_lines == [json.loads(line) for line in lines]


def test_operations_read_as_documented(client: Client) -> None:
    where = _asked(client, "reconciliation", "billed").headers["Location"]
    looks = [client.http.get(where, headers=client.graph).json() for _ in range(3)]
    client.world.behaviour = replace(
        client.world.behaviour, inline_manifest=True, done_status="completed", timestamps_without_z=True
    )
    inline = client.settled(_asked(client, "reconciliation", "billed"))
    failed = client.exported("G000000001")
    examples = ("notstarted_no_z", "running", "succeeded_link", "succeeded_inline", "failed_no_data")

    for name, body in zip(examples, [*looks, inline, failed], strict=True):
        told = response(f"operation_{name}", "graph")
        assert [] == missing(shape(told), shape(body)), name
        assert (told["@odata.type"], told["status"]) == (body["@odata.type"], body["status"])
    assert response("operation_failed_no_data", "graph")["error"] == failed["error"]
    assert not inline["createdDateTime"].endswith("Z")


def _errors(emulator: Emulator) -> dict[str, Any]:
    actor = Actor(emulator)
    emulator.world = world_of_subscriptions(commitmentEndDateTime="2026-06-14T23:59:59Z")
    emulator.world.clock.set(datetime(2026, 6, 15, 0, 5, tzinfo=UTC))
    etag = {"If-Match": "old"}
    answers = {
        "error_900115_azure_plan_active_entitlements": actor.change(PLAN, status="suspended"),
        "error_409_800082": actor.change(status="suspended"),
        "error_generic_partner_center": actor.write(actor.read(PLAN) | {"friendlyName": "x"}, **etag),
    }
    for kind, name in (("mfa_missing", "error_401_mfa_900421"), ("throttled", "error_429_partner_center")):
        emulator.world.faults.want(Wanted(kind=kind, path="/v1/"))
        answers[name] = actor.get("/v1/invoices")
    return answers


def test_errors_read_as_documented(emulator: Emulator) -> None:
    for name, answer in _errors(emulator).items():
        told = json.loads((DATA / "fixtures" / f"{name}.json").read_text())
        body = answer.json()

        assert set(told) == set(body), name
        assert told.get("code") == body.get("code"), name
        assert [] == missing(shape(told), shape(body)), name


def test_graph_is_busy_as_documented(client: Client) -> None:
    client.world.faults.want(Wanted(kind="throttled", path="/v1.0/"))
    answer = _asked(client, "usage", "billed")

    assert [] == missing(shape(response("error_429", "graph")), shape(answer.json()))
    assert 429 == answer.status_code


def test_the_documented_change_of_a_new_commerce_subscription(emulator: Emulator) -> None:
    emulator.world = world_of_subscriptions()
    body = json.loads((DATA / "rest" / "update_subscription_nce_patch.request.json").read_text("utf-8-sig"))
    known = body | {"friendlyName": "Microsoft 365 Business Basic"}
    add_subscription(emulator.world, TENANT, known)
    emulator.world.clock.set(datetime(2021, 6, 1, tzinfo=UTC))
    answer = Actor(emulator).write(body)

    assert (200, body) == (answer.status_code, answer.json())


def test_the_documented_202_points_to_the_subscription(emulator: Emulator) -> None:
    emulator.world = world_of_subscriptions()
    emulator.world.behaviour = replace(emulator.world.behaviour, slow_share=1.0)
    answer = Actor(emulator).change(friendlyName="new")
    text = (DATA / "rest" / "update_subscription_202.response.http").read_text()
    told = text.partition("Location: ")[2].splitlines()[0].replace("<customer-tenant-id>", TENANT)

    assert 202 == answer.status_code
    assert told.partition("/subscriptions/")[0] == answer.headers["Location"].partition("/subscriptions/")[0]


@pytest.mark.parametrize("name", ["suspend_subscription", "reactivate_subscription"])
def test_changes_can_be_answered_with_capitals_as_documented(emulator: Emulator, name: str) -> None:
    emulator.world = world_of_subscriptions()
    emulator.world.behaviour = replace(emulator.world.behaviour, patch_answers_in_capitals=True)
    actor = Actor(emulator)
    if name.startswith("reactivate"):
        actor.change(status="suspended")
    answer = actor.change(status="active" if name.startswith("reactivate") else "suspended").json()

    assert {"Id", "Status", "Quantity", "AutoRenewEnabled", "Attributes"} <= set(answer)
    assert "ObjectType" in answer["Attributes"]
    assert {"Id", "Status"} <= set(documented.response(name))


def test_nothing_documented_was_forgotten() -> None:
    """A file that is new in the folder wants a test."""
    known = {"error_429", "manifest", *(f"request_{billed}_{export}" for billed in ("billed", "unbilled")
             for export in ("usage", "reconciliation"))}  # fmt: skip
    operations = {"notstarted_no_z", "running", "succeeded_link", "succeeded_inline", "failed_no_data"}

    assert known | {f"operation_{each}" for each in operations} == {
        Path(path).stem for path in (DATA / "graph").glob("*.json")
    }
