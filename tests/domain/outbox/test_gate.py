"""The gate: what leaves, when, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.collections.policy import QuietHours
from csp_receivables.domain.outbox.gate import House, Moment, verdict
from tests.letters import MONDAY, PRODUCTION, moment

CUSTOMER, CATCH_ALL = "faktura@kund.example", "catch@partner.example"
NIGHT = QuietHours(begins=time(18), ends=time(8))


def test_in_production_a_letter_goes_to_its_customer() -> None:
    assert verdict(CUSTOMER, PRODUCTION, moment()).to == CUSTOMER


@pytest.mark.parametrize(
    ("house", "to"),
    [
        (House(is_production=False), ""),
        (House(is_production=False, catch_all=CATCH_ALL), CATCH_ALL),
        (House(is_production=True, is_demo=True), ""),
        (House(is_production=True, is_demo=True, catch_all=CATCH_ALL), CATCH_ALL),
    ],
)
def test_outside_production_everything_goes_to_the_catch_all_or_nowhere(house: House, to: str) -> None:
    found = verdict(CUSTOMER, house, moment())

    assert (found.to, found.is_open) == (to, bool(to))
    assert found.because


@pytest.mark.parametrize(
    ("house", "when", "because"),
    [
        (replace(PRODUCTION, stop="stopped by Ada: a wrong bank file"), moment(), "stopped by Ada"),
        (replace(PRODUCTION, historical="2026-10-01 is not yesterday"), moment(), "not yesterday"),
        (PRODUCTION, moment(policy="it runs dry until 2026-12-01"), "runs dry"),
        (PRODUCTION, moment(now=datetime(2026, 11, 1, 9, tzinfo=UTC)), "no working day in SE"),
        (PRODUCTION, moment(now=datetime(2026, 12, 24, 9, tzinfo=UTC)), "no working day in SE"),
        (PRODUCTION, moment(now=datetime(2026, 11, 2, 5, tzinfo=UTC), quiet_hours=NIGHT), "quiet hours"),
    ],
)
def test_what_closes_the_gate_closes_it_in_production_too(house: House, when: Moment, because: str) -> None:
    found = verdict(CUSTOMER, house, when)

    assert not found.is_open
    assert because in found.because


def test_quiet_hours_are_those_of_the_customer() -> None:
    at_nine_in_stockholm = datetime(2026, 11, 2, 8, tzinfo=UTC)

    new_york = moment(now=at_nine_in_stockholm, zones=(ZoneInfo("America/New_York"),), country="US", quiet_hours=NIGHT)
    assert verdict(CUSTOMER, PRODUCTION, moment(now=at_nine_in_stockholm, quiet_hours=NIGHT)).is_open
    assert not verdict(CUSTOMER, PRODUCTION, new_york).is_open


def test_the_shipped_example_writes_to_nobody() -> None:
    found = verdict(CUSTOMER, replace(PRODUCTION, is_example=True), moment())

    assert (found.to, "shipped example" in found.because) == ("", True)


@given(
    house=st.builds(
        House,
        is_production=st.booleans(),
        is_demo=st.booleans(),
        catch_all=st.sampled_from(["", CATCH_ALL]),
        stop=st.sampled_from(["", "stopped"]),
        historical=st.sampled_from(["", "a past day"]),
    ),
    dry=st.sampled_from(["", "dry"]),
    hours=st.integers(0, 24 * 14),
)
def test_no_house_but_production_ever_reaches_a_customer(house: House, dry: str, hours: int) -> None:
    when = moment(now=MONDAY.replace(hour=hours % 24, day=1 + hours // 24), policy=dry, quiet_hours=NIGHT)

    found = verdict(CUSTOMER, house, when)

    assert found.to in ("", CUSTOMER, CATCH_ALL)
    if found.to == CUSTOMER:
        assert house.is_production
        assert not (house.is_demo or house.stop or house.historical or dry)
