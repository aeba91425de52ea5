"""What is billed is charges plus margin, to the last unit; replaced data leaves no trace; credit gives credit notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.pricing.documents import Draft, Raised, RaisedLine, Raising, Terms, draft
from csp_receivables.domain.pricing.issuing import Issue, number_documents
from csp_receivables.domain.pricing.price_book import Charged, PriceBook, PriceRule, ReferenceKind, TaxRate, rule_for
from csp_receivables.domain.pricing.priced import ChargeLine, PricedLine, percent_of, price_lines
from csp_receivables.domain.vendor_totals import TenantSum, sum_invoice

DAY = date(2026, 11, 9)
TEN = PriceRule(name="ten", margin=Decimal(10))
BOOK = PriceBook(
    rules=(TEN,), taxes=(TaxRate(country="SE", rate=Decimal(25), from_on=date(1990, 1, 1)),), first_number=500
)
TERMS = Terms(currency="SEK", issued_on=DAY, countries={"A": "SE", "B": "SE", "C": "XX"})


def line(tenant: str = "a", product: str = "E3", exact: str = "100", **more: object) -> ChargeLine:
    usual = {"subscription_id": "s", "product_id": "p", "sku_id": "1", "charge_type": "new", "family": Family.OTHER}
    days = {"charge_from": date(2026, 10, 1), "charge_until": date(2026, 10, 31)}
    amounts = {"exact": Decimal(exact), "quantity": Decimal(1), "currency": "SEK"}
    return ChargeLine(**{"tenant_id": tenant, "product": product} | usual | days | amounts | more)  # type: ignore[arg-type]


def priced(lines: Sequence[ChargeLine], rules: Sequence[PriceRule] = (TEN,)) -> tuple[PricedLine, ...]:
    """The lines with the costs that the ledger has of them."""
    sums = [
        TenantSum(tenant_id=tenant, tenant_name="", lines=1, pre_tax=total, tax=Decimal(0), total=total)
        for tenant in sorted({one.tenant_id for one in lines})
        for total in [sum((one.exact for one in lines if one.tenant_id == tenant), Decimal(0))]
    ]
    costs = {one.tenant_id: one.pre_tax for one in sum_invoice("G1", "SEK", sums).tenants}
    return price_lines(lines, costs, {tenant: tenant.upper() for tenant in costs}, rules)


def after(raised: Raised, drafts: Iterable[Draft]) -> Raised:
    """What is raised once the drafts are issued, as the ledger would tell it."""
    lines, newest = dict(raised.lines), dict(raised.newest_invoice)
    for one in drafts:
        sign = 1 if one.kind == "invoice" else -1
        if sign > 0:
            newest[one.customer_id] = "500"
        for each in one.lines:
            before = lines.get((one.customer_id, each.key), RaisedLine())
            lines[one.customer_id, each.key] = RaisedLine(
                net=before.net + sign * each.net, cost=before.cost + sign * each.cost, description=each.description
            )
    return Raised(currency="SEK", lines=lines, newest_invoice=newest)


def net(raised: Raised) -> int:
    return sum(one.net for one in raised.lines.values())


EXACT = st.decimals(-1000, 1000, places=8)
LINES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["E3", "VM", "Disk"]), EXACT), min_size=1, max_size=8)
MARGINS = st.decimals(0, 90, places=3)


def summed(drawn: list[tuple[str, str, Decimal]]) -> list[ChargeLine]:
    """One line for each tenant and product, as grouping the charges gives them."""
    keys = sorted({(tenant, product) for tenant, product, _ in drawn})
    return [
        line(tenant, product, str(sum((e for t, p, e in drawn if (t, p) == (tenant, product)), Decimal(0))))
        for tenant, product in keys
    ]


@given(drawn=LINES, margin=MARGINS)
def test_what_is_raised_is_charges_plus_margin_to_the_last_unit(
    drawn: list[tuple[str, str, Decimal]], margin: Decimal
) -> None:
    lines = summed(drawn)
    own = priced(lines, [replace(TEN, margin=margin)])
    exact = sum((one.exact for one in lines), Decimal(0))

    raising = draft(own, Raised(), BOOK, TERMS)

    charges = sum(one.cost for one in own)
    assert abs(Decimal(charges) - exact * 100) <= Decimal("0.5")  # the vendor invoice's own sum, rounded once
    margins = sum(percent_of(one.cost, margin) for one in own)
    documents = sum(one.net if one.kind == "invoice" else -one.net for one in raising.drafts)
    of_nothing = {one.customer_id for one in own} - {one.customer_id for one in raising.drafts}
    assert all(sum(one.net for one in own if one.customer_id == customer) == 0 for customer in of_nothing)
    assert documents == charges + margins
    for one in raising.drafts:
        assert one.net > 0  # amounts of a document are positive; its kind gives the direction
        assert one.tax == percent_of(one.net, Decimal(25))  # once on the document, not line by line


@given(first=LINES, second=LINES)
def test_a_replaced_version_leaves_no_trace(
    first: list[tuple[str, str, Decimal]], second: list[tuple[str, str, Decimal]]
) -> None:
    raised = after(Raised(), draft(priced(summed(first)), Raised(), BOOK, TERMS).drafts)

    wanted = priced(summed(second))
    then = after(raised, draft(wanted, raised, BOOK, TERMS).drafts)

    customers = {one.customer_id for one in wanted} | {customer for customer, _ in then.lines}
    for customer in customers:
        owed = sum(one.net for one in wanted if one.customer_id == customer)
        assert sum(one.net for (name, _), one in then.lines.items() if name == customer) == owed
    assert draft(wanted, then, BOOK, TERMS).drafts == ()  # and raising again gives nothing


@given(drawn=LINES, margin=MARGINS, was_invoiced=st.booleans())
def test_a_customer_whose_month_is_negative_gets_a_credit_note_and_no_other_does(
    drawn: list[tuple[str, str, Decimal]], margin: Decimal, was_invoiced: bool
) -> None:
    own = priced(summed(drawn), [replace(TEN, margin=margin)])
    raised = Raised(newest_invoice={"A": "499", "B": "498"} if was_invoiced else {})

    drafts = draft(own, raised, BOOK, TERMS).drafts

    kinds = {one.customer_id: one.kind for one in drafts}
    assert len(kinds) == len(drafts)
    for customer in {one.customer_id for one in own}:
        owed = sum(one.net for one in own if one.customer_id == customer)
        assert kinds.get(customer) == ("invoice" if owed > 0 else "credit_note" if owed < 0 else None)
    for one in drafts:
        assert (one.net > 0, one.tax >= 0) == (True, True)
        names = raised.newest_invoice.get(one.customer_id, "") if one.kind == "credit_note" else ""
        assert one.credits_number == names


def test_a_negative_month_gives_a_credit_note_of_positive_amounts() -> None:
    [one] = draft(priced([line(exact="-40"), line(product="VM", exact="10")]), Raised(), BOOK, TERMS).drafts

    assert (one.kind, one.net, one.tax, one.gross, one.credits_number) == ("credit_note", 3300, 825, 4125, "")
    assert [each.net for each in one.lines] == [4400, -1100]


def test_less_than_was_raised_is_credited_on_the_invoice_it_was_raised_with() -> None:
    raised = after(Raised(), draft(priced([line()]), Raised(), BOOK, TERMS).drafts)

    [one] = draft(priced([line(exact="60")]), raised, BOOK, TERMS).drafts

    assert (one.kind, one.net, one.credits_number) == ("credit_note", 4400, "500")


def test_what_is_no_longer_charged_is_taken_back() -> None:
    raised = after(Raised(), draft(priced([line(), line("b")]), Raised(), BOOK, TERMS).drafts)

    [one] = draft(priced([line()]), raised, BOOK, TERMS).drafts

    assert (one.customer_id, one.kind, one.net, one.lines[0].rule) == ("B", "credit_note", 11000, "no longer charged")


@pytest.mark.parametrize(
    ("tenant", "rules", "code"),
    [("a", [replace(TEN, products=("other",))], "price.no_rule"), ("c", [TEN], "price.no_tax_rate")],
)
def test_half_a_document_is_none(tenant: str, rules: list[PriceRule], code: str) -> None:
    raising = draft(priced([line(tenant)], rules), Raised(), BOOK, TERMS)

    assert (raising.drafts, [one.code for one in raising.findings]) == ((), [code])


def test_a_price_per_unit_follows_the_sign_of_the_money() -> None:
    rules = [PriceRule(name="seat", price=Decimal("12.345"), currency="SEK")]

    [one] = priced([line(exact="-50", quantity=Decimal(-5))], rules)

    assert (one.cost, one.net) == (-5000, -6173)


def charged(**more: object) -> Charged:
    usual = {"customer_id": "A", "product_id": "P1", "product": "Office", "family": Family.MICROSOFT_365}
    return Charged(**usual | {"charge_type": "new", "charged_on": DAY, "currency": "SEK"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "asked", "fits"),
    [
        ({}, {}, True),
        ({"customers": ("B",)}, {}, False),
        ({"products": ("office",)}, {}, True),
        ({"products": ("p1",)}, {}, True),
        ({"families": (Family.AZURE,)}, {}, False),
        ({"charge_types": ("NEW", "renew")}, {}, True),
        ({"from_on": DAY}, {}, True),
        ({"from_on": date(2026, 11, 10)}, {}, False),
        ({"until_on": DAY}, {}, True),
        ({"until_on": date(2026, 11, 8)}, {}, False),
        ({"until_on": DAY}, {"charged_on": None}, False),
        ({"currency": "EUR"}, {}, False),
    ],
)
def test_the_first_rule_that_fits_says_the_price(rule: dict[str, object], asked: dict[str, object], fits: bool) -> None:
    first = replace(TEN, name="first", **rule)  # type: ignore[arg-type]

    found = rule_for(charged(**asked), [first, TEN])

    assert found is not None and found.name == ("first" if fits else "ten")


def test_numbers_go_on_without_a_gap_and_carry_references() -> None:
    raising: Raising = draft(priced([line(), line("b")]), Raised(), BOOK, TERMS)
    book = replace(BOOK, reference=ReferenceKind.OCR)
    issue = Issue(seller="s", vendor_invoice="G1", version="v", issued_on=DAY, raised_by="Ann")

    first = number_documents(raising.drafts, book, issue, None)
    second = number_documents(raising.drafts, book, issue, 501)

    assert first.receivables["number"].to_pylist() == ["500", "501"]
    assert second.receivables["number"].to_pylist() == ["502", "503"]
    assert first.receivables["reference"].to_pylist() == ["5009", "5017"]
    assert first.receivables["due_on"].to_pylist() == [date(2026, 12, 9)] * 2
    assert sum(first.lines["net"].to_pylist()) == sum(first.receivables["net"].to_pylist())


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [(5, "10", 1), (-5, "10", -1), (4, "10", 0), (999, "25.5", 255), (100, "-50", -50), (-100, "-50", 50), (0, "7", 0)],
)
def test_per_cents_are_rounded_once_halves_away_from_zero(amount: int, rate: str, expected: int) -> None:
    assert percent_of(amount, Decimal(rate)) == expected
