"""What may follow what in the outbox, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from csp_receivables.domain.outbox.retries import RETRY_AFTER, retry_at
from csp_receivables.domain.outbox.states import PERFORMABLE, TRANSITIONS, Event, NotAllowed, State, after

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def test_every_event_has_its_transition_and_every_state_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(Event)
    assert {each.after for each in TRANSITIONS.values()} == set(State)


def test_what_a_person_ended_or_is_done_or_in_doubt_is_never_performed() -> None:
    assert PERFORMABLE == {State.PROPOSED, State.APPROVED, State.FAILED}


def test_only_a_person_ends_what_a_person_decided() -> None:
    for event, transition in TRANSITIONS.items():
        if transition.before & {State.DECLINED, State.HELD} and not transition.before >= {State.PROPOSED}:
            assert transition.by_person, event


def test_nothing_leads_from_done_or_in_doubt_to_another_hand_over_without_evidence() -> None:
    out = {event for event, each in TRANSITIONS.items() if each.before & {State.DONE, State.IN_DOUBT}}

    assert out == {
        Event.SETTLED_ACCEPTED,
        Event.SETTLED_NOT_ACCEPTED,
        Event.BOUNCED,
        Event.UNDELIVERABLE,
    }


def test_an_event_out_of_place_says_where_the_action_stands() -> None:
    with pytest.raises(NotAllowed, match="the action is done; claimed is for one that is approved, failed, proposed"):
        after(State.DONE, Event.CLAIMED)
    with pytest.raises(NotAllowed, match="is not there"):
        after(None, Event.DONE)


@pytest.mark.parametrize(
    ("attempts", "waits"),
    [(1, timedelta(minutes=5)), (2, timedelta(minutes=15)), (len(RETRY_AFTER), timedelta(hours=48))],
)
def test_each_attempt_that_failed_waits_longer(attempts: int, waits: timedelta) -> None:
    assert retry_at(attempts, NOW) == NOW + waits
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)


def test_after_the_last_time_of_the_table_nothing_is_tried_again() -> None:
    assert retry_at(len(RETRY_AFTER) + 1, NOW) is None
