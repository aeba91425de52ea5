"""Late interest is exact, rounded once, never on interest, and refused where a figure is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.late_interest import read_late_interest
from csp_receivables.domain.collections.interest import (
    Claim,
    DayCount,
    InterestRefused,
    LateInterest,
    LateInterestRules,
    RateFixing,
    late_interest,
)

SHIPPED = read_late_interest(Path(__file__).parents[3] / "include" / "policies" / "late_interest.yaml")


def claim(
    country: str, currency: str, principal: int, due: str, *payments: tuple[str, int], kind: str = "company"
) -> Claim:
    return Claim(
        country=country, party_kind=kind, currency=currency, principal=principal, due_on=date.fromisoformat(due),
        payments=tuple((date.fromisoformat(day), amount) for day, amount in payments),
    )  # fmt: skip


def owed(one: Claim, until: str, rules: LateInterestRules = SHIPPED) -> LateInterest:
    return late_interest(rules, one, date.fromisoformat(until))


@pytest.mark.parametrize(
    ("one", "until", "expected"),
    [
        # Two half-years of the same rate: 100,000 × 12 % × 91 / 365 = 2,991.78.
        (claim("SE", "SEK", 10_000_000, "2024-05-31"), "2024-08-30", 299_178),
        # The rate floats: 15 days at 10.5 % and 20 at 11.5 % are 1,061.6438, rounded once.
        (claim("SE", "SEK", 10_000_000, "2023-06-15"), "2023-07-20", 106_164),
        # The rate at the start stays: 5,000 × 12.25 % × 101 / 365 = 169.49, over New Year.
        (claim("GB", "GBP", 500_000, "2025-11-01"), "2026-02-10", 16_949),
        # Kronofogden's own calculator: 6,780 × 8 % over 110 days is 163 kronor.
        (claim("SE", "SEK", 678_000, "2020-12-31", kind="consumer"), "2021-04-20", 16_346),
        # Germany: a company pays nine points on top, a consumer five.
        (claim("DE", "EUR", 100_000, "2025-07-01"), "2025-07-31", 844),
        (claim("DE", "EUR", 100_000, "2025-07-01", kind="consumer"), "2025-07-31", 515),
        # Yen have no minor units: 1,000,000 × 10 % × 1 / 365 = 273.97.
        (claim("SE", "JPY", 1_000_000, "2025-07-01"), "2025-07-02", 274),
    ],
)
def test_known_answers(one: Claim, until: str, expected: int) -> None:
    assert expected == owed(one, until).interest


def test_ireland_takes_the_rate_of_the_day_of_payment_for_the_whole_time() -> None:
    """Due in the first half of 2024 (4.50 %), paid in the second (4.25 %): 12.25 % throughout."""
    paid = claim("IE", "EUR", 1_000_000, "2024-06-20", ("2024-07-10", 1_000_000))

    assert {Decimal("12.25")} == {period.per_cent for period in owed(paid, "2024-09-30").periods}
    assert round(1_000_000 * 0.1225 * 20 / 365) == owed(paid, "2024-09-30").interest


@pytest.mark.parametrize(
    ("until", "days"), [("2024-05-30", 0), ("2024-05-31", 0), ("2024-06-01", 1), ("2024-06-02", 2)]
)
def test_interest_runs_from_the_day_after_the_due_date_to_the_day_of_payment(until: str, days: int) -> None:
    found = owed(claim("SE", "SEK", 10_000_000, "2024-05-31"), until)

    assert days == sum(period.days for period in found.periods)
    assert (days > 0) == (found.fixed_sum > 0)


def test_a_part_payment_lowers_the_principal_from_the_day_after_it() -> None:
    paid = claim("SE", "SEK", 10_000_000, "2024-05-31", ("2024-06-10", 6_000_000))

    spans = [(period.begins.day, period.ends.day, period.principal) for period in owed(paid, "2024-06-20").periods]

    assert [(1, 10, 10_000_000), (11, 20, 4_000_000)] == spans


def test_nothing_runs_on_what_was_paid_in_time() -> None:
    in_time = claim("SE", "SEK", 10_000_000, "2024-05-31", ("2024-05-31", 10_000_000))
    half = claim("SE", "SEK", 10_000_000, "2024-05-31", ("2024-05-31", 5_000_000))

    assert (0, 0, ("nothing was late",)) == (
        owed(in_time, "2024-08-30").interest, owed(in_time, "2024-08-30").fixed_sum,
        owed(in_time, "2024-08-30").because,
    )  # fmt: skip
    assert 149_589 == owed(half, "2024-08-30").interest


def test_a_payment_that_is_returned_bears_interest_again_from_the_day_after() -> None:
    returned = claim(
        "SE", "SEK", 10_000_000, "2024-05-31", ("2024-06-10", 10_000_000), ("2024-06-20", -10_000_000)
    )  # fmt: skip

    spans = [(period.begins.day, period.ends.day) for period in owed(returned, "2024-06-30").periods]

    assert [(1, 10), (21, 30)] == spans


def test_paying_too_much_earns_nothing() -> None:
    paid = claim("SE", "SEK", 10_000_000, "2024-05-31", ("2024-06-10", 90_000_000))

    assert owed(paid, "2024-06-10").interest == owed(paid, "2024-08-30").interest


@pytest.mark.parametrize(
    ("principal", "expected"), [(99_999, 4_000), (100_000, 7_000), (999_999, 7_000), (1_000_000, 10_000)]
)
def test_the_fixed_sum_of_the_united_kingdom_goes_by_the_size_of_the_debt(principal: int, expected: int) -> None:
    found = owed(claim("GB", "GBP", principal, "2025-11-01"), "2025-11-02")

    assert (expected, "GBP") == (found.fixed_sum, found.fixed_sum_currency)


def test_a_sum_that_goes_by_size_is_not_guessed_from_another_currency() -> None:
    found = owed(claim("GB", "EUR", 500_000, "2025-11-01"), "2025-11-02")

    assert (0, "") == (found.fixed_sum, found.fixed_sum_currency)
    assert "not in EUR" in found.because[-1]


@pytest.mark.parametrize(
    ("country", "currency", "due", "expected"),
    [
        ("SE", "SEK", "2025-07-01", (45_000, "SEK")),
        ("SE", "EUR", "2025-07-01", (45_000, "SEK")),  # in its own currency, never converted
        ("DE", "EUR", "2025-07-01", (4_000, "EUR")),
        ("DK", "DKK", "2023-07-01", (31_000, "DKK")),
        ("NO", "NOK", "2025-01-02", (47_000, "NOK")),
        ("NO", "NOK", "2026-01-02", (46_000, "NOK")),
        ("NO", "NOK", "2024-01-02", (0, "")),  # not found in a source
        ("AT", "EUR", "2025-07-01", (4_000, "EUR")),
    ],
)
def test_fixed_sums_are_those_of_the_country_and_the_day(
    country: str, currency: str, due: str, expected: tuple[int, str]
) -> None:
    until = (date.fromisoformat(due) + timedelta(days=1)).isoformat()
    found = owed(claim(country, currency, 100_000, due), until)

    assert expected == (found.fixed_sum, found.fixed_sum_currency)


def test_a_consumer_owes_no_fixed_sum() -> None:
    assert 0 == owed(claim("SE", "SEK", 100_000, "2025-07-01", kind="consumer"), "2025-08-01").fixed_sum


def test_the_united_states_grant_none_and_say_why() -> None:
    found = owed(claim("US", "USD", 1_000_000, "2024-01-01"), "2026-11-01")

    assert (0, 0, ()) == (found.interest, found.fixed_sum, found.periods)
    assert "no federal statute" in found.because[0]


def test_who_is_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InterestRefused, match="Say whether the customer is a company, a public body or a consumer"):
        owed(claim("SE", "SEK", 1, "2024-01-01", kind="unknown"), "2024-02-01")


def test_a_country_or_kind_without_a_rule_is_refused() -> None:
    with pytest.raises(InterestRefused, match="no rule is known for a company in JP"):
        owed(claim("JP", "JPY", 1, "2024-01-01"), "2024-02-01")
    with pytest.raises(InterestRefused, match="no rule is known for a consumer in GB"):
        owed(claim("GB", "GBP", 1, "2024-01-01", kind="consumer"), "2024-02-01")


@pytest.mark.parametrize(("until", "is_refused"), [("2026-06-29", False), ("2026-06-30", False), ("2026-07-01", True)])
def test_nothing_is_computed_past_the_last_known_half_year(until: str, is_refused: bool) -> None:
    one = claim("SE", "SEK", 1_000_000, "2026-05-31")
    if not is_refused:
        assert owed(one, until).interest > 0
        return

    with pytest.raises(InterestRefused, match=r"riksbank of the half-year from 2026-07-01 is not known"):
        owed(one, until)


def test_a_rate_fixed_at_the_start_needs_no_later_half_year() -> None:
    assert owed(claim("GB", "GBP", 500_000, "2026-06-01"), "2026-11-01").interest > 0


def test_a_half_year_that_is_missing_in_between_is_refused() -> None:
    with pytest.raises(InterestRefused, match="ecb of the half-year from 2025-01-01"):
        owed(claim("AT", "EUR", 100_000, "2024-12-01"), "2025-07-10")


def test_a_year_of_366_days_counts_as_the_rule_says() -> None:
    rule = next(rule for rule in SHIPPED.rules if "SE" in rule.countries)
    by_year = replace(SHIPPED, rules=(replace(rule, day_count=DayCount.ACTUAL, fixing=RateFixing.START),))
    one = claim("SE", "SEK", 36_500_000, "2023-12-30")  # at 3.5 + 8 from 31 December 2023

    in_2023, in_2024 = owed(one, "2024-01-01", by_year).periods

    assert (2023, 2024) == (in_2023.ends.year, in_2024.begins.year)
    assert in_2023.exact * 365 == in_2024.exact * 366


payments = st.lists(st.tuples(st.integers(-10, 400), st.integers(1, 4_000_000)), max_size=5)


def _claim(principal: int, paid: list[tuple[int, int]]) -> Claim:
    due = date(2023, 3, 1)
    days = tuple((due + timedelta(days=day), amount) for day, amount in paid)
    return Claim(country="SE", party_kind="company", currency="SEK", principal=principal, due_on=due, payments=days)


@given(st.integers(1, 10**12), payments, st.integers(0, 500), st.integers(0, 300))
def test_interest_never_falls_as_days_pass(principal: int, paid: list[tuple[int, int]], day: int, more: int) -> None:
    one = _claim(principal, paid)
    sooner, later = one.due_on + timedelta(days=day), one.due_on + timedelta(days=day + more)

    assert late_interest(SHIPPED, one, sooner).interest <= late_interest(SHIPPED, one, later).interest


@given(st.integers(1, 10**9), payments, st.integers(1, 500), st.data())
def test_how_payments_are_split_and_ordered_makes_no_difference(
    principal: int, paid: list[tuple[int, int]], day: int, data: st.DataObject
) -> None:
    until = date(2023, 3, 1) + timedelta(days=day)
    split = [(on, part) for on, amount in paid for part in (amount - amount // 3, amount // 3) if part]
    shuffled = data.draw(st.permutations(split))

    assert late_interest(SHIPPED, _claim(principal, paid), until).interest == (
        late_interest(SHIPPED, _claim(principal, list(shuffled)), until).interest
    )


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 500))
def test_two_halves_of_a_debt_bear_exactly_the_interest_of_the_whole(one: int, other: int, day: int) -> None:
    until = date(2023, 3, 1) + timedelta(days=day)

    def exact(principal: int) -> int:
        return sum(period.exact for period in late_interest(SHIPPED, _claim(principal, []), until).periods)

    assert exact(one + other) == exact(one) + exact(other)


@given(st.integers(1, 10**9), payments, st.integers(1, 500))
def test_periods_cover_each_day_once_until_it_is_paid(principal: int, paid: list[tuple[int, int]], day: int) -> None:
    one = _claim(principal, paid)
    periods = late_interest(SHIPPED, one, one.due_on + timedelta(days=day)).periods

    follow = list(pairwise(periods))
    assert all(before.ends + timedelta(days=1) == after.begins for before, after in follow)
    assert not periods or periods[0].begins == one.due_on + timedelta(days=1)
    assert all(period.principal > 0 for period in periods)


@given(st.integers(1, 10**12), payments, st.integers(1, 5_000))
def test_the_united_states_are_always_zero(principal: int, paid: list[tuple[int, int]], day: int) -> None:
    one = replace(_claim(principal, paid), country="US")

    assert late_interest(SHIPPED, one, one.due_on + timedelta(days=day)).interest == 0
