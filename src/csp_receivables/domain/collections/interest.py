"""Late interest and fixed sums by country, as dated rules: simple interest, exact, rounded once, never on interest.

Rates are data with their sources; a day whose half-year has no rate is refused, never guessed. Interest runs from the
day after the due date to the day of payment, both included; a part payment lowers the principal from the day after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from csp_receivables.domain.money import to_text

UNKNOWN_PARTY = "unknown"
_COMMON_YEAR, _LEAP_YEAR = 365, 366
_PARTS = 10_000  # rates are exact to a ten-thousandth of a per cent


class InterestRefused(ValueError):
    """The interest can't be computed from what is known; the message says what is missing and what to do."""


class RateFixing(StrEnum):
    """Which half-year's reference rate holds for a day."""

    HALF_YEAR = "half_year"  # that of the day: the rate floats
    START = "start"  # that of the day on which interest starts, for the life of the debt
    PAYMENT = "payment"  # that of the day of payment, for the whole time


class DayCount(StrEnum):
    """How many days a year has."""

    ALWAYS_365 = "365"
    ACTUAL = "actual"  # 366 in leap years


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure is from, and when somebody looked."""

    url: str
    checked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRate:
    """A published rate for one half-year. `begins` is 1 January or 1 July."""

    begins: date
    per_cent: Decimal
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRule:
    """The interest of some countries for some kinds of party, on debts due on or after `valid_from`."""

    countries: frozenset[str]
    kinds: frozenset[str]
    valid_from: date
    reference: str  # the name of a series of reference rates
    margin: Decimal  # percentage points on top
    fixing: RateFixing
    day_count: DayCount
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSum:
    """A sum that is owed once for each late receivable, on top of interest; it never bears interest.

    `tiers` are (from what debt, how much), in minor units of `currency`, the smallest debt first.
    """

    name: str
    countries: frozenset[str]
    kinds: frozenset[str]
    valid_from: date
    valid_until: date | None
    currency: str
    tiers: tuple[tuple[int, int], ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LateInterestRules:
    """All that is known: reference rates by series and half-year, rules, fixed sums, and where there is none."""

    references: Mapping[str, Mapping[date, ReferenceRate]]
    rules: tuple[InterestRule, ...]
    fixed_sums: tuple[FixedSum, ...]
    without: Mapping[str, str]  # country → why there is no interest by law

    @property
    def countries(self) -> frozenset[str]:
        """Countries of which something is known, be it that there is none."""
        return frozenset(self.without).union(*(rule.countries for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One late receivable. `principal` and `payments` are minor units of `currency`; payments in any order, one that
    was returned as a negative one on the day of its return.

    `due_on` is the due date as the law counts it: moved to the next working day where the law does so.
    """

    country: str
    party_kind: str
    currency: str
    principal: int
    due_on: date
    payments: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPeriod:
    """Days with one principal and one rate, both ends included. `exact` is in minor units / `EXACT_UNITS`."""

    begins: date
    ends: date
    principal: int
    per_cent: Decimal
    exact: int

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.ends - self.begins).days + 1


EXACT_UNITS = _COMMON_YEAR * _LEAP_YEAR * _PARTS * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LateInterest:
    """What is owed besides the principal: interest in the claim's currency, a fixed sum in its own. Minor units."""

    currency: str
    interest: int
    periods: tuple[InterestPeriod, ...]
    fixed_sum: int
    fixed_sum_currency: str
    because: tuple[str, ...]


def late_interest(rules: LateInterestRules, claim: Claim, until: date) -> LateInterest:
    """Interest on `claim` up to and including `until`, and the fixed sum. Raises InterestRefused.

    Nothing late is no interest; a country without a law has none, and says so.
    """
    if claim.party_kind == UNKNOWN_PARTY:
        raise InterestRefused(
            "the kind of party is unknown, and the law differs by it. Say whether the customer is a company, a public "
            "body or a consumer, in the customers file"
        )
    if claim.country in rules.without:
        return _none(claim, rules.without[claim.country])
    claim = _late_part(claim)
    if until <= claim.due_on or claim.principal <= 0:
        return _none(claim, "nothing was late")
    rule = _rule(rules, claim)
    periods = tuple(_periods(rules, rule, claim, until))
    exact = sum(period.exact for period in periods)
    sum_owed, sum_currency, why = _fixed_sum(rules, claim)
    return LateInterest(
        currency=claim.currency,
        interest=_rounded(exact),
        periods=periods,
        fixed_sum=sum_owed,
        fixed_sum_currency=sum_currency,
        because=(f"{rule.reference} + {rule.margin} percentage points: {rule.source.url}", *why),
    )


def _late_part(claim: Claim) -> Claim:
    """The claim without what was paid in time."""
    in_time = sum(amount for day, amount in claim.payments if day <= claim.due_on)
    later = tuple(sorted(payment for payment in claim.payments if payment[0] > claim.due_on))
    return replace(claim, principal=claim.principal - in_time, payments=later)


def half_year(day: date) -> date:
    """The first day of the half-year of `day`."""
    return day.replace(month=1 if day.month <= 6 else 7, day=1)


def _next_half_year(day: date) -> date:
    return date(day.year, 7, 1) if day.month <= 6 else date(day.year + 1, 1, 1)


def _none(claim: Claim, why: str) -> LateInterest:
    return LateInterest(
        currency=claim.currency, interest=0, periods=(), fixed_sum=0, fixed_sum_currency="", because=(why,)
    )


def _rule(rules: LateInterestRules, claim: Claim) -> InterestRule:
    fitting = [
        rule
        for rule in rules.rules
        if claim.country in rule.countries and claim.party_kind in rule.kinds and rule.valid_from <= claim.due_on
    ]
    if not fitting:
        raise InterestRefused(
            f"no rule is known for a {claim.party_kind} in {claim.country} on debts due {claim.due_on}. Add one with "
            f"its source to late_interest.yaml, or leave {claim.country} out of interest_in"
        )
    return max(fitting, key=lambda rule: rule.valid_from)


def _periods(rules: LateInterestRules, rule: InterestRule, claim: Claim, until: date) -> Iterator[InterestPeriod]:
    payments = [(day, amount) for day, amount in claim.payments if day < until]
    left, begins = claim.principal, claim.due_on + timedelta(days=1)
    paid_up = next((day for day, rest in _rests(left, payments) if rest <= 0), until)
    fixed = {RateFixing.START: begins, RateFixing.PAYMENT: paid_up}.get(rule.fixing)
    for stops, paid_then in [*payments, (until, 0)]:
        while begins <= stops and left > 0:
            ends = min(stops, _end_of_rate(begins, rule))
            per_cent = _per_cent(rules, rule, fixed or begins)
            yield _period(begins, ends, left, per_cent, rule.day_count)
            begins = ends + timedelta(days=1)
        begins = max(begins, stops + timedelta(days=1))  # nothing runs while nothing is left, also if it comes back
        left -= paid_then


def _rests(principal: int, payments: list[tuple[date, int]]) -> Iterator[tuple[date, int]]:
    for day, amount in payments:
        principal -= amount
        yield day, principal


def _end_of_rate(day: date, rule: InterestRule) -> date:
    """The last day with the rate and the length of year of `day`."""
    if rule.fixing is RateFixing.HALF_YEAR:
        return _next_half_year(day) - timedelta(days=1)
    return date(day.year, 12, 31)


def _per_cent(rules: LateInterestRules, rule: InterestRule, day: date) -> Decimal:
    series = rules.references[rule.reference]
    rate = series.get(half_year(day))
    if rate is None:
        known = max(series, default=None)
        last = f"; the last known begins {known}" if known else ""
        raise InterestRefused(
            f"the reference rate {rule.reference} of the half-year from {half_year(day)} is not known{last}. Add it "
            "with its source and date to late_interest.yaml; nothing is computed by guess"
        )
    return rate.per_cent + rule.margin


def _period(begins: date, ends: date, principal: int, per_cent: Decimal, day_count: DayCount) -> InterestPeriod:
    days = (ends - begins).days + 1
    year = _LEAP_YEAR if day_count is DayCount.ACTUAL and _is_leap(begins.year) else _COMMON_YEAR
    scale = _COMMON_YEAR * _LEAP_YEAR // year
    exact = principal * int(per_cent * _PARTS) * days * scale
    return InterestPeriod(begins=begins, ends=ends, principal=principal, per_cent=per_cent, exact=exact)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _rounded(exact: int) -> int:
    """To minor units, once, halves up; interest is never negative."""
    return max((2 * exact + EXACT_UNITS) // (2 * EXACT_UNITS), 0)


def _fixed_sum(rules: LateInterestRules, claim: Claim) -> tuple[int, str, tuple[str, ...]]:
    fitting = [
        each
        for each in rules.fixed_sums
        if claim.country in each.countries
        and claim.party_kind in each.kinds
        and each.valid_from <= claim.due_on
        and (each.valid_until is None or claim.due_on <= each.valid_until)
    ]
    if not fitting:
        return 0, "", ("no fixed sum is known",)
    fee = max(fitting, key=lambda each: each.valid_from)
    if len(fee.tiers) > 1 and fee.currency != claim.currency:
        return 0, "", (f"the fixed sum goes by the size of a debt in {fee.currency}, not in {claim.currency}",)
    owed = next((amount for least, amount in reversed(fee.tiers) if claim.principal >= least), 0)
    why = f"{fee.name} {to_text(owed, fee.currency)} {fee.currency}: {fee.source.url}"
    return owed, fee.currency, (why,)
