"""`csp outbox`, `csp stop` and `csp import bounces` as a person meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.outbox.actions import message_id_of
from tests.bounce_mails import dsn
from tests.conftest import StandingClock
from tests.csp_command import Csp, csp_on, told
from tests.mail_server import ACCEPT_AND_DROP, mail_server
from tests.outbox_desk import Desk, desk_at

WHO = ("--by", "Ada Lund", "--why", "she rang them")


@pytest.fixture
def desk(new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path) -> Desk:
    return desk_at(new_ledger(), clock, tmp_path / "home", None)


@pytest.fixture
def csp(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    url = desk.ledger.engine.url.render_as_string(hide_password=False)
    return csp_on(url, tmp_path / "home", desk.clock.now, monkeypatch, capsys)


def test_what_waits_is_listed_with_its_state_and_the_stop(desk: Desk, csp: Csp) -> None:
    action_id = desk.customer("C1")
    assert csp("stop", *WHO)[0] == 0

    code, out, _ = csp("outbox", "list")
    listed = told(csp("outbox", "list", "--state", "proposed", "--json"))

    assert code == 0
    assert "EVERYTHING IS STOPPED" in out
    assert [row["action_id"] for row in listed["actions"]] == [action_id]
    assert listed["stopped"]["by"] == "Ada Lund"
    assert told(csp("start", *WHO, "--json")) == {"stopped": False}
    assert told(csp("outbox", "list", "--customer", "C2", "--json")) == {"stopped": None, "actions": []}


def test_a_person_cancels_and_releases_and_a_repeat_is_told(desk: Desk, csp: Csp) -> None:
    action_id = desk.customer("C1")

    assert told(csp("outbox", "cancel", "C1", *WHO, "--json")) == {"did": "cancelled", "action_id": action_id}
    assert csp("outbox", "cancel", "C1", *WHO)[0] == 2
    assert told(csp("outbox", "release", "C1", *WHO, "--json"))["did"] == "released"
    events = told(csp("outbox", "show", "C1", "--json"))["events"]
    assert [(row["event"], row["said_by"], row["why"]) for row in events[1:]] == [
        (event, "Ada Lund", "she rang them") for event in ("declined", "released", "approved")
    ]


@pytest.mark.parametrize(
    "command", [("cancel", "C9"), ("release", "C9"), ("settle", "C9", "--accepted"), ("show", "C9")]
)
def test_an_unknown_action_is_refused_with_what_to_do(csp: Csp, command: tuple[str, ...]) -> None:
    who = () if command[0] == "show" else WHO

    code, _, err = csp("outbox", *command, *who)

    assert (code, "csp outbox list" in err) == (2, True)


def test_a_letter_in_doubt_is_settled_by_a_persons_word_only(desk: Desk, csp: Csp) -> None:
    with mail_server() as server:
        server.replies["CONTENT"] = [ACCEPT_AND_DROP]
        desk.mail = desk_at(desk.ledger, desk.clock, desk.folder, server.port).mail
        action_id = desk.customer("C1")
        desk.send()

    assert csp("outbox", "settle", "C1", *WHO)[0] == 2  # neither accepted nor not
    assert told(csp("outbox", "settle", "C1", "--accepted", *WHO, "--json"))["action_id"] == action_id
    assert desk.delivered() == {"C1": "accepted"}


def test_a_decision_without_a_name_or_a_reason_is_refused(desk: Desk, csp: Csp) -> None:
    desk.customer("C1")

    code, _, err = csp("outbox", "cancel", "C1", "--by", " ", "--why", "x")

    assert (code, "--by" in err) == (2, True)


def test_bounces_are_imported_from_a_file(desk: Desk, csp: Csp, tmp_path: Path) -> None:
    with mail_server() as server:
        desk.mail = desk_at(desk.ledger, desk.clock, desk.folder, server.port).mail
        action_id = desk.customer("C1")
        desk.send()
    path = tmp_path / "bounce.eml"
    path.write_bytes(dsn(message_id_of(action_id, 1, "partner.example")))

    report = told(csp("import", "bounces", str(path), "--json"))["files"][0]

    assert (report["outcome"], report["new_facts"]) == ("imported", 1)
    assert desk.delivered() == {"C1": "bounced"}
    assert csp("import", "bounces", str(tmp_path / "missing.eml"))[0] == 2


def test_a_mailbox_that_is_not_set_is_told(csp: Csp) -> None:
    code, _, err = csp("outbox", "read-mailbox")

    assert (code, "CSP_IMAP_URL" in err) == (2, True)


def test_sending_says_what_waits_and_why(desk: Desk, csp: Csp) -> None:
    code, out, err = csp("outbox", "send", "--json")

    assert code == 0, err
    assert json.loads(out)["ended"] == {}
