"""`csp access` as a person meets it: from the question to the history, against a running emulator."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csp_receivables import cli
from csp_receivables.adapters.ledger import Ledger
from emulator.server import Emulator
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world
from tests.steps.test_access_by_decisions import DECIDED, House, house_of

Csp = Callable[..., tuple[int, str, str]]
ADA = ("--by", "Ada Lund", "--why", "they were told twice")
ACTION = "C1/1.1/suspension/propose_suspension"


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def house(
    new_demo_ledger: Callable[[], Ledger], served: Emulator, clock: StandingClock, tmp_path: Path
) -> Iterator[House]:
    with house_of(new_demo_ledger(), served, clock, tmp_path) as made:
        yield made


@pytest.fixture
def csp(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    for name in [name for name in os.environ if name.startswith("CSP_")]:
        monkeypatch.delenv(name)
    base, tenant = house.emulator.url, house.emulator.world.partner.tenant_id
    for name, value in {
        "CSP_HOME": str(house.settings.home),
        "CSP_INCLUDE": str(house.settings.include),
        "CSP_LEDGER_URL": house.ledger.engine.url.render_as_string(hide_password=False),
        "CSP_PARTNER_CENTER_ACTOR": f"partner-center://emulator:secret@{tenant}?base={base}",
        "COLUMNS": "220",
    }.items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o077)
    os.umask(umask)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("CSP_CLOCK", house.clock.now.isoformat())
        monkeypatch.setattr(sys, "argv", ["csp", *arguments])
        try:
            with pytest.raises(SystemExit) as end:
                cli.main()
        finally:
            os.umask(umask)
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def told(answer: tuple[int, str, str]) -> Any:
    assert answer[0] == 0, answer[2]
    return json.loads(answer[1])


def test_a_suspension_from_the_question_to_the_way_back(house: House, csp: Csp, tmp_path: Path) -> None:
    assert "1 wait: nobody was asked yet" in csp("access", "perform")[1]
    (asked,) = told(csp("access", "propose", "--json"))
    assert (asked["action"], asked["overdue"], asked["subscriptions"], asked["left out"]) == (
        ACTION,
        "100.00 EUR",
        1,
        1,
    )
    assert "## Suspend C1 AB (C1)?" in csp("access", "show", "C1")[1]
    assert told(csp("access", "approve", "C1", *ADA, "--json")) == {"did": "suspend", "action_id": ACTION}
    assert csp("access", "approve", "C1", *ADA)[0] == 2  # the same answer again changes nothing

    assert told(csp("access", "perform", "--json"))["ended"] == {"suspended": 1}
    assert house.status() == "suspended"
    assert told(csp("access", "watch", "--json")) == {"read": 1, "unread": 0, "findings": 0}
    listed = told(csp("access", "undo", "--run", "cli", "--json"))
    assert (listed["did"], [(each["deed"], each["now"]) for each in listed["deeds"]]) == ("list", [("took", "away")])
    assert "Microsoft 365 Business Premium (c1-1)" in csp("access", "undo", "--run", "cli")[1]
    assert told(csp("access", "undo", "--run", "cli", *ADA, "--json"))["actions"] == ["C1/1.1/suspension/reinstate"]
    assert told(csp("access", "restore", "--json"))["ended"] == {"restored": 1}
    assert house.status() == "active"

    file = tmp_path / "history.json"
    assert "Ada Lund" in csp("access", "history", "--customer", "C1", "--export", str(file))[1]
    kept = json.loads(file.read_text())
    assert {"asked", "answered", "verified", "status_back"} <= {each["what"] for each in kept["entries"]}


def test_a_stop_holds_access_at_once(house: House, csp: Csp) -> None:
    csp("access", "propose")
    csp("access", "approve", "C1", *ADA)
    csp("stop", "--by", "Bea", "--why", "something is wrong")

    assert "ended early: everything is stopped" in csp("access", "perform")[1]
    assert house.status() == "active"


@pytest.mark.parametrize("answer", [["decline"], ["hold", "--until", f"{DECIDED.replace(day=20)}"]])
def test_a_no_is_a_no(house: House, csp: Csp, answer: list[str]) -> None:
    csp("access", "propose")
    assert csp("access", answer[0], "C1", *answer[1:], *ADA)[0] == 0

    csp("access", "perform")
    assert house.status() == "active"
    assert told(csp("access", "propose", "--json")) == []


REFUSED = [
    (["access", "approve", "C1", *ADA], "csp access propose names them"),
    (["access", "show", "C9"], "csp access propose lists them"),
    (["access", "undo", "--run", "nobody", *ADA], "nothing that the run 'nobody' took is away"),
    (["access", "undo", "--run", "nobody", "--chase-anew", *ADA], "nothing that the run 'nobody' gave back can be"),
    (["access", "undo", "--run", "nobody", "--by", "Ada"], "--why"),
    (["access", "history"], "--customer or --subscription"),
    (["access", "history", "--customer", "C99"], "no customer 'C99' is known"),
    (["access", "history", "--subscription", "c9-1"], "no subscription 'c9-1' is known"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_can_not_be_done_is_refused_with_a_way_on(csp: Csp, arguments: list[str], said: str) -> None:
    code, _, error = csp(*arguments)

    assert (code, said in error) == (2, True), error
