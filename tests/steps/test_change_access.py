"""Access taken and given back at the emulator: each promise, on both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from emulator.server import Emulator
from tests.access_desk import AccessDesk, access_desk, document
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def desk(demo_ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path) -> Iterator[AccessDesk]:
    with access_desk(demo_ledger, served, clock, tmp_path) as desk:
        yield desk


def test_what_a_person_approved_is_suspended_and_comes_back_as_it_was_once_it_is_paid(desk: AccessDesk) -> None:
    action = desk.customer("C1", document("s-1"), document("s-2"))
    before = desk.at_microsoft("s-1")

    assert desk.perform().waits == {"nobody was asked yet": 1}
    assert desk.approve() == [action]
    done = desk.perform()

    assert (done.ended, done.findings) == ({"suspended": 1}, [])
    assert [desk.at_microsoft(own)["status"] for own in ("s-1", "s-2")] == ["suspended", "suspended"]
    assert desk.at_microsoft("s-1")["autoRenewEnabled"] is False
    assert (desk.state(action), desk.story("s-1")) == ("done", ["prepared", "began", "accepted", "verified"])

    desk.pays("C1")
    back = desk.restore()

    assert (back.ended, back.findings) == ({"restored": 1}, [])
    assert desk.at_microsoft("s-1") == before
    assert desk.story("s-1", "restore") == [
        "prepared", "began", "accepted", "status_back", "began", "accepted", "verified",
    ]  # fmt: skip
    assert (desk.perform().ended, desk.restore().ended) == ({}, {})
    assert desk.changes_at("s-1") == 3
