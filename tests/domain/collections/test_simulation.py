"""A simulation answers for everybody it knows; feeds, tags, holds and chargebacks are facts like any other."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.adapters.timeline_file import parse_event
from csp_receivables.domain.collections.policy import CollectionsPolicy, Condition, Letters
from csp_receivables.domain.collections.simulation import answer_json, simulate
from tests.debtors import POLICY, policy, with_stage
from tests.timelines import accepted, along, ask, invoice, line, paid, short

WARNED = [invoice("2026-01-05", "A"), accepted("2026-01-26", "final_notice")]
SUSPEND = ("propose_suspension", "suspension")


def test_a_question_without_customers_is_about_all_of_them_by_id() -> None:
    lines = [invoice("2026-01-05", "A", customer="C2"), invoice("2026-01-05", "B", customer="C1"), *ask("2026-01-12")]

    assert ["C1", "C2"] == [decision.customer_id for decision in along(POLICY, lines)]


def test_a_question_may_be_about_one() -> None:
    lines = [invoice("2026-01-05", "A", customer="C2"), invoice("2026-01-05", "B"), line("2026-01-12", "ask", "C2")]

    assert ["C2"] == [decision.customer_id for decision in along(POLICY, lines)]


def test_an_answer_is_one_object_with_amounts_as_text() -> None:
    events = [parse_event(1, invoice("2026-01-05", "A", "119.00")), parse_event(2, ask("2026-01-12")[0])]
    (asked,) = simulate(POLICY, events)

    answer = answer_json(asked)

    assert {
        "on": "2026-01-12",
        "customer": "C1",
        "currency": "EUR",
        "stage": "reminder",
        "decision": "send_notice",
        "open": "119.00",
        "overdue": "119.00",
        "because": [{"rule": "days_overdue", "threshold": "5", "actual": "7"}],
        "next_stage": "final_notice",
        "next_on": "2026-01-25",
        "numbers": ["A"],
        "round": "1.1",
    } == {name: answer[name] for name in answer if name not in ("days_overdue", "outranked")}


def test_who_owes_nothing_any_more_keeps_their_currency() -> None:
    events = [invoice("2026-01-05", "A"), paid("2026-01-06", "100.00", "A"), *ask("2026-01-12")]
    (asked,) = simulate(POLICY, [parse_event(n, text) for n, text in enumerate(events)])

    assert ("EUR", "0.00", "clear") == (asked.currency, answer_json(asked)["open"], answer_json(asked)["stage"])


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        ({"until": "2026-02-06"}, SUSPEND),  # a Friday; two banking days by Tuesday
        ({"until": "2026-02-05"}, ("wait", "final_notice")),  # three
        ({"until": "2026-02-10", "stale": True}, ("wait", "final_notice")),
    ],
)
def test_a_feed_is_stale_after_its_banking_hours(feed: dict[str, object], expected: tuple[str, str]) -> None:
    lines = [*WARNED, line("2026-02-10", "bank_feed", account="SE00", **feed), *ask("2026-02-10")]
    lines = [text.replace('"customer": "C1", "account"', '"account"') for text in lines]

    assert [expected] == short(POLICY, lines)


def test_any_stale_account_makes_the_feed_stale() -> None:
    feeds = [
        '{"on": "2026-02-02", "do": "bank_feed", "account": "SE00"}',
        '{"on": "2026-02-10", "do": "bank_feed", "account": "DE00"}',
    ]

    assert [("wait", "final_notice")] == short(POLICY, [*WARNED, *feeds, *ask("2026-02-10")])


def test_tags_come_and_go() -> None:
    under = with_stage("reminder", when=Condition(days_min=5, without_tags=frozenset({"key"})))
    lines = [
        invoice("2026-01-05", "A"),
        line("2026-01-06", "tag", tag="key"),
        *ask("2026-01-12"),
        line("2026-01-13", "untag", tag="key"),
        *ask("2026-01-13"),
    ]

    assert [("wait", "clear"), ("send_notice", "reminder")] == short(under, lines)


def test_a_promise_is_judged_by_what_was_received_and_not_taken_back() -> None:
    promised = [
        invoice("2026-01-05", "A"),
        line("2026-01-10", "hold", kind="promise", amount="50.00", until="2026-01-20"),
        paid("2026-01-19", "50.00", "A"),
    ]

    (kept,) = along(POLICY, [*promised, *ask("2026-01-21")])
    (broken,) = along(
        POLICY, [*promised, line("2026-01-20", "chargeback", number="A", amount="50.00"), *ask("2026-01-21")]
    )

    assert "kept" in next(r.actual for r in kept.because if r.rule == "promise")
    assert "broken" in next(r.actual for r in broken.because if r.rule == "promise")


def test_a_payment_of_too_much_leaves_the_rest_unapplied() -> None:
    lines = [
        invoice("2026-01-05", "A", "40.00"),
        invoice("2026-01-05", "B", "60.00"),
        paid("2026-01-06", "100.00", "A"),
        *ask("2026-01-12"),
    ]
    (decision,) = along(POLICY, lines)

    assert ("wait", 6_000) == (decision.answer.value, decision.open)


def test_access_that_was_taken_comes_back_and_the_notice_of_it_ends_it() -> None:
    lines = [
        *WARNED,
        *ask("2026-02-05"),
        accepted("2026-02-06", "suspension"),
        *ask("2026-02-07"),
        paid("2026-02-09", "100.00", "A"),
        *ask("2026-02-09"),
        accepted("2026-02-09", "reinstatement"),
        *ask("2026-02-10"),
    ]

    assert [SUSPEND, ("wait", "suspension"), ("reinstate", "suspension"), ("wait", "clear")] == short(POLICY, lines)


def test_a_country_brings_its_calendar_and_without_one_days_are_days() -> None:
    saturday = "2026-01-10"
    abroad = [invoice(saturday, "A", country="DE"), invoice(saturday, "B", customer="C2"), *ask("2026-01-15")]

    assert [("wait", "clear"), ("send_notice", "reminder")] == short(POLICY, abroad)


def test_letters_beside_the_answer_stand_in_a_key_of_their_own_where_there_are_any() -> None:
    every = Letters(promise_broken=True, payment_received=True, statement_day=20)
    lines = [*WARNED, *ask("2026-01-27"), paid("2026-02-02", "100.00", "A"), *ask("2026-02-03"), *ask("2026-02-20")]
    events = [parse_event(n, text) for n, text in enumerate(lines)]

    letters = [answer_json(each).get("letters") for each in simulate(_with_letters(every), events)]

    assert [None, [{"letter": "payment_received", "about": "1.1", "numbers": []}], None] == letters
    assert [None] * 3 == [answer_json(each).get("letters") for each in simulate(_with_letters(Letters()), events)]


def test_a_broken_promise_and_a_statement_are_said_too() -> None:
    every = Letters(promise_broken=True, statement_day=20)
    promised = line("2026-01-10", "hold", "C1", kind="promise", amount="100.00", until="2026-01-16")
    events = [parse_event(n, text) for n, text in enumerate([*WARNED[:1], promised, *ask("2026-01-21")])]

    (asked,) = simulate(_with_letters(every), events)

    assert ["statement"] == [
        letter.kind for letter in asked.letters
    ]  # that day the ladder itself writes of what was promised


def _with_letters(letters: Letters) -> CollectionsPolicy:
    return policy(letters=letters, live_from=date(2026, 1, 1))
