"""The door: who may change what, and what holds everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_people import LedgerOutboxDesk
from csp_receivables.domain.access.door import Door, why_closed
from csp_receivables.domain.matching_by_hand.requests import person
from emulator.server import Emulator
from tests.access_desk import (
    AccessDesk,
    access_desk,
    approved,
    document,
)
from tests.conftest import StandingClock
from tests.csp_command import csp_on
from tests.forks import forked


def test_a_stop_holds_everything_restoring_too(desk: AccessDesk) -> None:
    approved(desk)
    book = LedgerOutboxDesk(desk.ledger)
    book.stop(person("Ada", "something is wrong"))

    done = desk.perform()
    assert "stopped since" in done.because
    assert desk.changes_at("c1-1") == 0

    book.start(person("Ada", "it was nothing"))
    assert desk.perform().ended == {"suspended": 1}
    desk.pays("C1")
    book.stop(person("Ada", "something is wrong"))
    assert "stopped since" in desk.restore().because
    assert desk.at_microsoft("c1-1")["status"] == "suspended"


def test_a_stop_between_two_subscriptions_holds_the_second(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    book = LedgerOutboxDesk(desk.ledger)

    def stop() -> None:
        if desk.changes_at("c1-1") and not book.stopped():
            book.stop(person("Ada", "something is wrong"))

    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = stop

    assert "stopped since" in desk.perform().because
    assert (desk.state(action), desk.changes_at("c1-2")) == ("proposed", 0)
    desk.waited = None
    book.start(person("Ada", "go on"))
    assert desk.perform().ended == {"suspended": 1}
    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, 1)


def test_csp_stop_given_elsewhere_holds_what_a_run_has_not_done_yet(
    desk: AccessDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    url = desk.ledger.engine.url.render_as_string(hide_password=False)
    csp = partial(_csp, url, tmp_path, desk.ledger.clock(), monkeypatch, capfd)
    given: list[int] = []

    def someone_stops_it() -> None:
        if desk.changes_at("c1-1") and not given:
            given.append(forked(partial(csp, "stop", "--by", "Ada", "--why", "something is wrong"), desk.ledger))

    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=5)
    desk.waited = someone_stops_it

    assert "stopped since" in desk.perform().because
    assert given == [0]
    assert (desk.state(action), desk.changes_at("c1-1"), desk.changes_at("c1-2")) == ("proposed", 1, 0)
    assert forked(partial(csp, "start", "--by", "Ada", "--why", "go on"), desk.ledger) == 0
    assert desk.perform().ended == {"suspended": 1}


def _csp(url: str, home: Path, now: datetime, monkeypatch: Any, capture: Any, *words: str) -> int:
    """The exit code of a command on the ledger at this address, with an engine of its own."""
    return csp_on(url, home, now, monkeypatch, capture)(*words)[0]


def test_a_run_about_the_past_changes_nothing(desk: AccessDesk) -> None:
    approved(desk)

    done = desk.perform(historical="2025-01-31 is the past")

    assert (done.because, done.ended) == ("2025-01-31 is the past", {})
    desk.pays("C1")
    assert desk.restore(historical="2025-01-31 is the past").ended == {}
    assert [each for each in desk.emulator.world.log.entries if each.method == "PATCH"] == []


def test_a_real_ledger_outside_production_changes_nothing(
    ledger: Ledger, served: Emulator, clock: StandingClock, tmp_path: Path
) -> None:
    with access_desk(ledger, served, clock, tmp_path) as real:
        real.customer("C1", document("c1-1"))
        real.approve()

        assert "a real ledger to Microsoft only" in real.perform().because
        assert real.changes_at("c1-1") == 0


DOORS = [
    ({"is_demo": True, "is_emulator": True, "is_production": False}, True),
    ({"is_demo": True, "is_emulator": False, "is_production": False}, False),
    ({"is_demo": False, "is_emulator": True, "is_production": True}, False),
    ({"is_demo": False, "is_emulator": False, "is_production": False}, False),
    ({"is_demo": False, "is_emulator": False, "is_production": True}, True),
    ({"is_demo": True, "is_emulator": True, "is_production": False, "stop": "a stop"}, False),
    ({"is_demo": True, "is_emulator": True, "is_production": False, "historical": "the past"}, False),
]


@pytest.mark.parametrize(("given", "is_open"), DOORS)
def test_who_may_change_what(given: dict[str, Any], is_open: bool) -> None:
    assert (why_closed(Door(**given)) == "") is is_open
