"""What is not customers' money leaves the matching only when that is certain, and no cent of it is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.bank_line_policy import BankLinePolicy, BankLineRule, Direction, LineKind
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.not_customer_money import take_out
from tests.examples import examples
from tests.worlds import AS_OF, duck, payment, receivable, world

OURS, OTHER = "SE4550000000058398257466", "SE3550000000054910000003"
PAID_OUT = date(2026, 10, 20)


def named(kind: LineKind, *names: str, direction: Direction = Direction.ANY, **other: Any) -> BankLineRule:
    return BankLineRule(name=kind.value, kind=kind, direction=direction, names=names, **other)


STRIPE = BankLinePolicy(rules=(named(LineKind.PROVIDER_PAYOUT, "Stripe"),))
BANK = BankLinePolicy(rules=(named(LineKind.BANK_FEE, "bank", direction=Direction.IN),))


def taken(facts: Facts, policy: BankLinePolicy = BankLinePolicy()) -> tuple[dict[str, str], list[str]]:  # noqa: B008 - frozen
    """Kind by line for what is taken out, and the codes of what was found unsure."""
    with duck() as connection:
        facts.load(connection)
        findings = take_out(connection, policy, facts.as_of)
        lines = connection.execute("SELECT payment_id, kind FROM set_aside ORDER BY payment_id").fetchall()
        left = connection.execute("SELECT payment_id FROM payments WHERE kind = 'payment'").fetchall()
    assert not {name for name, _ in lines} & {name for (name,) in left}
    return dict(lines), [finding.code for finding in findings]


def day_of(facts: Facts, policy: BankLinePolicy = BankLinePolicy()) -> tuple[Day, pa.Table]:  # noqa: B008 - frozen
    with duck() as connection:
        day, booking = compute_day(connection, facts, MatchingPolicy(), policy, mode=Mode.LIVE, is_demo=False)
    return day, booking.allocations


def assert_ties(day: Day) -> None:
    assert [row for row in day.tie_out.to_pylist() if row["difference"]] == []


def payout(amount: int = -97, name: str = "out", **other: Any) -> dict[str, Any]:
    """The payout in the provider's clearing account."""
    own = {"family": "stripe", "account": "stripe", "end_to_end": f"po_{name}", "booked_on": PAID_OUT}
    return payment(name, amount, **{"kind": "other"} | own | other)


def arrival(amount: int = 97, name: str = "in", **other: Any) -> dict[str, Any]:
    return payment(name, amount, **{"payer_name": "STRIPE PAYMENTS EUROPE", "booked_on": PAID_OUT} | other)


def test_a_transfer_between_two_accounts_of_ours_on_one_day_is_no_payment_on_either_side() -> None:
    lines = [
        payment("out", -500, account=OURS, payer_account=OTHER),
        payment("self", 500, account=OTHER, payer_account="SE35 5000 0000 0549 1000 0003"),
        payment("in", 500, account=OTHER, payer_account=OURS),
    ]

    day, _ = day_of(world(payments=lines))

    shown = {row["payment_id"]: row["kind"] for row in day.not_customer_money.to_pylist()}
    assert shown == {"out": "own_transfer", "in": "own_transfer"}
    # An account that pays itself is told wrong by the bank; it is no transfer for certain.
    assert day.unapplied["payment_id"].to_pylist() == ["self"]
    assert "not customer money (own_transfer) 5.00" in day.tie_out["terms"][0].as_py()
    assert_ties(day)


@pytest.mark.parametrize(
    ("named_accounts", "other_account", "is_ours"),
    [
        ({}, OTHER, False),
        ({OTHER: OTHER}, OTHER, True),
        ({OTHER: OTHER, "9912346": OTHER}, "991-2346", True),
        ({"9912346": OURS}, "991-2346", False),  # another name of the very account
    ],
)
def test_our_accounts_are_those_of_statements_and_those_that_finance_names(
    named_accounts: dict[str, str], other_account: str, is_ours: bool
) -> None:
    facts = world(payments=[payment("p", 500, account=OURS, payer_account=other_account)])

    lines, _ = taken(facts, BankLinePolicy(own=AccountNames(named_accounts)))

    assert is_ours is ("p" in lines)


def test_a_payout_and_its_arrival_cancel_out_and_the_charges_behind_it_are_payments() -> None:
    charge = payment("charge", 100, family="stripe", account="stripe", reference="1234566", booked_on=PAID_OUT)
    fee = payment("fee", -3, family="stripe", account="stripe", booked_on=PAID_OUT)
    facts = world(
        receivables=[receivable("1", "A", 100, reference="1234566")], payments=[charge, fee, payout(), arrival()]
    )

    day, booked = day_of(facts, STRIPE)

    both = [row for row in day.not_customer_money.to_pylist() if row["kind"] == "provider_payout"]
    assert sum(row["amount"] for row in both) == 0
    assert {row["payment_id"] for row in both} == {"in", "out"}
    assert [(row["source_id"], row["amount"]) for row in booked.to_pylist()] == [("charge", 100)]
    assert day.unapplied.num_rows == 0
    assert_ties(day)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (arrival(), None),
        (arrival(96), "payment.payout_unclear"),
        (arrival(98), "payment.payout_unclear"),
        (arrival(currency="EUR"), "payment.payout_unclear"),
        (arrival(booked_on=date(2026, 10, 19)), None),
        (arrival(booked_on=date(2026, 10, 18)), "payment.payout_unclear"),
        (arrival(booked_on=date(2026, 10, 27)), None),
        (arrival(booked_on=date(2026, 10, 28)), "payment.payout_unclear"),
        (arrival(booked_on=date(2026, 10, 30), text="payout po_out"), None),  # the id is surer than the day
        (arrival(text="payout po_9"), "payment.payout_unclear"),
        (arrival(payer_name="Striped Zebra AB"), "payment.payout_missing"),  # a customer
    ],
)
def test_a_credit_is_a_payout_only_when_the_providers_report_has_it(line: dict[str, Any], code: str | None) -> None:
    lines, codes = taken(world(payments=[payout(), line]), STRIPE)

    assert lines == ({} if code else {"in": "provider_payout", "out": "provider_payout"})
    assert code is None or code in codes


def test_a_payout_that_differs_by_a_cent_stays_a_payment_with_both_figures() -> None:
    day, _ = day_of(world(payments=[payout(), arrival(98)]), STRIPE)

    (finding,) = [row for row in day.findings.to_pylist() if row["code"] == "payment.payout_unclear"]
    assert "po_out of 2026-10-20 is 0.97 SEK, 0.01 off" in finding["found"]
    assert day.unapplied["amount"].to_pylist() == [98]
    assert_ties(day)


def test_of_two_equal_arrivals_one_payout_explains_one() -> None:
    lines, codes = taken(world(payments=[payout(), arrival(), arrival(name="in2")]), STRIPE)

    assert set(lines) == {"in", "out"}
    assert codes == ["payment.payout_unclear"]


@pytest.mark.parametrize(("days_ago", "is_told"), [(7, False), (8, True)])
def test_a_payout_that_never_arrives_is_told_after_a_week(days_ago: int, is_told: bool) -> None:
    booked_on = date.fromordinal(AS_OF.toordinal() - days_ago)

    assert is_told is (taken(world(payments=[payout(booked_on=booked_on)]), STRIPE)[1] == ["payment.payout_missing"])


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [
        (payment("p", 5, payer_name="Big Bank"), True),
        (payment("p", 5, payer_name="Woodgrove BANK AB"), True),
        (payment("p", 5, payer_name="Databanken i Umeå"), False),
        (payment("p", 5, payer_name="Bankett & Fest"), False),
        (payment("p", -5, payer_name="Big Bank"), False),
        (payment("p", -5, payer_name="Big Bank", kind="return"), False),
        (payment("p", 5, payer_name="Big Bank", status="pending"), False),
        (payment("p", 5, payer_name="Big Bank", reference="1234566"), False),  # a receivable's reference
    ],
)
def test_a_rule_takes_whole_words_and_nothing_that_is_contradicted(line: dict[str, Any], is_taken: bool) -> None:
    facts = world(receivables=[receivable("1", "A", 100, reference="1234566")], payments=[line])

    lines, codes = taken(facts, BANK)

    assert is_taken is ("p" in lines)
    assert codes == (
        ["payment.rule_contradicted"] if line["reference" if "reference" in line else "kind"] == "1234566" else []
    )


def test_the_first_rule_that_fits_says_what_a_line_is() -> None:
    rules = (named(LineKind.TAX, "Office"), named(LineKind.BANK_FEE, "Tax Office"))

    assert taken(world(payments=[payment("p", -5, payer_name="Tax Office")]), BankLinePolicy(rules=rules))[0] == {
        "p": "tax"
    }


def test_what_is_allocated_already_stays_so_whatever_a_rule_says_later() -> None:
    facts = world(
        receivables=[receivable("1", "A", 100, reference="1234566")],
        payments=[payment("p", 100, payer_name="Big Bank", reference="1234566")],
    )
    _, booked = day_of(facts)
    silent = world(receivables=facts.receivables.to_pylist(), payments=[payment("p", 100, payer_name="Big Bank")])

    day, more = day_of(silent.with_allocations(booked), BANK)

    assert more.num_rows == 0
    assert "payment.known_too_late" in day.findings["code"].to_pylist()
    assert day.not_customer_money.num_rows == 0
    assert_ties(day)


def refund(amount: int = 30, **other: Any) -> dict[str, Any]:
    return payment("back", -amount, **{"payer_account": "X", "booked_on": PAID_OUT} | other)


@pytest.mark.parametrize(
    ("amount", "other", "left"),
    [
        (30, {}, 70),
        (100, {}, 0),
        (101, {}, 100),  # more than the payment has left
        (30, {"payer_account": "Y"}, 100),
        (30, {"payer_account": "Y", "reference": "R"}, 100),  # to another account than it came from
        (30, {"payer_account": "", "reference": "R"}, 70),
        (30, {"currency": "EUR"}, 100),
        (30, {"family": "stripe", "account": "stripe"}, 100),  # a payout, for which no payer was paid back
        (30, {"booked_on": date(2026, 10, 14)}, 100),  # before the payment
    ],
)
def test_a_refund_takes_the_rest_of_the_payment_it_gives_back(amount: int, other: dict[str, Any], left: int) -> None:
    day, booked = day_of(world(payments=[payment("p", 100, payer_account="X", reference="R"), refund(amount, **other)]))

    assert sum(day.unapplied["amount"].to_pylist()) == left
    assert sum(booked["amount"].to_pylist()) == 0
    terms = day.tie_out["terms"].to_pylist()
    assert any(f"refunded {(100 - left) // 100}.{(100 - left) % 100:02}" in each for each in terms) is (left < 100)
    assert_ties(day)


def test_a_receivable_has_the_first_word_on_what_could_be_refunded() -> None:
    facts = world(
        receivables=[receivable("1", "A", 100, reference="R")],
        payments=[payment("p", 130, payer_account="X", reference="R"), refund(30)],
    )

    day, booked = day_of(facts)

    assert day.standings["open"].to_pylist() == [0]
    assert day.unapplied.num_rows == 0
    assert [row["kind"] for row in day.not_customer_money.to_pylist()] == ["refund"]
    assert "paid back on 2026-10-20: 0.30 of the unapplied 0.30" in day.not_customer_money["because"][0].as_py()
    assert_ties(day)
    again, more = day_of(facts.with_allocations(booked))
    assert more.num_rows == 0
    assert again.tie_out.equals(day.tie_out)


def test_a_refund_that_could_give_back_two_payments_is_named_and_not_booked() -> None:
    two = [payment(name, 100, payer_account="X") for name in ("p", "q")]

    day, booked = day_of(world(payments=[*two, refund(100)]))

    assert booked.num_rows == 0
    (finding,) = [row for row in day.findings.to_pylist() if row["code"] == "payment.refund_unclear"]
    assert "p (1.00 of 2026-10-15, 1.00 of it unapplied); q (1.00" in finding["found"]


def test_of_two_rests_the_one_of_exactly_that_amount_was_given_back() -> None:
    lines = [payment("p", 100, payer_account="X"), payment("q", 30, payer_account="X"), refund(30)]

    _, booked = day_of(world(payments=lines))

    assert {row["source_id"]: row["amount"] for row in booked.to_pylist()} == {"q": 30, "back": -30}


def test_money_that_a_rule_knows_as_something_else_is_no_refund() -> None:
    rule = BankLineRule(name="v", kind=LineKind.VENDOR_PAYMENT, direction=Direction.OUT, accounts=("X",))
    policy = BankLinePolicy(rules=(rule,))

    day, booked = day_of(world(payments=[payment("p", 100, payer_account="X"), refund(30)]), policy)

    assert booked.num_rows == 0
    assert [row["kind"] for row in day.not_customer_money.to_pylist()] == ["vendor_payment"]


LINE = st.fixed_dictionaries({
    "amount": st.integers(-99, 99).filter(bool), "account": st.sampled_from([OURS, OTHER, "stripe"]),
    "payer_account": st.sampled_from(["", OURS, OTHER, "X"]), "payer_name": st.sampled_from(["", "Stripe", "Big Bank"]),
    "reference": st.sampled_from(["", "R0", "R1"]), "text": st.sampled_from(["", "po_1"]),
    "booked_on": st.dates(date(2026, 10, 10), AS_OF),
})  # fmt: skip


@examples(4)
@given(lines=st.lists(LINE, max_size=9), amounts=st.lists(st.integers(1, 99), max_size=3))
def test_whatever_is_taken_out_not_a_cent_is_lost(lines: list[dict[str, Any]], amounts: list[int]) -> None:
    payments = [
        payment(f"p{n}", row.pop("amount"), **row, end_to_end="po_1" if row["account"] == "stripe" and n % 2 else "")
        | ({"family": "stripe"} if row["account"] == "stripe" else {})
        for n, row in enumerate(dict(each) for each in lines)
    ]
    receivables = [receivable(str(n), "A", amount, reference=f"R{n}") for n, amount in enumerate(amounts)]
    facts = world(receivables=receivables, payments=payments)
    policy = BankLinePolicy(rules=STRIPE.rules + BANK.rules)

    day, booked = day_of(facts, policy)
    again, more = day_of(facts.with_allocations(booked), policy)

    assert_ties(day)
    assert more.num_rows == 0
    assert again.not_customer_money.equals(day.not_customer_money)
    # The rules are dropped later: what they held back is payments again, and still every cent is somewhere.
    assert_ties(day_of(facts.with_allocations(booked))[0])
