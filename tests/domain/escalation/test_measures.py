"""Each measure against a worked example, as docs/GLOSSARY.md tells its formula."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from csp_receivables.domain.access.restorations import Restoration
from csp_receivables.domain.collections.holds import HoldState
from csp_receivables.domain.escalation.measures import (
    automatic_match_rate,
    booking_to_restored_access,
    collection_effectiveness,
    days_of_sales_outstanding,
    payment_to_restored_access,
    promise_kept_rate,
)

AS_OF = date(2026, 10, 31)
NOON = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)


def restored(minutes: int, at: datetime = NOON, days: int = 0) -> Restoration:
    return Restoration(
        action_id="C1/1.1/suspension/reinstate",
        customer_id="C1",
        booked_on=at.date() - timedelta(days=days),
        learnt_at=at - timedelta(minutes=minutes),
        back_at=at,
        back_on=at.date(),
    )


@pytest.mark.parametrize(
    ("opened", "sales", "tenths"),
    [
        (45_000_00, 90_000_00, 450),  # half of what was billed in 90 days is open: 45 days
        (90_000_00, 90_000_00, 900),
        (0, 90_000_00, 0),
        (1, 3, 300),
        (10_000_00, 0, None),  # nothing was billed: there is no answer
    ],
)
def test_days_of_sales_outstanding_are_open_by_what_was_billed(opened: int, sales: int, tenths: int | None) -> None:
    assert days_of_sales_outstanding("EUR", opened, sales).value == tenths


@pytest.mark.parametrize(
    ("before", "billed", "opened", "not_due", "per_mille"),
    [
        # 100 open before, 50 billed, 60 open now of which 40 is not due: (100+50-60) / (100+50-40) = 90/110
        (100, 50, 60, 40, 818),
        (100, 50, 40, 40, 1000),  # only what is not due is left: everything that could be collected was
        (100, 50, 150, 50, 0),  # nothing was collected
        (0, 0, 0, 0, None),
    ],
)
def test_collection_effectiveness_is_what_was_collected_of_what_could_be(
    before: int, billed: int, opened: int, not_due: int, per_mille: int | None
) -> None:
    assert collection_effectiveness("EUR", before, billed, opened, not_due).value == per_mille


def test_the_promise_kept_rate_counts_partly_kept_as_not_kept() -> None:
    states = [HoldState.KEPT, HoldState.KEPT, HoldState.PARTLY_KEPT, HoldState.BROKEN]

    assert promise_kept_rate(states).value == 500
    assert promise_kept_rate([]).value is None


def test_the_automatic_match_rate_is_by_number() -> None:
    assert automatic_match_rate(97, 100).value == 970
    assert automatic_match_rate(0, 0).value is None


def test_the_time_to_restored_access_is_a_median_of_the_last_90_days() -> None:
    old = restored(9_000, NOON - timedelta(days=91))

    assert payment_to_restored_access([restored(30), restored(90), restored(600), old], AS_OF).value == 90
    assert payment_to_restored_access([restored(30), restored(90)], AS_OF).value == 30, "one that was really measured"
    assert payment_to_restored_access([old], AS_OF).value is None


@pytest.mark.parametrize(("days", "median"), [([0], 0), ([0, 1], 0), ([0, 1, 5], 1), ([-1], 0)])
def test_the_days_from_the_banks_booking_are_a_median_too(days: list[int], median: int) -> None:
    """A bank that books on tomorrow's day makes nobody wait less than no time."""
    measure = booking_to_restored_access([restored(5, days=each) for each in days], AS_OF)

    assert (measure.value, measure.unit) == (median, "days")
    assert f"the longest {max(*days, 0)} days, C1 on 2026-10-30" in measure.because


@pytest.mark.parametrize(("ago", "counts"), [(89, True), (90, False)])
def test_only_the_last_90_days_count(ago: int, counts: bool) -> None:
    back = datetime(2026, 10, 31, 12, tzinfo=UTC) - timedelta(days=ago)

    assert (booking_to_restored_access([restored(5, back)], AS_OF).value is not None) is counts
