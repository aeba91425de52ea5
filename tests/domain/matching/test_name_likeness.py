"""Rule 9 at its limits. One world: each case is a currency of its own, all with the same customers' names."""

from __future__ import annotations

import pytest
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from csp_receivables.domain.matching.ladder import Matched
from csp_receivables.domain.matching.name_likeness import LEAD_MIN, LIKENESS_MIN, RIVALS_LOOKED_AT_MAX
from tests.domain.matching.worlds import because, booked, options, payment, receivable, run, suggested

NAMES = {
    "C1": "Nordlicht Handel AB",
    "C2": "Nordlicht Handels AB",
    "C3": "Zweigwerk GmbH",
    "C4": "***",
    "C5": "ABCDEFGHIJ KLMNOPQRST",
    "C6": "Nordlichten Handelshus AB",
}
AT_LIMIT, BELOW = "ABCDEFGHIJ KLMNOPQxyz", "ABCDEFGHIJ KLMNOPwxyz"


def likeness(said: str, name: str) -> float:
    return fuzz.token_sort_ratio(said, name, processor=default_process)


@pytest.fixture(scope="module")
def matched() -> Matched:
    receivables = [
        receivable("EUR/1", 100, currency="EUR", customer_id="C3"),
        receivable("SEK/1", 100, currency="SEK", customer_id="C1"),
        receivable("SEK/2", 100, currency="SEK", customer_id="C2"),
        receivable("SEK/3", 100, currency="SEK", customer_id="C6"),
        receivable("NOK/1", 100, currency="NOK", customer_id="C3"),
        receivable("NOK/2", 100, currency="NOK", customer_id="C3"),
        receivable("NOK/3", 200, currency="NOK", customer_id="C3"),
        receivable("DKK/1", 100, currency="DKK", customer_id="C5"),
        receivable("GBP/1", 100, currency="GBP", customer_id="C4"),
        *(receivable(f"USD/{place}", 100, currency="USD", customer_id="C3") for place in range(RIVALS_LOOKED_AT_MAX)),
        *(receivable(f"CHF/{place}", 7, currency="CHF", customer_id="C3") for place in range(RIVALS_LOOKED_AT_MAX + 1)),
        receivable("PLN/1", 100, currency="PLN", customer_id="C3"),
        receivable("PLN/2", 100, currency="PLN", customer_id="C1"),
    ]
    payments = [
        payment("P-EUR", 100, payer_name="GMBH, ZWEIGWERK", currency="EUR"),
        payment("P-SEK", 100, payer_name="Nordlicht Handel AB", currency="SEK"),
        payment("P-NOK", 100, payer_name="Zweigwerk GmbH", currency="NOK"),
        payment("P-DKK-1", 100, payer_name=AT_LIMIT, currency="DKK"),
        payment("P-DKK-2", 100, payer_name=BELOW, currency="DKK"),
        payment("P-GBP", 100, payer_name="---", currency="GBP"),
        payment("P-USD", 100, payer_name="Zweigwerk GmbH", currency="USD"),
        payment("P-CHF", 7, payer_name="Zweigwerk GmbH", currency="CHF"),
        payment("P-PLN", 100, payer_name="Nordlicht Handel AB", currency="PLN", customer_id="C5"),
    ]
    return run(receivables, payments, names=NAMES)


def test_a_name_is_the_same_in_any_order_case_and_punctuation_and_is_only_suggested(matched: Matched) -> None:
    assert booked(matched) == []
    assert {row[3] for row in suggested(matched)} == {"name_likeness"}
    assert options(matched, "P-EUR") == [(1, "EUR/1")]
    assert because(matched, "P-EUR") == (
        "payer GMBH, ZWEIGWERK is called like customer C3, Zweigwerk GmbH (100 of 100), and receivable EUR/1 is open "
        "with 1.00 EUR"
    )


def test_customers_nearly_as_alike_are_shown_after_the_likest_and_others_are_not(matched: Matched) -> None:
    assert likeness(NAMES["C1"], NAMES["C2"]) > 100 - LEAD_MIN
    assert LIKENESS_MIN <= likeness(NAMES["C1"], NAMES["C6"]) < 100 - LEAD_MIN
    assert options(matched, "P-SEK") == [(1, "SEK/1"), (2, "SEK/2")]


def test_each_receivable_of_the_amount_is_an_option(matched: Matched) -> None:
    assert options(matched, "P-NOK") == [(1, "NOK/1"), (2, "NOK/2")]


def test_a_likeness_counts_from_its_limit_on(matched: Matched) -> None:
    assert likeness(AT_LIMIT, NAMES["C5"]) >= LIKENESS_MIN > likeness(BELOW, NAMES["C5"])
    assert options(matched, "P-DKK-1") == [(1, "DKK/1")]
    assert options(matched, "P-DKK-2") == []


def test_names_without_a_letter_are_like_nothing(matched: Matched) -> None:
    assert options(matched, "P-GBP") == []


def test_an_amount_that_too_many_receivables_have_says_nothing(matched: Matched) -> None:
    assert len(options(matched, "P-USD")) == 3
    assert options(matched, "P-CHF") == []


def test_a_payment_whose_customer_is_known_does_not_go_by_its_name(matched: Matched) -> None:
    assert options(matched, "P-PLN") == []


def test_where_nobody_gives_names_those_of_payers_with_references_serve_and_likeness_teaches_nothing() -> None:
    matched = run(
        [
            receivable("A/1", 10, reference="55512", customer_id="C3"),
            receivable("A/2", 100, customer_id="C3"),
            receivable("A/3", 70, customer_id="C3"),
        ],
        [
            payment("P1", 10, reference="55512", payer_name="Zweigwerk GmbH"),
            payment("P2", 100, payer_name="ZWEIGWERK GMBH", payer_account="DE1"),
            payment("P3", 70, payer_account="DE1"),
        ],
    )

    assert [row[:2] for row in suggested(matched)] == [("P2", "A/2")]
    assert "P3" in set(matched.unapplied["payment_id"].to_pylist())
