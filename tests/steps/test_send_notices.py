"""Sending what waits: each action once, to a contact that takes it, unless something says no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.collections.decisions import Answer, Reason
from csp_receivables.domain.collections.policy import Breaker
from csp_receivables.domain.outbox.gate import House
from csp_receivables.domain.outbox.retries import RETRY_AFTER
from tests.conftest import StandingClock
from tests.letters import mail
from tests.mail_server import ACCEPT_AND_DROP, DROP, MailServer, mail_server
from tests.outbox_desk import POLICY, Desk, decided, desk_at
from tests.ports import free_port


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.accepted.clear()
    running.replies.clear()
    running.refused_addresses.clear()
    running.refused_letters.clear()
    running.on_data = None
    return running


@pytest.fixture
def desk(ledger: Ledger, clock: StandingClock, tmp_path: Path, server: MailServer) -> Desk:
    return desk_at(ledger, clock, tmp_path, server.port)


def test_what_waits_is_sent_once_and_counts_as_accepted(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1")

    first, second = desk.send(), desk.send()

    assert first.ended == {"accepted": 1}
    assert second.ended == {}
    assert server.sent_to("billing@c1.example") == ["reminder C1"]
    assert desk.state(action_id) == "done"
    assert desk.story(action_id) == ["proposed", "claimed", "done"]
    assert desk.words() == ["handing_over", "accepted"]
    assert desk.delivered() == {"C1": "accepted"}


def test_what_was_handed_over_is_kept_as_it_was(desk: Desk, server: MailServer) -> None:
    desk.customer("C1")
    desk.send()

    (kept,) = (desk.folder / "messages").rglob("*.eml")
    assert kept.read_bytes() == server.accepted[0].content
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "now",
    [
        {"answer": Answer.WAIT, "because": (Reason(rule="nothing_owed", threshold="", actual="0"),)},
        {"stage": "final_notice"},
        {"round_id": "1.2"},
    ],
    ids=["paid", "a harder stage", "another round"],
)
def test_the_last_look_supersedes_what_would_not_be_decided_now(
    desk: Desk, server: MailServer, now: dict[str, object]
) -> None:
    action_id = desk.customer("C1")
    desk.decided.decisions["C1"] = decided("C1", **now)  # type: ignore[arg-type]

    sent = desk.send()

    assert sent.ended == {"superseded": 1}
    assert server.accepted == []
    assert desk.state(action_id) == "superseded"


def test_a_payment_between_the_first_look_and_the_letter_is_seen(desk: Desk, server: MailServer) -> None:
    desk.customer("C1")
    look = desk.decided.look

    def paid_after_the_first_look(customers: list[str]) -> object:
        found = look(customers)
        desk.decided.decisions["C1"] = decided("C1", answer=Answer.WAIT)
        return found

    desk.decided.look = paid_after_the_first_look  # type: ignore[method-assign,assignment]

    assert desk.send().ended == {"superseded": 1}
    assert server.accepted == []


def test_what_was_superseded_and_is_wanted_again_is_sent(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1")
    desk.decided.decisions["C1"] = decided("C1", answer=Answer.WAIT)
    desk.send()

    desk.decide(decided("C1"))
    desk.send()

    assert desk.story(action_id) == ["proposed", "superseded", "proposed", "claimed", "done"]
    assert len(server.accepted) == 1


def test_a_refused_address_is_a_finding_and_the_next_contact_is_written_to(desk: Desk, server: MailServer) -> None:
    server.refused_addresses["gone@c1.example"] = "550 5.1.1 unknown"
    desk.customer("C1", "gone@c1.example", "boss@c1.example")

    assert desk.send().ended == {"accepted": 1}
    assert server.sent_to("boss@c1.example") == ["reminder C1"]
    assert desk.words() == ["handing_over", "refused_address", "handing_over", "accepted"]
    assert desk.findings() == ["outbox.address_refused"]
    assert desk.delivered() == {"C1": "accepted"}


def test_an_address_beyond_ascii_needs_a_server_that_takes_it_or_the_next_contact(
    desk: Desk, server: MailServer
) -> None:
    desk.owing(1000)
    desk.customer("C1", "förnamn@båt.example", "boss@c1.example")
    desk.customer("C2", "faktura@företag.example")
    assert desk.send().ended == {"accepted": 2}
    assert server.sent_to("förnamn@xn--bt-yia.example") == ["reminder C1"]
    assert server.sent_to("faktura@xn--fretag-wxa.example") == ["reminder C2"]

    with mail_server(utf8=False) as old:
        behind = replace(desk, mail=mail(old.port))
        behind.customer("C3", "förnamn@c3.example", "boss@c3.example")
        behind.customer("C4", "faktura@företag.example")
        assert behind.send().ended == {"accepted": 2}
        assert old.sent_to("boss@c3.example") == ["reminder C3"]
        assert old.sent_to("faktura@xn--fretag-wxa.example") == ["reminder C4"]

    assert desk.findings() == ["outbox.address_refused"]


def test_nobody_left_to_write_to_is_a_finding_and_a_new_contact_is_written_to(desk: Desk, server: MailServer) -> None:
    server.refused_addresses["gone@c1.example"] = "550 5.1.1 unknown"
    action_id = desk.customer("C1", "gone@c1.example", "no address")

    assert desk.send().ended == {"no_address": 1}
    assert desk.state(action_id) == "failed"
    assert desk.findings() == ["collections.no_address", "outbox.address_refused"]

    desk.contacts("C1", "new@c1.example")
    desk.decide(decided("C1"))
    assert desk.send().ended == {"accepted": 1}
    assert server.sent_to("new@c1.example") == ["reminder C1"]


def test_greylisting_is_tried_again_at_its_time_and_not_before(desk: Desk, server: MailServer) -> None:
    server.replies["RCPT"] = ["450 4.2.0 greylisted"]
    action_id = desk.customer("C1")

    assert desk.send().ended == {"try_later": 1}
    assert desk.delivered() == {}
    desk.later(minutes=4, seconds=59)
    assert desk.send().ended == {}
    desk.later(seconds=1)
    assert desk.send().ended == {"accepted": 1}

    assert desk.story(action_id) == ["proposed", "claimed", "failed", "claimed", "done"]
    assert desk.delivered() == {"C1": "accepted"}
    assert len(server.accepted) == 1


def test_an_address_that_is_put_off_for_days_gives_way_to_the_next_contact(desk: Desk, server: MailServer) -> None:
    desk.customer("C1", "slow@c1.example", "boss@c1.example")
    server.refused_addresses["slow@c1.example"] = "450 4.2.0 not yet"

    for _ in range(len(RETRY_AFTER)):
        assert desk.send().ended == {"try_later": 1}
        desk.later(days=7)

    assert desk.send().ended == {"accepted": 1}
    assert server.sent_to("boss@c1.example") == ["reminder C1"]


def test_a_server_that_is_away_makes_no_address_bad_however_long(desk: Desk) -> None:
    port = desk.mail.server.port if desk.mail.server else 0
    desk.mail = replace(desk.mail, server=replace(desk.mail.server, port=free_port()))  # type: ignore[type-var]
    desk.customer("C1", "a@c1.example", "b@c1.example")
    for _ in range(len(RETRY_AFTER) + 2):
        sent = desk.send()
        assert sent.because.startswith("the mail server is away")
        desk.later(days=7)

    desk.mail = replace(desk.mail, server=replace(desk.mail.server, port=port))  # type: ignore[type-var]
    assert desk.send().ended == {"accepted": 1}
    assert desk.findings() == []


def test_a_refused_letter_is_a_finding_and_waits_for_a_person(desk: Desk, server: MailServer) -> None:
    server.replies["CONTENT"] = ["550 5.7.1 looks like spam"]
    action_id = desk.customer("C1")

    assert desk.send().ended == {"refused_message": 1}
    desk.later(days=30)
    assert desk.send().ended == {}
    assert (desk.state(action_id), desk.findings()) == ("failed", ["outbox.message_refused"])
    assert desk.delivered() == {"C1": "failed"}


def test_a_server_that_refuses_us_ends_the_run_and_nothing_is_lost(desk: Desk, server: MailServer) -> None:
    server.replies["MAIL"] = ["550 5.7.1 sender not allowed"]
    actions = [desk.customer(f"C{number}") for number in (1, 2)]

    sent = desk.send()

    assert sent.because.startswith("the mail server takes nothing of ours")
    assert [desk.state(action_id) for action_id in actions] == ["failed", "proposed"]
    assert desk.findings() == ["outbox.server_refuses_us"]
    desk.later(minutes=5)
    assert desk.send().ended == {"accepted": 2}


@pytest.mark.parametrize("reply", [DROP, ACCEPT_AND_DROP])
def test_a_letter_in_doubt_is_never_sent_again_by_itself(desk: Desk, server: MailServer, reply: str) -> None:
    server.replies["CONTENT"] = [reply]
    action_id = desk.customer("C1")

    assert desk.send().ended == {"in_doubt": 1}
    for _ in range(3):
        desk.later(days=10)
        desk.decide(decided("C1"))
        assert desk.send().ended == {}

    assert desk.state(action_id) == "in_doubt"
    assert desk.findings() == ["outbox.in_doubt"]
    assert desk.delivered() == {"C1": "in_doubt"}
    assert len(server.accepted) == (reply == ACCEPT_AND_DROP)


def test_one_notice_that_cant_be_written_changes_no_others_outcome(desk: Desk, server: MailServer) -> None:
    desk.owing(10)
    desk.customer("C1")
    bad = desk.customer("C2", stage="unwritable")
    desk.customer("C3")

    sent = desk.send()

    assert sent.ended == {"accepted": 2, "not_written": 1}
    assert desk.state(bad) == "failed"
    assert desk.findings() == ["outbox.not_written"]


# ---- what says no ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("house", "now"),
    [
        (House(is_production=False), None),
        (House(is_production=True, is_demo=True), None),
        (House(is_production=True, stop="stopped"), None),
        (House(is_production=True), datetime(2026, 11, 1, 9, tzinfo=UTC)),
    ],
    ids=["no production", "a demonstration", "a stop", "a Sunday"],
)
def test_a_closed_gate_leaves_no_trace_but_what_waits(
    desk: Desk, server: MailServer, house: House, now: datetime | None
) -> None:
    action_id = desk.customer("C1")
    desk.house = house
    desk.clock.now = now or desk.clock.now

    sent = desk.send()

    assert sum(sent.waits.values()) == 1
    assert server.accepted == []
    assert desk.story(action_id) == ["proposed"]


def test_outside_production_everything_goes_to_the_catch_all(desk: Desk, server: MailServer) -> None:
    desk.house = House(is_production=False, catch_all="catch@partner.example")
    desk.customer("C1", "a@c1.example", "b@c1.example")

    desk.send()

    assert [each.recipients for each in server.accepted] == [["catch@partner.example"]]
    assert server.accepted[0].mail["To"] == "catch@partner.example"


@pytest.mark.parametrize(
    ("policy", "approved"),
    [
        ({"live_from": None}, True),
        ({"live_from": date(2026, 11, 3)}, True),
        ({"live_from": date(2026, 11, 2), "dry_days": 1}, True),
        ({}, False),
    ],
    ids=["no live_from", "tomorrow", "dry days", "nobody approved it"],
)
def test_a_policy_that_is_not_live_sends_nothing(
    desk: Desk, server: MailServer, policy: dict[str, object], approved: bool
) -> None:
    desk.customer("C1")
    desk.decided.policy, desk.decided.approved = replace(POLICY, **policy), approved  # type: ignore[arg-type]

    sent = desk.send()

    assert sum(sent.waits.values()) == 1
    assert server.accepted == []


def test_a_historical_run_hands_nothing_over_and_claims_nothing(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1")

    sent = desk.send(historical="2026-10-01 is not yesterday")

    assert sent.because == "2026-10-01 is not yesterday"
    assert (server.accepted, desk.story(action_id)) == ([], ["proposed"])


def test_a_stop_in_the_middle_of_a_run_ends_it_before_the_next_letter(desk: Desk, server: MailServer) -> None:
    actions = [desk.customer(f"C{number}") for number in range(6)]
    desk.owing(10)
    server.on_data = lambda: len(server.accepted) == 2 and desk.stop()

    sent = desk.send()

    assert len(server.accepted) == 3  # the one that was on its way arrives
    assert sent.because.startswith("stopped by Ada Lund")
    assert [desk.state(action_id) for action_id in actions] == ["done"] * 3 + ["proposed"] * 3
    server.on_data = None
    desk.stop(stopped=False)
    assert desk.send().ended == {"accepted": 3}


def test_a_run_that_wants_too_many_sends_none_and_asks(desk: Desk, server: MailServer) -> None:
    desk.decided.policy = replace(POLICY, notices=Breaker(number_max=5, share_per_mille_max=1000, canary=2))
    desk.owing(100)
    actions = [desk.customer(f"C{number}") for number in range(6)]

    sent = desk.send()

    assert server.accepted == []
    assert sent.findings[0].code == "outbox.breaker"
    assert "6 (5)" in sent.findings[0].found
    assert {desk.state(action_id) for action_id in actions} == {"proposed"}
    desk.decided.decisions["C0"] = decided("C0", answer=Answer.WAIT)  # the missing bank file came
    assert desk.send().ended == {"superseded": 1, "accepted": 5}


def test_the_rest_follows_once_the_first_few_were_accepted(desk: Desk, server: MailServer) -> None:
    server.replies["CONTENT"] = ["", "451 4.3.0 later"]
    desk.owing(10)
    for number in range(5):
        desk.customer(f"C{number}")

    sent = desk.send()

    assert len(server.accepted) == 1
    assert sent.because == "the first letters must be accepted before the rest follows, and one was try_later"
    assert "outbox.canary" in desk.findings()
    assert desk.send().ended == {"accepted": 3}  # others go first now
    desk.later(minutes=5)
    assert desk.send().ended == {"accepted": 1}


def test_an_address_that_is_put_off_says_nothing_of_the_others(desk: Desk, server: MailServer) -> None:
    """Found: the oldest letter's address, put off again and again, ended each run that tried it before all others."""
    server.refused_addresses["billing@c0.example"] = "450 4.2.0 later"
    desk.owing(10)
    for number in range(5):
        desk.customer(f"C{number}")

    assert desk.send().ended == {"try_later": 1, "accepted": 4}


def test_a_letter_that_failed_before_is_not_the_first_of_the_next_run(desk: Desk, server: MailServer) -> None:
    server.refused_letters["billing@c0.example"] = "451 4.3.0 later"
    desk.owing(10)
    for number in range(5):
        desk.customer(f"C{number}")
    assert desk.send().ended == {"try_later": 1}  # the first of all: it may be the server
    desk.later(hours=1)

    assert desk.send().ended == {"accepted": 4, "try_later": 1}


def test_a_claim_whose_worker_died_is_let_go_and_performed(desk: Desk, server: MailServer) -> None:
    action_id = desk.customer("C1")
    assert desk.sender().performer.outbox.claim(action_id, "a worker that died")

    assert desk.send().ended == {}
    desk.later(minutes=16)
    assert desk.send().ended == {"accepted": 1}
    assert desk.story(action_id) == ["proposed", "claimed", "let_go", "claimed", "done"]
