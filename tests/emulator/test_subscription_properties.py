"""Whatever is sent and however time passes: a refusal that is documented, or a subscription that makes sense."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.answers import Refusal
from emulator.portfolio import add_subscription
from emulator.state import Subscription, World
from emulator.subscription_rules import RESET, Around, patched
from emulator.terms import bring_up_to_date
from tests.emulator.serving import empty_world
from tests.emulator.subscriptions import NCE, NOW, TENANT, legacy, nce

DOCUMENTED = {
    (400, 2001), (400, 2011), (400, 3000), (400, 800040), (400, 800041), (400, 800042), (400, 800091), (400, 800096),
    (400, 900117), (400, 900279), (400, 900311), (403, 900115), (403, 900321), (409, 27009), (409, 800082),
}  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=6,
)
statuses = st.sampled_from(["active", "suspended", "deleted", "Suspended", "expired", "pending", ""])
actions = st.lists(
    st.fixed_dictionaries({"scheduleType": st.sampled_from(["TermEnd", "CustomDate"]),
                           "actionType": st.sampled_from(["Cancel", "RenewToNewTerm"])}),
    max_size=2,
)  # fmt: skip
edits = st.fixed_dictionaries(
    {},
    optional={
        "status": statuses,
        "quantity": st.integers(0, 20),
        "autoRenewEnabled": st.booleans(),
        "friendlyName": st.text(max_size=4),
        "scheduledActions": actions,
        "scheduledNextTermInstructions": st.none() | st.fixed_dictionaries({"quantity": st.integers(1, 9)}),
    },
)
moves = st.tuples(edits, st.integers(0, 200 * 24 * 3600))


def _changed(world: World, body: dict[str, Any]) -> None:
    """As the door does it, without its HTTP."""
    before = world.subscriptions[NCE]
    document = patched(before, body, Around(now=world.clock.now, changes_a_day=5))
    if document is not before.document:
        times = (*before.changed_at, world.clock.now)
        world.subscriptions[NCE] = replace(before, document=document, version=before.version + 1, changed_at=times)


strange = st.dictionaries(st.sampled_from([*RESET, *nce(), "x"]), anything, min_size=1, max_size=3)


@given(strange, st.fixed_dictionaries({}, optional={"status": statuses}), st.booleans())
@settings(max_examples=300)
def test_any_body_is_answered_with_a_documented_code_or_a_subscription(
    body: dict[str, Any], status: dict[str, str], whole: bool
) -> None:
    body = {"status": "suspended"} | body | status
    before = Subscription(tenant_id=TENANT, document=nce())
    try:
        after = patched(before, nce() | body if whole else body, Around(now=NOW))
    except Refusal as refusal:
        assert (refusal.status, refusal.code) in DOCUMENTED
        return
    assert set(nce()) <= set(after) | {"autoRenewEnabled"}
    assert nce() == before.document


@given(st.lists(moves, max_size=8), st.booleans(), st.booleans())
@settings(max_examples=200)
def test_a_subscription_makes_sense_however_time_passes(
    steps: list[tuple[dict[str, Any], int]], is_legacy: bool, est_eligible: bool
) -> None:
    world = empty_world(NOW)
    add_subscription(world, TENANT, legacy(NCE) if is_legacy else nce(), est_eligible=est_eligible)
    seen: list[tuple[datetime, Subscription]] = []
    for edit, seconds in steps:
        world.clock.advance(seconds)
        bring_up_to_date(world)
        try:
            _changed(world, world.subscriptions[NCE].document | edit)
        except Refusal as refusal:
            assert (refusal.status, refusal.code) in DOCUMENTED
        world.settled_at = None
        bring_up_to_date(world)
        seen.append((world.clock.now, world.subscriptions[NCE]))
    for (_, before), (_, after) in pairwise(seen):
        assert before.version <= after.version
        assert after.document["status"] in _ways_on(before.document["status"])
    for _, each in seen:
        document = each.document
        assert is_legacy or document["status"] != "suspended" or not document["autoRenewEnabled"]
        assert NCE == document["id"]


def _ways_on(status: str) -> set[str]:
    """What can be seen next: several steps may lie between two looks."""
    down = ["expired", "disabled", "deleted"]
    return {"active", "suspended", *down} if status in ("active", "suspended") else set(down[down.index(status) :])


@given(st.integers(0, 400 * 24 * 3600), st.integers(1, 12))
def test_looking_often_or_once_comes_to_the_same(seconds: int, looks: int) -> None:
    worlds = [empty_world(NOW) for _ in range(2)]
    for world in worlds:
        add_subscription(world, TENANT, nce(autoRenewEnabled=seconds % 2 == 0))
    end = NOW + timedelta(seconds=seconds)
    for step in range(1, looks + 1):
        worlds[0].clock.set(NOW + timedelta(seconds=seconds * step / looks))
        bring_up_to_date(worlds[0])
    for world in worlds:
        world.clock.set(end)
        bring_up_to_date(world)

    assert worlds[0].subscriptions == worlds[1].subscriptions
