"""Interest is off by default, shown apart, and never more than can be shown to be right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.domain.collections.shown_interest import ShownInterest, shown_interest
from tests.debtors import POLICY, case, debt, policy

RATES = read_late_interest(Path(__file__).parents[3] / "include" / "policies" / "late_interest.yaml")
GERMANY = policy(interest_in=frozenset({"DE"}))  # 1.27 + 9 % since July 2025
PAID = {"A": [(date(2026, 3, 12), 40_000)]}
ON = date(2026, 4, 1)


def late(**changes: object):  # type: ignore[no-untyped-def]
    return case(debt(amount=100_000, **changes))  # due on 2 March 2026


def test_it_is_off_by_default() -> None:
    assert ShownInterest() == shown_interest(POLICY, RATES, late(), ON)


def test_it_is_shown_for_a_country_that_the_policy_names() -> None:
    found = shown_interest(GERMANY, RATES, late(), ON)

    assert {"A": 844} == found.interest  # 1,000.00 × 10.27 % × 30 / 365
    assert {"A": 4_000} == found.fixed_sums
    assert "bundesbank + 9" in found.because[0].actual


def test_what_is_not_late_bears_none() -> None:
    assert {} == shown_interest(GERMANY, RATES, late(), date(2026, 3, 2)).interest


def test_a_due_date_on_a_weekend_bears_interest_from_the_next_working_day() -> None:
    saturday = case(debt(amount=100_000, due_on=date(2026, 2, 28)))

    assert shown_interest(GERMANY, RATES, saturday, ON).interest == shown_interest(GERMANY, RATES, late(), ON).interest


def test_known_payments_count_from_their_days() -> None:
    """Ten days on 1,000.00 and twenty on 600.00."""
    assert {"A": 619} == shown_interest(GERMANY, RATES, late(open_amount=60_000), ON, PAID).interest


def test_payments_that_do_not_explain_what_is_open_are_left_out() -> None:
    """Thirty days on the 500.00 that are open: too little rather than too much."""
    assert {"A": 422} == shown_interest(GERMANY, RATES, late(open_amount=50_000), ON, PAID).interest
    assert {"A": 422} == shown_interest(GERMANY, RATES, late(open_amount=50_000), ON).interest


def test_a_sum_in_another_currency_is_told_and_not_shown() -> None:
    found = shown_interest(GERMANY, RATES, late(currency="SEK"), ON)

    assert {} == found.fixed_sums
    assert "it is in EUR and never converted" in [reason.actual for reason in found.because]


def test_what_can_not_be_computed_is_not_shown_and_says_why() -> None:
    past_the_last_rate = shown_interest(GERMANY, RATES, late(), date(2026, 7, 1))

    assert {} == past_the_last_rate.interest
    assert "half-year from 2026-07-01 is not known" in past_the_last_rate.because[0].actual
    unknown = case(debt(amount=100_000), party_kind="unknown")
    assert "kind of party is unknown" in shown_interest(GERMANY, RATES, unknown, ON).because[0].actual
