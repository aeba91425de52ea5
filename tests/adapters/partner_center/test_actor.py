"""What changes a subscription: the whole document with one field changed, once, and an honest answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from csp_receivables.adapters.partner_center.actor import Actor, changed, open_actor
from csp_receivables.microsoft_ports import Change, MicrosoftRefused, OutcomeUnknown
from tests.microsoft_server import BREAK, Answer, Scripted, Waiting, as_json, identity

PATH = "/v1/customers/t/subscriptions/s"
DOCUMENT = {
    "id": "s",
    "Status": "active",
    "quantity": 3,
    "autoRenewEnabled": True,
    "price": 1.5,
    "scheduledNextTermInstructions": {"product": {"termDuration": "P1Y"}},
    "nothing": None,
    "attributes": {"etag": "W/abc==", "objectType": "Subscription"},
}


@pytest.fixture
def actor(server: Scripted, waiting: Waiting) -> Iterator[Actor]:
    opened = open_actor(identity(server.base), waiting.manners)
    yield opened
    opened.close()


def patched(server: Scripted) -> list[tuple[dict[str, Any], str | None]]:
    asked = [each for each in server.to(PATH) if each.method == "PATCH"]
    return [(json.loads(each.body), each.headers.get("if-match")) for each in asked]


def test_a_suspension_sends_all_that_was_read(server: Scripted, actor: Actor) -> None:
    server.says("GET", PATH, as_json(DOCUMENT))
    server.says("PATCH", PATH, as_json(DOCUMENT | {"Status": "suspended"}))

    before = actor.subscriptions.read("t", "s")
    assert actor.subscriptions.set_status(before, "suspended") is Change.DONE

    assert patched(server) == [(DOCUMENT | {"Status": "suspended"}, "W/abc==")]


def test_without_an_etag_none_is_sent(server: Scripted, actor: Actor) -> None:
    server.says("GET", PATH, as_json(DOCUMENT | {"attributes": {}}))
    server.says("PATCH", PATH, Answer(202, b"", {"Location": PATH}))

    before = actor.subscriptions.read("t", "s")
    assert actor.subscriptions.set_auto_renew(before, on=False) is Change.ACCEPTED

    assert patched(server) == [(DOCUMENT | {"attributes": {}, "autoRenewEnabled": False}, None)]


BROKEN = [Answer(200, BREAK), Answer(502, b"<html>"), Answer(200, b"<html>"), Answer(200, b"")]


@pytest.mark.parametrize("answer", BROKEN)
def test_a_change_that_broke_off_is_read_and_not_repeated(server: Scripted, actor: Actor, answer: Answer) -> None:
    server.says("GET", PATH, as_json(DOCUMENT))
    server.says("PATCH", PATH, answer)

    before = actor.subscriptions.read("t", "s")
    with pytest.raises(OutcomeUnknown, match="Read what it is now"):
        actor.subscriptions.set_status(before, "suspended")

    assert len(patched(server)) == 1


def test_a_subscription_that_changed_meanwhile_is_refused(server: Scripted, actor: Actor) -> None:
    server.says("GET", PATH, as_json(DOCUMENT))
    server.says("PATCH", PATH, as_json({"code": 2055, "description": "Etag"}, 400))

    before = actor.subscriptions.read("t", "s")
    with pytest.raises(MicrosoftRefused, match="changed since it was read") as refused:
        actor.subscriptions.set_status(before, "suspended")

    assert (refused.value.code, refused.value.passes, type(refused.value)) == ("2055", False, MicrosoftRefused)


def test_the_actor_reads_and_changes_subscriptions_and_nothing_else(server: Scripted, actor: Actor) -> None:
    for path in ("/v1/customers", "/v1/invoices", f"{PATH}/azureEntitlements/e/cancel"):
        with pytest.raises(PermissionError):
            actor.subscriptions._session.get(path)

    assert server.asked == []


@pytest.mark.parametrize("document", ['{"status": "a", "Status": "b"}', "[]", '{"price": 0.12345678901234567890123}'])
def test_a_document_that_can_not_be_sent_back_as_it_is_stays(document: str) -> None:
    with pytest.raises(MicrosoftRefused):
        changed(document, "status", "suspended")
