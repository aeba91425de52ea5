"""The price book: the shipped one is read; every fault is told with its line and what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from csp_receivables.adapters.price_book import PriceBookRefused, read_price_book
from csp_receivables.domain.microsoft.subscriptions import Family

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


WITH_ROWS = GOOD.replace("rules:", "rules_file: prices.csv\nrules:")
HEADER = "name,customer,product,family,charge_type,from,until,margin,price,currency\n"
ROWS = (
    HEADER
    + "e3_of_contoso,K1|K2,Office 365 E3,,,2026-01-01,2026-12-31,,250.00,SEK\n\n"
    + 'all_azure,,,azure,"usage|customerCredit",,,12.5,,\n'
)


def with_rows(folder: Path, rows: str, book: str = WITH_ROWS) -> Path:
    (folder / "prices.csv").write_text(rows, encoding="utf-8-sig")
    path = folder / "price_book.yaml"
    path.write_text(book)
    return path


@pytest.mark.parametrize("rows", [ROWS, ROWS.replace(",", ";"), ROWS.replace("\n", "\r\n")])
def test_rules_of_a_csv_come_before_those_of_the_book(tmp_path: Path, rows: str) -> None:
    book = read_price_book(with_rows(tmp_path, rows))

    first, second, own = book.rules
    assert (first.name, first.customers, first.products, first.price, first.currency) == (
        *("e3_of_contoso", ("K1", "K2"), ("Office 365 E3",)),
        *(Decimal("250.00"), "SEK"),
    )
    assert (first.from_on, first.until_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (second.families, second.charge_types, second.margin) == (
        *((Family.AZURE,), ("usage", "customerCredit")),
        Decimal("12.5"),
    )
    assert own.name == "all"


def test_a_csv_alone_is_rules_enough_and_another_csv_is_another_book(tmp_path: Path) -> None:
    alone = WITH_ROWS.partition("rules:")[0]

    digests = {read_price_book(with_rows(tmp_path, rows, alone)).digest for rows in (ROWS, ROWS.replace("12.5", "12"))}

    assert len(digests) == 2


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("12.5", "12%", "prices.csv:4: rules.1.margin: '12%' is no number from -100 to 1000"),
        (",250.00,SEK", ",250.00,", "prices.csv:2: rules.0: price and currency belong together"),
        (",250.00,SEK", ",250.00,SKE", "prices.csv:2: rules.0.currency: 'SKE' is no currency. Did you mean SEK?"),
        ("2026-12-31", "2025-12-31", "prices.csv:2: rules.0.when.until: 2025-12-31 lies before 2026-01-01"),
        ("2026-01-01", "1/1/2026", "prices.csv:2: rules.0.when.from"),
        (",azure,", ",azur,", "prices.csv:4: rules.1.when.family.0"),
        ("all_azure", "e3_of_contoso", "prices.csv:4: rules.1.name: another rule is named e3_of_contoso"),
        ("all_azure", "all", "price_book.yaml:6: rules.0.name: another rule is named all"),
        ("all_azure", "", "prices.csv:4: rules.1.name"),
        (",margin,", ",margni,", "prices.csv:1: margni: unknown column 'margni'. Did you mean margin?"),
        (",SEK", ",SEK,more", "prices.csv:2: rules.0: the row has 11 cells, the header 10"),
        ("name,customer", "customer,customer", "prices.csv:1: customer: another column is named customer"),
    ],
)
def test_a_fault_of_a_row_is_told_with_its_line_and_field(tmp_path: Path, changed: str, to: str, said: str) -> None:
    with pytest.raises(PriceBookRefused) as refused:
        read_price_book(with_rows(tmp_path, ROWS.replace(changed, to, 1)))

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (
            WITH_ROWS.replace("prices.csv", "other.csv"),
            "price_book.yaml:4: rules_file: there is no other.csv beside it",
        ),
        (WITH_ROWS.replace("prices.csv", "../prices.csv"), "price_book.yaml:4: rules_file"),
        (GOOD.partition("rules:")[0], "rules: there is no rule"),
    ],
)
def test_a_book_without_its_rules_is_refused(tmp_path: Path, book: str, said: str) -> None:
    with pytest.raises(PriceBookRefused) as refused:
        read_price_book(with_rows(tmp_path, ROWS, book))

    assert said in str(refused.value)
