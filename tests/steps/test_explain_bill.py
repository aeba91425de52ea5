"""A bill explained out of the lake: only that customer's lines, at the documents' amounts, in words of its language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert

from csp_receivables.adapters.bill_words import CAUSES_SHOWN_MAX, bill_tables
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake_tables import LakeTables
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.charge_book import LedgerChargeBook
from csp_receivables.adapters.ledger.tables import customer, customer_tenant
from csp_receivables.domain.charges.bill import Kind
from csp_receivables.domain.pricing.price_book import PriceRule
from csp_receivables.steps.explain_bill import ExplainBill, NoBill
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, row, write
from tests.steps.test_import_microsoft import importer

BILLS = Path(__file__).parents[2] / "include" / "templates" / "bills"
SEPTEMBER = {"ChargeStartDate": "2026-09-01", "ChargeEndDate": "2026-09-30", "InvoiceNumber": "G000000009"}
USAGE = {"MeterDescription": "D2 v3", "ProductName": "Virtual Machines", "SubscriptionId": "plan", "ChargeType": "New"}
USAGE |= {"PricingCurrency": "USD"}


@pytest.fixture
def step(ledger: Ledger, tmp_path: Path) -> ExplainBill:
    with ledger.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        who = {"customer_id": "contoso", "name": "Contoso AB", "org_number": "", "country": "SE", "language": "sv"}
        writing.connection.execute(insert(customer).values(**who, party_kind="company", **at))
        mapped = {"tenant_id": CONTOSO, "customer_id": "contoso", "mapped": True}
        writing.connection.execute(insert(customer_tenant).values(**mapped, **at))
    return ExplainBill(
        book=LedgerChargeBook(ledger),
        tables=LakeTables(root=tmp_path / "lake"),
        engine=lambda: engine(tmp_path / "spill"),
        rules=[PriceRule(name="ten", margin=Decimal(10))],
    )


@pytest.fixture
def two_months(ledger: Ledger, tmp_path: Path, step: ExplainBill) -> ExplainBill:
    other = row(CustomerId=FABRIKAM, Subtotal="999", Total="999")
    licence = {"ProductName": "E3", "SubscriptionId": "e3", "ChargeType": "cycleCharge"}
    old = row(**SEPTEMBER | licence)
    used = row(**SEPTEMBER | USAGE, Subtotal="8.004", Total="8.004", PCToBCExchangeRate="0.8")
    more = row(**licence, Quantity="12", BillableQuantity="12", Subtotal="120", Total="120")
    now = row(**USAGE, Subtotal="20.004", Total="20.004", PCToBCExchangeRate="1")
    step_in = importer(ledger, tmp_path)
    step_in.import_file(write(tmp_path, [old, used, other | SEPTEMBER], "september.csv"))
    step_in.import_file(write(tmp_path, [more, now, other], "october.csv"))
    return step


def test_a_bill_is_explained_in_the_customers_prices(two_months: ExplainBill) -> None:
    found = two_months.explain("contoso", date(2026, 10, 1))

    [one] = found.explanations
    assert (one.currency, one.before, one.after) == ("EUR", 11880, 15400)
    assert [(each.kind, each.product, each.meter, each.amount) for each in one.causes] == [
        (Kind.SEATS, "E3", "", 2200),
        (Kind.USAGE, "Virtual Machines", "D2 v3", 880),
        (Kind.CURRENCY, "Virtual Machines", "D2 v3", 440),
    ]
    assert (found.at_cost, found.unsure, found.month_before) == (False, (), date(2026, 9, 1))


def test_a_large_version_is_read_through_a_copy_in_the_order_of_customers(
    two_months: ExplainBill, tmp_path: Path
) -> None:
    large = replace(two_months, tables=LakeTables(root=tmp_path / "lake", sorted_from=0))

    first, second = (large.explain("contoso", date(2026, 10, 1)) for _ in range(2))

    assert first == second == two_months.explain("contoso", date(2026, 10, 1))
    copies = sorted((tmp_path / "lake" / "by_customer").rglob("*"))
    assert len([path for path in copies if path.is_file()]) == 2  # and no half ones beside them


def test_without_prices_the_amounts_are_microsofts_and_say_so(two_months: ExplainBill) -> None:
    found = replace(two_months, rules=()).explain("contoso", date(2026, 10, 1))

    assert (found.at_cost, found.explanations[0].before, found.explanations[0].after) == (True, 10800, 14000)
    assert "Microsoft debiterar" in bill_tables(found, BILLS)[0].title


@pytest.mark.parametrize(
    ("language", "title", "cause", "amount"),
    [
        ("", "Varför fakturan till Contoso AB har ändrats", "antal licenser", "+22,00"),
        ("en", "Why the bill of Contoso AB changed", "number of licences", "+22,00"),
        ("de", "Warum sich die Rechnung von Contoso AB geändert hat", "Anzahl der Lizenzen", "+22,00"),
        ("xx", "Why the bill of Contoso AB changed", "number of licences", "+22,00"),
    ],
)
def test_a_customer_reads_it_in_its_language(
    two_months: ExplainBill, language: str, title: str, cause: str, amount: str
) -> None:
    [table] = bill_tables(two_months.explain("contoso", date(2026, 10, 1)), BILLS, language)

    assert table.title.startswith(title)
    assert table.rows[1][0] == cause
    assert table.rows[1][1].startswith("E3: ") and "12" in table.rows[1][1]
    assert table.rows[1][2].startswith(amount)
    assert len(table.rows) == 2 + 3


def test_many_causes_are_told_as_the_largest_and_one_row_that_adds_up(
    step: ExplainBill, ledger: Ledger, tmp_path: Path
) -> None:
    rows = [row(SubscriptionId=f"s{n:02}", Subtotal=str(n + 1), Total=str(n + 1)) for n in range(CAUSES_SHOWN_MAX + 2)]
    importer(ledger, tmp_path).import_file(write(tmp_path, rows))
    found = replace(step, rules=()).explain("contoso", date(2026, 10, 1))

    [table] = bill_tables(found, BILLS, "en")

    assert len(found.explanations[0].causes) == CAUSES_SHOWN_MAX + 2
    assert len(table.rows) == 2 + CAUSES_SHOWN_MAX + 1
    assert table.rows[-2] == ("other", "2 smaller changes", "+3,00\u00a0€")


def test_there_is_a_first_bill_and_none_of_a_stranger(two_months: ExplainBill) -> None:
    [first] = two_months.explain("contoso", date(2026, 9, 1)).explanations

    assert first.before == 0 and {one.kind for one in first.causes} == {Kind.NEW}
    with pytest.raises(NoBill, match="no customer 'x' is known"):
        two_months.explain("x", date(2026, 10, 1))
    with pytest.raises(NoBill, match="nothing was charged for contoso in 2026-12"):
        two_months.explain("contoso", date(2026, 12, 1))


def test_a_replaced_version_is_no_part_of_the_bill(two_months: ExplainBill, ledger: Ledger, tmp_path: Path) -> None:
    importer(ledger, tmp_path).import_file(write(tmp_path, [row(Subtotal="5", Total="5")], "again.csv"))

    assert two_months.explain("contoso", date(2026, 10, 1)).explanations[0].after == 550
