"""The rules of money that a person's decision keeps to, at their limits; and what each refusal says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching_by_hand.books import Situation
from csp_receivables.domain.matching_by_hand.decide import decide_by_hand
from csp_receivables.domain.matching_by_hand.requests import (
    NAME_LENGTH_MAX,
    AlreadyDone,
    ByHand,
    ByHandRefused,
    Confirm,
    Person,
    Reject,
    Request,
    Split,
    TakeBack,
    person,
)
from tests.examples import examples
from tests.worlds import duck, payment, receivable, world

ADA = Person(name="Ada", why="she rang them")


def decide(facts: Facts, request: Request) -> ByHand:
    situation = Situation(facts=facts, policy=MatchingPolicy(), lines=BankLinePolicy())
    with duck() as connection:
        return decide_by_hand(connection, situation, request, ADA)


def refused(facts: Facts, request: Request) -> str:
    with pytest.raises(ByHandRefused) as refusal:
        decide(facts, request)
    return str(refusal.value)


def after(facts: Facts, request: Request) -> Facts:
    """The facts once the decision is in the ledger."""
    done = decide(facts, request)
    return replace(facts.with_allocations(done.allocations), declined=pa.concat_tables([facts.declined, done.declined]))


def books(*payments: dict[str, Any], receivables: Sequence[dict[str, Any]] = (), **more: Any) -> Facts:
    bills = receivables or [receivable("10100", "A", 5000), receivable("10101", "A", 3000)]
    return world(receivables=bills, payments=payments or [payment("first-one", 5000)], **more)


def allocation(source: str, number: str, amount: int, **other: Any) -> dict[str, Any]:
    return {
        "allocation_id": f"{source}-{number}",
        "source_kind": "payment",
        "source_id": source,
        "receivable_id": f"partner/{number}",
        "amount": amount,
        "currency": "SEK",
        "rule": "exact_reference",
        "outcome": "full",
        "effective_on": date(2026, 10, 15),
        **other,
    }


@pytest.mark.parametrize(
    ("amount", "taken", "left", "outcome"),
    [("", 5000, 0, "full"), ("50.00", 5000, 0, "full"), ("49.99", 4999, 1, "partial"), ("0.01", 1, 4999, "partial")],
)
def test_a_payment_is_confirmed_up_to_what_is_open(amount: str, taken: int, left: int, outcome: str) -> None:
    done = decide(books(), Confirm(payment="first-one", receivable="10100", amount=amount))

    (row,) = done.allocations.to_pylist()
    assert (row["amount"], done.left, row["outcome"]) == (taken, left, outcome)
    assert (row["rule"], row["because"], row["difference"]) == ("confirmed", "confirmed by Ada: she rang them", 0)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("50.01", "50.01 is more than the 50.00 SEK that is open of partner/10100"),
        ("0", "is nothing to allocate"),
        ("-1", "is nothing to allocate"),
        ("1.001", "more decimals than SEK knows"),
        ("1,50", "'1,50' is not a number; write an amount as 1234.50"),
        ("NaN", "is not a number"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(amount: str, said: str) -> None:
    facts = books(payment("first-one", 9000))
    assert said in refused(facts, Confirm(payment="first-one", receivable="10100", amount=amount))


def test_more_than_is_left_of_the_payment_is_refused() -> None:
    facts = books(payment("first-one", 3999))
    assert "40.00 is more than the 39.99 SEK that is left of first-one" in refused(
        facts, Confirm(payment="first-one", receivable="10100", amount="40.00")
    )


def test_another_currency_is_refused() -> None:
    facts = books(payment("first-one", 5000, currency="EUR"))
    assert "first-one is in EUR and partner/10100 in SEK" in refused(
        facts, Confirm(payment="first-one", receivable="10100")
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (payment("first-one", 5000, status="pending"), "the bank has not booked first-one yet"),
        (payment("first-one", -5000, kind="return"), "is money that the bank took back"),
        (payment("first-one", 5000, kind="other"), "is not customers' money"),
        (payment("another", 5000), "no payment 'first-one' is known"),
    ],
)
def test_what_is_no_booked_customer_payment_is_refused(row: dict[str, Any], said: str) -> None:
    assert said in refused(books(row), Confirm(payment="first-one", receivable="10100"))


def test_an_own_transfer_is_refused_with_what_it_is() -> None:
    own = payment("first-one", 5000, payer_account="SE3550000000054910000003")
    other = payment("other", 100, account="SE3550000000054910000003")
    assert "is our own" in refused(books(own, other), Confirm(payment="first-one", receivable="10100"))


def test_a_payment_that_the_bank_is_taking_back_is_refused_before_that_is_booked() -> None:
    paid = payment("first-one", 5000, end_to_end="E1")
    back = payment("back", -5000, kind="return", end_to_end="E1", booked_on=date(2026, 10, 20))
    assert "is going back: the bank returned 50.00 SEK on 2026-10-20" in refused(
        books(paid, back), Confirm(payment="first-one", receivable="10100")
    )


def test_a_payment_that_went_back_has_nothing_left() -> None:
    offset = allocation("first-one", "", 5000, receivable_id="", rule="returned_payment")
    facts = books(allocations=[offset])
    assert "nothing is left of first-one; it went back" in refused(
        facts, Confirm(payment="first-one", receivable="10100")
    )


def test_what_took_the_money_is_named_when_nothing_is_left() -> None:
    facts = books(allocations=[allocation("first-one", "10101", 5000)])
    assert "nothing is left of first-one: 50.00 SEK to partner/10101 (exact_reference)" in refused(
        facts, Confirm(payment="first-one", receivable="10100")
    )


def test_a_receivable_that_is_paid_is_refused() -> None:
    facts = books(
        payment("first-one", 5000), payment("second", 5000), allocations=[allocation("second", "10100", 5000)]
    )
    assert "nothing is open of partner/10100" in refused(facts, Confirm(payment="first-one", receivable="10100"))


def test_a_credit_note_is_not_paid() -> None:
    facts = books(receivables=[receivable("10100", "A", 5000, kind="credit_note")])
    assert "partner/10100 is a credit note" in refused(facts, Confirm(payment="first-one", receivable="10100"))


@pytest.mark.parametrize("named", ["1010", "partner/1010", "", "partner/", "10100 "])
def test_the_beginning_of_a_receivable_is_not_enough(named: str) -> None:
    facts = books()
    assert "is known" in refused(facts, Split(payment="first-one", parts=((named, "1.00"),)))


def test_two_sellers_with_one_number_are_told_apart_by_the_id() -> None:
    bills = [receivable("10100", "A", 5000), receivable("10100", "B", 5000, receivable_id="other/10100")]
    facts = books(receivables=bills)

    assert "may be other/10100, partner/10100; give the whole id" in refused(
        facts, Confirm(payment="first-one", receivable="10100")
    )
    done = decide(facts, Confirm(payment="first-one", receivable="other/10100"))
    assert done.allocations["receivable_id"].to_pylist() == ["other/10100"]


@pytest.mark.parametrize(("given", "is_found"), [("first-", True), ("first", False), ("first-one", True)])
def test_six_characters_of_a_payment_are_enough(given: str, is_found: bool) -> None:
    request = Confirm(payment=given, receivable="10100")
    if is_found:
        assert decide(books(), request).payment_id == "first-one"
    else:
        assert "no payment 'first' is known" in refused(books(), request)


def test_a_beginning_of_two_payments_names_them() -> None:
    facts = books(payment("first-one", 5000), payment("first-two", 5000))
    assert "may be first-one, first-two; give the whole id" in refused(
        facts, Confirm(payment="first-", receivable="10100")
    )


def test_the_whole_id_of_a_payment_that_begins_another_is_that_payment() -> None:
    facts = books(payment("first-one", 5000), payment("first-one-more", 5000))
    assert decide(facts, Confirm(payment="first-one", receivable="10100")).payment_id == "first-one"


@pytest.mark.parametrize(
    "request_",
    [
        Confirm(payment="first-one", receivable="10100"),
        Confirm(payment="first-one", receivable="10100", amount="10.00"),
        Split(payment="first-one", parts=(("10100", "10.00"), ("10101", "20.00"))),
    ],
)
def test_a_repeat_is_refused_as_already_done(request_: Request) -> None:
    once = after(books(), request_)
    with pytest.raises(AlreadyDone, match="of first-one is already allocated"):
        decide(once, request_)


def test_a_receivable_named_twice_in_a_split_is_refused() -> None:
    assert "partner/10100 is named twice" in refused(
        books(), Split(payment="first-one", parts=(("10100", "1"), ("partner/10100", "1")))
    )


def test_a_split_of_more_than_the_payment_is_refused_whole() -> None:
    assert "50.01 is more than the 50.00 SEK that is left" in refused(
        books(), Split(payment="first-one", parts=(("10100", "30.00"), ("10101", "20.01")))
    )


# ---- options ---------------------------------------------------------------------------------------------------
SET = [receivable(f"1020{n}", "A", amount) for n, amount in enumerate((1000, 2000, 3000, 4000), start=1)]


def doubtful() -> Facts:
    """5000 from an account of customer A, who has 1000, 2000, 3000 and 4000 open: 1000 + 4000 or 2000 + 3000."""
    known = {"payer_account": "DE89370400440532013000", "customer_id": "A", "word": "known"}
    return books(
        payment("first-one", 5000, payer_account="DE89370400440532013000"), receivables=SET, alias_words=[known]
    )


def test_an_option_is_booked_whole() -> None:
    sums = []
    for option in (1, 2):
        done = decide(doubtful(), Confirm(payment="first-one", option=option))
        sums.append(sorted(row["receivable_id"][-1] for row in done.allocations.to_pylist()))
        assert done.left == 0

    assert sorted(sums) == [["1", "4"], ["2", "3"]]


def test_several_options_need_a_choice_and_are_named() -> None:
    said = refused(doubtful(), Confirm(payment="first-one"))
    assert "2 options are suggested for first-one: 1: partner/1020" in said
    assert "choose with --option" in said


def test_an_option_that_is_not_there_or_lacks_the_named_receivable_is_refused() -> None:
    facts = doubtful()
    first = decide(facts, Confirm(payment="first-one", option=1)).allocations["receivable_id"][0].as_py()

    assert "no option 3 is suggested" in refused(facts, Confirm(payment="first-one", option=3))
    assert f"option 2 of first-one does not have {first}" in refused(
        facts, Confirm(payment="first-one", receivable=first, option=2)
    )
    assert "nothing is suggested for first-one" in refused(books(), Confirm(payment="first-one"))


def test_an_option_has_its_own_amounts() -> None:
    assert "--amount goes with one receivable" in refused(
        doubtful(), Confirm(payment="first-one", option=1, amount="1")
    )


def test_a_confirmed_option_is_not_confirmed_again() -> None:
    once = after(doubtful(), Confirm(payment="first-one", option=1))
    for option in (1, 2, None):
        with pytest.raises(AlreadyDone):
            decide(once, Confirm(payment="first-one", option=option))


def test_a_rejected_option_leaves_the_other_which_is_then_named_by_its_receivables() -> None:
    first = decide(doubtful(), Confirm(payment="first-one", option=1)).allocations["receivable_id"].to_pylist()
    once = after(doubtful(), Reject(payment="first-one", option=1))

    with pytest.raises(AlreadyDone, match="its options are counted anew"):
        decide(once, Reject(payment="first-one", option=1))
    with pytest.raises(AlreadyDone, match="its options are counted anew"):
        decide(once, Confirm(payment="first-one", option=1))
    with pytest.raises(AlreadyDone):
        decide(once, Reject(payment="first-one", receivable=first[0]))
    others = {row["receivable_id"] for row in SET} - set(first)
    done = decide(once, Reject(payment="first-one", receivable=min(others)))
    assert set(done.declined["receivable_id"].to_pylist()) == {min(others)}


def test_a_no_is_kept_for_every_rule_of_the_same_evidence() -> None:
    done = decide(doubtful(), Reject(payment="first-one"))

    assert set(done.declined["rule"].to_pylist()) == {"known_payer", "natural_set", "small_subset"}
    assert done.allocations.num_rows == 0
    with pytest.raises(AlreadyDone):
        decide(after(doubtful(), Reject(payment="first-one")), Reject(payment="first-one"))


def test_nothing_that_is_not_suggested_is_rejected() -> None:
    assert "nothing is not suggested" not in (said := refused(books(), Reject(payment="first-one", receivable="10100")))
    assert "partner/10100 is not suggested for first-one" in said


# ---- taking back -----------------------------------------------------------------------------------------------
def test_an_allocation_is_taken_back_whole_with_its_difference_on_its_own_day() -> None:
    there = allocation("first-one", "10100", 4990, difference=10, outcome="with_difference")
    done = decide(books(allocations=[there]), TakeBack(allocation="first-one-10100"))

    (row,) = done.allocations.to_pylist()
    assert (row["amount"], row["difference"], row["reverses"]) == (-4990, -10, "first-one-10100")
    assert (row["rule"], row["effective_on"]) == ("unallocated", date(2026, 10, 15))
    assert row["because"] == "taken back by Ada: she rang them"
    assert done.left == 5000
    assert "exact_reference" in done.declined["rule"].to_pylist()


def test_what_a_return_left_of_it_is_taken_back_on_the_day_of_the_return() -> None:
    back = allocation("back", "10100", -2000, reverses="first-one-10100", effective_on=date(2026, 10, 20))
    facts = books(allocations=[allocation("first-one", "10100", 5000), back])

    (row,) = decide(facts, TakeBack(payment="first-one", receivable="10100")).allocations.to_pylist()
    assert (row["amount"], row["effective_on"]) == (-3000, date(2026, 10, 20))


@pytest.mark.parametrize(
    "request_",
    [
        TakeBack(payment="first-one", receivable="10100"),
        TakeBack(allocation="first-one-10100"),
        TakeBack(allocation="first-one-paid"),
    ],
)
def test_across_currencies_both_entries_are_taken_back(request_: TakeBack) -> None:
    foreign = {"rule": "foreign_currency", "effective_on": date(2026, 10, 15)}
    there = [
        allocation("first-one", "10100", 500, source_kind="exchange", currency="EUR", **foreign),
        allocation("first-one", "paid", 5000, receivable_id="", **foreign),
    ]
    bills = [receivable("10100", "A", 500, currency="EUR")]
    facts = books(payment("first-one", 5000), receivables=bills, allocations=there)

    done = decide(facts, request_)
    entries = sorted((row["source_kind"], row["amount"], row["reverses"]) for row in done.allocations.to_pylist())
    assert entries == [("exchange", -500, "first-one-10100"), ("payment", -5000, "first-one-paid")]
    assert (done.left, done.currency) == (5000, "SEK")
    with pytest.raises(AlreadyDone):
        decide(after(facts, request_), request_)


def test_a_second_time_it_is_already_taken_back() -> None:
    once = after(books(allocations=[allocation("first-one", "10100", 5000)]), TakeBack(allocation="first-one-10100"))
    for request in (TakeBack(allocation="first-one-10100"), TakeBack(payment="first-one", receivable="10100")):
        with pytest.raises(AlreadyDone, match="already taken back"):
            decide(once, request)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (TakeBack(), "name the allocation by its id, or by --payment and --receivable"),
        (TakeBack(allocation="a", payment="b", receivable="c"), "name the allocation by its id, or by"),
        (TakeBack(payment="first-one"), "name an allocation together"),
        (TakeBack(allocation="unknown"), "no allocation 'unknown' is known"),
        (TakeBack(payment="first-one", receivable="10101"), "there is 30.00 SEK to partner/10100 (exact_reference)"),
        (TakeBack(allocation="undo-10100"), "itself takes an allocation back"),
        (TakeBack(allocation="first-one-"), "is what the bank gave back (refund)"),
    ],
)
def test_what_can_not_be_taken_back_is_refused_with_what_there_is(request_: TakeBack, said: str) -> None:
    there = [
        allocation("first-one", "10100", 3000),
        allocation("undo", "10100", -1000, reverses="first-one-10100"),
        allocation("first-one", "", 500, receivable_id="", rule="refund"),
    ]
    facts = books(payment("first-one", 5000), payment("undo", -1000, kind="return"), allocations=there)
    if request_.receivable == "10101":
        said = "there is 20.00 SEK to partner/10100 (exact_reference)"
    assert said in refused(facts, request_)


# ---- people ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("by", "why"), [("", "why"), ("Ada", ""), (" \n", "why"), ("Ada", "\t")])
def test_a_decision_without_a_name_or_a_reason_is_refused(by: str, why: str) -> None:
    with pytest.raises(ByHandRefused, match="--by"):
        person(by, why)


@pytest.mark.parametrize(("length", "is_taken"), [(NAME_LENGTH_MAX, True), (NAME_LENGTH_MAX + 1, False)])
def test_a_name_has_its_limit(length: int, is_taken: bool) -> None:
    if is_taken:
        assert person("A" * length, "why").run_id == "person:" + "A" * length
    else:
        with pytest.raises(ByHandRefused, match="--by has 101 characters"):
            person("A" * length, "why")


# ---- whatever people do, money is conserved --------------------------------------------------------------------
NUMBERS = ("10100", "10101")
REQUESTS = st.one_of(
    st.builds(
        Confirm,
        payment=st.sampled_from(("first-one", "second-one")),
        receivable=st.sampled_from(NUMBERS),
        amount=st.sampled_from(("", "0.01", "10.00", "29.99", "50.00", "50.01")),
    ),
    st.builds(
        Split,
        payment=st.sampled_from(("first-one", "second-one")),
        parts=st.lists(
            st.tuples(st.sampled_from(NUMBERS), st.sampled_from(("0.01", "30.00", "20.00"))), min_size=1
        ).map(tuple),
    ),
    st.builds(TakeBack, payment=st.sampled_from(("first-one", "second-one")), receivable=st.sampled_from(NUMBERS)),
)


@examples(4)
@given(requests=st.lists(REQUESTS, min_size=2, max_size=5))
def test_no_sequence_of_decisions_allocates_more_than_there_is(requests: list[Request]) -> None:
    facts = books(payment("first-one", 5000), payment("second-one", 4000))
    for request in requests:
        try:
            facts = after(facts, request)
        except ByHandRefused:
            continue
        with pytest.raises(AlreadyDone):
            decide(facts, request)
        given_away: dict[str, int] = {}
        for row in facts.allocations.to_pylist():
            for end in (row["source_id"], row["receivable_id"]):
                given_away[end] = given_away.get(end, 0) + row["amount"] + row["difference"]
        limits = {"first-one": 5000, "second-one": 4000, "partner/10100": 5000, "partner/10101": 3000}
        assert all(0 <= amount <= limits[end] for end, amount in given_away.items())
    ids = facts.allocations["allocation_id"].to_pylist()
    assert len(ids) == len(set(ids))
