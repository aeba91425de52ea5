"""Actions in the ledger: proposed once, claimed by one, and what decisions read of them afterwards."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from csp_receivables.adapters.ledger import Ledger, Writing, outbox
from csp_receivables.adapters.ledger.outbox_messages import Said, keep_message, notices, say
from csp_receivables.adapters.ledger.outbox_tables import action, action_event, action_state
from csp_receivables.domain.collections.cases import Round
from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.outbox.actions import Action, action_of, message_id_of
from csp_receivables.domain.outbox.deliveries import NOTICE, MessageEvent
from csp_receivables.domain.outbox.states import Event
from tests.conftest import StandingClock

TODAY = date(2026, 11, 1)
LATER = "2026-11-01T13:00:00.000000Z"


def decision(customer: str = "C1", stage: str = "reminder", overdue: int = 11900, **given: Any) -> Decision:
    named = given.pop("receivable_ids", ("partner/100",))
    return Decision(
        customer_id=customer,
        on=TODAY,
        answer=Answer.SEND_NOTICE,
        stage=stage,
        currency="SEK",
        open=overdue,
        overdue=overdue,
        days_overdue=16,
        because=(Reason(rule="days_overdue", threshold="14", actual="16"),),
        round_id="1.1",
        receivable_ids=named,
        opens=Round(round_id="1.1", opened_on=TODAY, policy_version="v1", receivable_ids=frozenset(named)),
        policy_version="v1",
        **given,
    )


def wanted(*args: Any, **given: Any) -> Action:
    made = action_of(decision(*args, **given), "run-1")
    assert made is not None
    return made


def propose(ledger: Ledger, *actions: Action) -> Any:
    with ledger.writing() as writing:
        return outbox.propose(writing, actions)


def events_of(ledger: Ledger, action_id: str) -> list[str]:
    with ledger.reading() as connection:
        query = select(action_event.c.event).where(action_event.c.action_id == action_id)
        return list(connection.execute(query.order_by(action_event.c.event_no)).scalars())


def state_of(ledger: Ledger, action_id: str) -> str:
    with ledger.reading() as connection:
        query = select(action_state.c.state).where(action_state.c.action_id == action_id)
        return str(connection.execute(query).scalar_one())


def happens(ledger: Ledger, action_id: str, *events: Event) -> list[bool]:
    done = []
    for event in events:
        with ledger.writing() as writing:
            done.append(outbox.append(writing, action_id, event))
    return done


def test_a_decision_to_wait_asks_for_nothing() -> None:
    assert action_of(Decision(**{**_fields(decision()), "answer": Answer.WAIT}), "run-1") is None


def _fields(made: Decision) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__slots__}


def test_an_action_is_kept_once_however_often_it_is_proposed(ledger: Ledger) -> None:
    first = propose(ledger, wanted(), wanted("C2"))
    again = propose(ledger, wanted(), wanted("C2"))

    assert first.new == ("C1/1.1/reminder/send_notice", "C2/1.1/reminder/send_notice")
    assert (again.new, again.changed) == ((), ())
    assert again.known == first.new
    with ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(action)).scalar_one() == 2
    assert events_of(ledger, first.new[0]) == ["proposed"]


def test_another_payload_under_the_same_id_is_told_and_the_first_is_kept(ledger: Ledger) -> None:
    propose(ledger, wanted())

    told = propose(ledger, wanted(overdue=500))

    assert told.changed == ("C1/1.1/reminder/send_notice",)
    with ledger.reading() as connection:
        assert json.loads(connection.execute(select(action.c.payload)).scalar_one())["overdue"] == 11900


def test_nothing_is_kept_of_a_proposal_whose_transaction_fails(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.writing() as writing:
        outbox.propose(writing, [wanted()])
        raise RuntimeError("the decision could not be kept")

    with ledger.reading() as connection:
        assert outbox.waiting(connection, [Answer.SEND_NOTICE], LATER) == []


@pytest.mark.parametrize("ended", [Event.SUPERSEDED, Event.FAILED])
def test_what_was_not_wanted_for_a_while_or_reached_nobody_waits_again(ledger: Ledger, ended: Event) -> None:
    action_id = propose(ledger, wanted()).new[0]
    assert happens(ledger, action_id, Event.CLAIMED, ended) == [True, True]

    told = propose(ledger, wanted())

    assert told.again == (action_id,)
    assert state_of(ledger, action_id) == "proposed"


@pytest.mark.parametrize("ended", [Event.DECLINED, Event.HELD])
def test_what_a_person_ended_stays_ended(ledger: Ledger, ended: Event) -> None:
    action_id = propose(ledger, wanted()).new[0]
    happens(ledger, action_id, ended)

    assert propose(ledger, wanted()).again == ()
    assert state_of(ledger, action_id) == ended.value


def test_an_event_out_of_place_changes_nothing(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]

    assert happens(ledger, action_id, Event.DONE) == [False]
    assert events_of(ledger, action_id) == ["proposed"]


def _claim(ledger: Ledger, action_id: str, token: str, now: str = LATER) -> bool:
    with ledger.writing() as writing:
        return outbox.claim(writing, action_id, token=token, until="2026-11-01T13:10:00.000000Z", now=now)


def test_of_ten_workers_one_gets_the_claim(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]

    with ThreadPoolExecutor(10) as workers:
        got = list(workers.map(lambda number: _claim(ledger, action_id, f"worker {number}"), range(10)))

    assert sorted(got) == [False] * 9 + [True]
    assert events_of(ledger, action_id) == ["proposed", "claimed"]


@pytest.mark.parametrize(("retry_at", "claimed"), [("2026-11-01T13:00:00.000001Z", False), (LATER, True), ("", False)])
def test_what_failed_is_claimed_from_its_time_on_and_never_without_one(
    ledger: Ledger, retry_at: str, claimed: bool
) -> None:
    action_id = propose(ledger, wanted()).new[0]
    _claim(ledger, action_id, "first")
    with ledger.writing() as writing:
        outbox.append(writing, action_id, Event.FAILED, retry_at=retry_at)

    with ledger.reading() as connection:
        assert bool(outbox.waiting(connection, [Answer.SEND_NOTICE], LATER)) is claimed
    assert _claim(ledger, action_id, "second") is claimed


def test_a_claim_is_prolonged_by_its_own_worker_only(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]
    _claim(ledger, action_id, "mine")

    with ledger.writing() as writing:
        assert not outbox.still_claimed(writing, action_id, "another's", "2026-11-01T14:00:00.000000Z")
        assert outbox.still_claimed(writing, action_id, "mine", "2026-11-01T14:00:00.000000Z")


def test_what_is_claimed_is_ended_by_its_own_worker_only(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]
    _claim(ledger, action_id, "mine")

    with ledger.writing() as writing:
        assert not outbox.append(writing, action_id, Event.LET_GO, held_claim="another's")
        assert outbox.append(writing, action_id, Event.LET_GO, held_claim="mine", why="nothing to do")
    assert (events_of(ledger, action_id)[-1], state_of(ledger, action_id)) == ("let_go", "proposed")


def test_a_claim_whose_worker_is_gone_is_let_go_when_nothing_had_begun(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]
    _claim(ledger, action_id, "gone")

    with ledger.writing() as writing:
        assert outbox.recover(writing, "2026-11-01T13:10:00.000000Z") == ((), ())
        assert outbox.recover(writing, "2026-11-01T13:10:00.000001Z") == ((action_id,), ())
    assert state_of(ledger, action_id) == "proposed"


def test_a_claim_whose_worker_is_gone_is_in_doubt_once_handing_over_began(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]
    _claim(ledger, action_id, "gone")
    hand_over(ledger, action_id, 1, MessageEvent.HANDING_OVER)

    with ledger.writing() as writing:
        assert outbox.recover(writing, "2026-11-01T14:00:00.000000Z") == ((), (action_id,))
    assert state_of(ledger, action_id) == "in_doubt"
    assert not _claim(ledger, action_id, "another", "2027-01-01T00:00:00.000000Z")


def hand_over(ledger: Ledger, action_id: str, ordinal: int, *events: MessageEvent, on: date = TODAY) -> None:
    message_id = message_id_of(action_id, ordinal, "partner.example")
    with ledger.writing() as writing:
        keep_message(writing, _message(writing, action_id, message_id, ordinal))
        for event in events:
            say(writing, message_id, 1, Said(event=event, on=on))


def _message(writing: Writing, action_id: str, message_id: str, ordinal: int) -> dict[str, Any]:
    to = f"person{ordinal}@customer.example"
    named = json.dumps(["partner/100"])
    texts = {"recipient": to, "sent_to": to, "subject": "Reminder", "language": "en", "digest": "d"}
    return {"message_id": message_id, "attempt": 1, "action_id": action_id, "ordinal": ordinal} | (
        texts | {"receivable_ids": named}
    )


def delivered(ledger: Ledger, as_of: date = TODAY, known_at: str = "9999") -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        table = notices(connection, as_of, known_at)
    assert table.schema == NOTICE
    return [(row["customer_id"], row["delivery"]) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("events", "delivery"),
    [
        ([MessageEvent.HANDING_OVER], "in_doubt"),
        ([MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED], "accepted"),
        ([MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED, MessageEvent.DELAYED], "accepted"),
        ([MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED, MessageEvent.BOUNCED], "bounced"),
        ([MessageEvent.HANDING_OVER, MessageEvent.REFUSED_ADDRESS], "failed"),
        ([MessageEvent.HANDING_OVER, MessageEvent.IN_DOUBT], "in_doubt"),
        ([MessageEvent.HANDING_OVER, MessageEvent.TRY_LATER], None),
        ([MessageEvent.HANDING_OVER, MessageEvent.NOT_HANDED_OVER], None),
    ],
)
def test_the_newest_word_on_a_message_makes_the_delivery(
    ledger: Ledger, events: list[MessageEvent], delivery: str | None
) -> None:
    hand_over(ledger, propose(ledger, wanted()).new[0], 1, *events)

    assert delivered(ledger) == ([("C1", delivery)] if delivery else [])


def test_another_contact_that_was_reached_speaks_for_the_notice(ledger: Ledger) -> None:
    action_id = propose(ledger, wanted()).new[0]
    hand_over(ledger, action_id, 1, MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED, MessageEvent.BOUNCED)
    hand_over(ledger, action_id, 2, MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED)

    with ledger.reading() as connection:
        row = notices(connection, TODAY, "9999").to_pylist()[0]

    assert row == {
        "customer_id": "C1",
        "stage": "reminder",
        "round_id": "1.1",
        "on": TODAY,
        "delivery": "accepted",
        "receivable_ids": ["partner/100"],
        "kind": "send_notice",
    }


def test_a_past_day_and_what_was_known_then_are_told_as_they_were(ledger: Ledger, clock: StandingClock) -> None:
    action_id = propose(ledger, wanted()).new[0]
    hand_over(ledger, action_id, 1, MessageEvent.HANDING_OVER, MessageEvent.ACCEPTED)
    known_then = ledger.everything_known()
    clock.now += timedelta(days=2)
    with ledger.writing() as writing:
        bounce = Said(event=MessageEvent.BOUNCED, on=date(2026, 11, 3))
        say(writing, message_id_of(action_id, 1, "partner.example"), 1, bounce)

    assert delivered(ledger, date(2026, 10, 31)) == []
    assert delivered(ledger, date(2026, 11, 2)) == [("C1", "accepted")]
    assert delivered(ledger, date(2026, 11, 3), known_then) == [("C1", "accepted")]
    assert delivered(ledger, date(2026, 11, 3)) == [("C1", "bounced")]


def test_a_stop_lasts_until_somebody_ends_it(ledger: Ledger) -> None:
    words = []
    for stopped in (None, True, False):
        if stopped is not None:
            with ledger.writing() as writing:
                outbox.say_stop(writing, stopped=stopped, by="Ada Lund", why="a wrong bank file")
        with ledger.reading() as connection:
            words.append(outbox.stop_in_force(connection))

    assert [word.why if word else None for word in words] == [None, "a wrong bank file", None]
