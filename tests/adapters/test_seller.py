"""The seller as a partner writes it: what is wrong in accounts, hours and texts is told with line and remedy."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from csp_receivables.adapters.seller import SellerRefused, read_seller
from csp_receivables.domain.collections.seller import OpeningHours, in_language

SHIPPED = Path(__file__).parents[2] / "include" / "policies" / "seller.yaml"


def changed(folder: Path, found: str, instead: str) -> Path:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert found in shipped
    path = folder / "seller.yaml"
    path.write_text(shipped.replace(found, instead, 1), encoding="utf-8")
    return path


def test_the_shipped_seller_is_an_example_in_every_language_of_the_policy() -> None:
    seller = read_seller(SHIPPED, ("en", "sv", "de"))

    assert seller.is_example
    account = seller.account("SEK")
    assert account and ("991-2346", "SE45 5000 0000 0583 9825 7466") == (account.bankgiro, account.iban)
    assert seller.account("JPY") is None
    assert seller.support.hours == (OpeningHours(days=(1, 2, 3, 4, 5), opens=time(8), closes=time(17)),)
    assert [price.amount for price in seller.support_prices] == [0, 125000, 187500]
    assert in_language(seller.support_prices[1].per, "sv") == "timme"
    assert in_language(seller.support_prices[1].per, "fi") == "hour"


@pytest.mark.parametrize(
    ("found", "instead", "place"),
    [
        ("991-2346", "991-2347", "accounts.0.bankgiro"),
        ("991-2346", "12346", "accounts.0.bankgiro"),
        ("DE89 3704", "DE88 3704", "accounts.1.iban"),
        ("currency: NOK", "currency: NOR", "accounts.2.currency"),
        ("bic: DABADKKK", "bic: DAB", "accounts.3.bic"),
        ("iban: GB29 NWBK 6016 1331 9268 19, ", "", "accounts.4"),
        ("556703-7485", "556703-7486", "org_number"),
        ("country: SE", "country: SW", "country"),
        ("Europe/Stockholm", "Europe/Uppsala", "time_zone"),
        ("+46 8 123 456 00", "08-123 456", "invoices.phone"),
        ("invoices@molnpartner.example", "invoices", "invoices.email"),
        ('"16:00"', '"09:00"', "invoices.hours.0.closes"),
        ("days: mon-fri", "days: weekdays", "invoices.hours.0.days"),
        ("days: mon-fri", "days: fri-mon", "invoices.hours.0.days"),
        ("price: 1250", "price: 1250.005", "support_prices.1.price"),
        ("price: 1250", "price: -1", "support_prices.1.price"),
        (", sv: timme", "", "support_prices.1.per"),
        ("web: https://molnpartner.example", "web: molnpartner.example", "web"),
        ("vat_number", "vat", "vat"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(tmp_path: Path, found: str, instead: str, place: str) -> None:
    path = changed(tmp_path, found, instead)
    with pytest.raises(SellerRefused) as refused:
        read_seller(path, ("en", "sv"))

    (fault,) = refused.value.faults
    assert place == fault.place
    assert fault.remedy
    assert fault.line > 1


@pytest.mark.parametrize(
    ("days", "expected"), [("sat", (6,)), ("mon, wed-fri", (1, 3, 4, 5)), ("Mon-Sun", (*range(1, 8),))]
)
def test_days_are_written_as_spans_or_one_by_one(tmp_path: Path, days: str, expected: tuple[int, ...]) -> None:
    path = changed(tmp_path, "days: mon-fri", f'days: "{days}"')

    assert expected == read_seller(path).invoices.hours[0].days


def test_a_seller_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SellerRefused, match="there is no such file"):
        read_seller(tmp_path / "seller.yaml")
