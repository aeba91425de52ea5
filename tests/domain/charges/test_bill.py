"""An explained bill adds up to the difference, whatever changed; each kind of change has its own cause."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.charges.bill import Kind, explain
from csp_receivables.domain.charges.bill_lines import BillLine
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.pricing.priced import ChargeLine


def line(net: int, seats: str = "10", **more: Any) -> BillLine:
    meter, rate = more.pop("meter", ""), more.pop("rate", None)
    usual = {"tenant_id": "t", "currency": "EUR", "subscription_id": "s", "product_id": "p", "sku_id": "1"}
    days = {"charge_from": date(2026, 10, 1), "charge_until": date(2026, 10, 31), "family": Family.OTHER}
    said = {"product": "E3", "charge_type": "cycleCharge", "exact": Decimal(net), "quantity": Decimal(seats)}
    charged = ChargeLine(**usual | days | said | more)
    return BillLine(line=charged, net=net, meter=meter, is_usage=bool(meter), rate=rate)


def told(before: list[BillLine], after: list[BillLine]) -> list[tuple[str, int]]:
    [one] = explain(before, after)
    assert sum(cause.amount for cause in one.causes) == one.difference
    return [(cause.kind.value, cause.amount) for cause in one.causes]


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ([], [line(500)], [("new", 500)]),
        ([line(500)], [], [("removed", -500)]),
        ([line(500)], [line(500)], []),
        ([line(1000, "10")], [line(1200, "12")], [("seats", 200)]),
        ([line(1000, "10")], [line(1100, "10")], [("price", 100)]),
        ([line(1000, "10")], [line(1320, "12")], [("seats", 200), ("price", 120)]),
        ([line(1000, "10")], [line(0, "0")], [("seats", -1000)]),
        (
            [line(1000, "10")],
            [
                line(1000, "10"),
                line(-300, "-10", charge_type="addQuantity"),
                line(360, "12", charge_type="addQuantity"),
            ],
            [("proration", 60)],
        ),
        (
            [line(300, "10", charge_type="new", charge_from=date(2026, 9, 22), charge_until=date(2026, 9, 30))],
            [line(1000, "10")],
            [("proration", 700)],
        ),
        ([line(100, meter="D2")], [line(150, meter="D2"), line(7, meter="Disk")], [("usage", 50), ("usage", 7)]),
        ([line(100)], [line(100), line(-30, charge_type="customerCredit")], [("credit", -30)]),
        (
            [line(1000, meter="D2", rate=Decimal("0.8"))],
            [line(1250, meter="D2", rate=Decimal("1.0"))],
            [("currency", 250)],
        ),
        (
            [line(1000, meter="D2", rate=Decimal("0.8"))],
            [line(2000, meter="D2", rate=Decimal("1.0"))],
            [("usage", 600), ("currency", 400)],
        ),
    ],
)
def test_each_change_has_its_cause(
    before: list[BillLine], after: list[BillLine], causes: list[tuple[str, int]]
) -> None:
    assert told(before, after) == causes


def test_what_is_billed_in_another_currency_now_is_no_new_product() -> None:
    in_euro, in_krona = explain([line(100)], [line(1100, currency="SEK")])

    assert [(one.kind, one.amount) for one in in_euro.causes] == [(Kind.CURRENCY, -100)]
    assert [(one.kind, one.amount) for one in in_krona.causes] == [(Kind.CURRENCY, 1100)]


def months(**narrowed: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[list[BillLine], list[BillLine]]]:
    """Lines of two months; `narrowed`: what they may be about, in place of a few of everything."""
    about = {
        "subscription_id": st.sampled_from("ab"),
        "product": st.sampled_from(["E3", "VM"]),
        "currency": st.sampled_from(["EUR", "SEK"]),
        "charge_type": st.sampled_from(
            ["new", "cycleCharge", "addQuantity", "customerCredit", "cancelImmediate", "odd"]
        ),
        "meter": st.sampled_from(["", "D2", "Disk"]),
        "rate": st.sampled_from([None, Decimal("0.9"), Decimal("1.1")]),
        "charge_from": st.sampled_from([None, date(2026, 10, 1), date(2026, 10, 20)]),
    }
    amounts = (st.integers(-(10**12), 10**12), st.integers(-1000, 1000).map(str))
    lines = st.lists(st.builds(line, *amounts, **about | narrowed), max_size=8)
    return st.tuples(lines, lines)


OF_ONE_PRODUCT = months(subscription_id=st.just("a"), product=st.just("VM"), currency=st.just("EUR"))
OF_ONE_METER = months(
    subscription_id=st.just("a"),
    product=st.just("VM"),
    currency=st.just("EUR"),
    charge_type=st.just("new"),
    meter=st.just("D2"),
    rate=st.sampled_from([Decimal("0.9"), Decimal("1.1")]),
)


@given(drawn=st.one_of(months(), OF_ONE_PRODUCT, OF_ONE_METER))
def test_an_explained_bill_adds_up_to_the_difference(drawn: tuple[list[BillLine], list[BillLine]]) -> None:
    before, after = drawn
    for one in explain(before, after):
        assert one.before == sum(each.net for each in before if each.line.currency == one.currency)
        assert one.after == sum(each.net for each in after if each.line.currency == one.currency)
        assert sum(cause.amount for cause in one.causes) == one.after - one.before
        assert all(cause.amount for cause in one.causes)
