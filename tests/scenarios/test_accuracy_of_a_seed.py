"""What `csp evaluate` measures on one small seed keeps the published targets. The ten large ones: bench/accuracy.py."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables import worlds_wiring
from csp_receivables.domain.accuracy import Accuracy
from csp_receivables.settings import Settings

pytestmark = pytest.mark.timeout(900)  # half a minute on a quiet core, all of it in one fixture

CUSTOMERS, MONTHS, SEED = 700, 1, 5
UNTIL = date(2025, 3, 14)  # some 600 payments in 25 banking days


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Accuracy:
    home = tmp_path_factory.mktemp("evaluated")
    worlds_wiring.generate_world(home / "world", customers=CUSTOMERS, months=MONTHS, seed=SEED)
    settings = Settings.from_environment({"CSP_HOME": str(home), "CSP_CLOCK": "2026-11-01T06:00:00+01:00"})
    return worlds_wiring.evaluate_world(settings, home / "world", until=UNTIL)


def test_no_automatic_booking_is_wrong(found: Accuracy) -> None:
    assert found.bookings > 400
    assert list(found.wrong) == []
    assert found.right == found.bookings


def test_what_came_in_is_allocated_or_unapplied_to_the_last_unit(found: Accuracy) -> None:
    assert {value.currency for value in found.values} == {"SEK", "NOK", "DKK", "EUR", "USD", "GBP"}
    assert found.is_conserved


# The shares of the published targets; each world of this size has only some dozens of suggestions.
def test_nearly_every_payment_with_a_structured_reference_is_booked(found: Accuracy) -> None:
    assert found.with_reference_booked >= 0.95 * found.with_reference


def test_most_payments_are_booked(found: Accuracy) -> None:
    assert found.booked >= 0.85 * found.payments


def test_a_suggestion_is_mostly_right_in_first_place(found: Accuracy) -> None:
    assert found.right_first >= 0.90 * found.suggested
