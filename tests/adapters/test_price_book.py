"""The price book: the shipped one is read; every fault is told with its line and what to do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from csp_receivables.adapters.price_book import PriceBookRefused, read_price_book

SHIPPED = Path(__file__).parents[2] / "include" / "price_book.yaml"
GOOD = """\
numbers: {first: 100, reference: ocr}
tax:
  - {country: SE, rate: 25, from: 1990-01-01}
rules:
  - name: all
    margin: 12.5
"""


def test_the_shipped_price_book_is_an_example_that_can_be_read() -> None:
    book = read_price_book(SHIPPED)

    assert book.is_example and [rule.name for rule in book.rules] == ["azure", "everything_else"]
    assert book.digest


def test_rules_and_rates_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "price_book.yaml"
    path.write_text(GOOD)

    book = read_price_book(path)

    assert (book.rules[0].margin, book.taxes[0].rate, book.reference_of("100")) == (
        Decimal("12.5"),
        Decimal(25),
        "1008",
    )


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("margin: 12.5", "margin: 12,5", "price_book.yaml:6: rules.0.margin: '12,5' is no number from -100 to 1000"),
        ("margin: 12.5", "margni: 3", "price_book.yaml:6: rules.0.margni: unknown key 'margni'. Did you mean margin?"),
        ("margin: 12.5", "price: 3", "rules.0: price and currency belong together"),
        ("margin: 12.5", "when: {family: [azur]}", "rules.0.when.family.0"),
        ("margin: 12.5", "margin: 1\\n    price: 2\\n    currency: SEK", "a rule needs one of margin and price"),
        ("country: SE", "country: ZZ", "'ZZ' is no country"),
        ("rate: 25", "rate: 250", "'250' is no number from 0 to 100"),
        ("first: 100", "first: 100, prefix: F", "no ocr reference can be made of the number F100"),
        ("- name: all", "- name: all\\n    margin: 1\\n  - name: all", "another rule is named all"),
        ("rules:", "rulse:", "Did you mean rules?"),
    ],
)
def test_a_fault_is_told_with_its_line_and_remedy(tmp_path: Path, changed: str, to: str, said: str) -> None:
    path = tmp_path / "price_book.yaml"
    path.write_text(GOOD.replace(changed, to.replace("\\n", "\n")))

    with pytest.raises(PriceBookRefused) as refused:
        read_price_book(path)

    assert said in str(refused.value)
