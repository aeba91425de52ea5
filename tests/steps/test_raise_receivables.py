"""Raising from charges in the lake, whole: gate, numbers, a new version, a credit month, and the check."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake_tables import LakeTables
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.money_tables import raised_line
from csp_receivables.adapters.ledger.raised_book import LedgerRaisedBook
from csp_receivables.adapters.ledger.tables import customer, customer_tenant, receivable, receivable_line
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Mode
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.pricing.check import Problem, check_billing
from csp_receivables.domain.pricing.price_book import PriceBook, PriceRule, TaxRate
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.money_ports import NumberTaken
from csp_receivables.settings import Settings
from csp_receivables.steps.raise_receivables import NotToBeRaised, RaiseReceivables
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, row, write
from tests.steps.test_import_microsoft import importer, put_statement, state, stored

BOOK = PriceBook(
    rules=(PriceRule(name="ten", margin=Decimal(10)),),
    taxes=(TaxRate(country="SE", rate=Decimal(25), from_on=date(1990, 1, 1)),),
    first_number=500,
)
DAY = date(2026, 11, 9)


@pytest.fixture
def step(ledger: Ledger, tmp_path: Path) -> RaiseReceivables:
    with ledger.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        for tenant, name in ((CONTOSO, "contoso"), (FABRIKAM, "fabrikam")):
            who = {"customer_id": name, "name": name, "org_number": "", "country": "SE", "language": "sv"}
            writing.connection.execute(insert(customer).values(**who, party_kind="company", **at))
            mapped = {"tenant_id": tenant, "customer_id": name, "mapped": True}
            writing.connection.execute(insert(customer_tenant).values(**mapped, **at))
    return RaiseReceivables(
        books=LedgerBooks(ledger, Settings.from_environment({}).time_zone),
        raised=LedgerRaisedBook(ledger),
        tables=LakeTables(root=tmp_path / "lake"),
        engine=lambda: engine(tmp_path / "spill"),
        book=BOOK,
        seller="partner",
    )


def plan(as_of: date = date(2026, 11, 8)) -> RunPlan:
    return RunPlan(as_of=as_of, known_at=None, mode=Mode.HISTORICAL, because="a test")


def import_charges(ledger: Ledger, folder: Path, total: str, *rows: dict[str, str]) -> None:
    put_statement(folder, state("G000000001", total))
    importer(ledger, folder).import_file(write(folder, rows))


def issue(step: RaiseReceivables, ledger: Ledger) -> list[tuple[str, str, int, int]]:
    _, issued = step.issue(plan(), "G000000001", DAY, "Ann")
    return [(r["number"], r["kind"], r["net"], r["amount"]) for r in issued.receivables.to_pylist()]


def test_each_customer_gets_one_document_and_a_second_time_nothing(
    step: RaiseReceivables, ledger: Ledger, tmp_path: Path
) -> None:
    import_charges(ledger, tmp_path, "150.01", row(), row(CustomerId=FABRIKAM, Subtotal="50.005", Total="50.005"))

    assert issue(step, ledger) == [("500", "invoice", 11000, 13750), ("501", "invoice", 5501, 6876)]
    assert issue(step, ledger) == []
    assert sum(one["cost"] for one in stored(ledger, raised_line)) == 15001
    lines = stored(ledger, receivable_line)
    assert {one["vendor_invoice"] for one in lines} == {"G000000001"} and {one["tax_rate"] for one in lines} == {"25"}


def test_a_preview_keeps_nothing(step: RaiseReceivables, ledger: Ledger, tmp_path: Path) -> None:
    import_charges(ledger, tmp_path, "100", row())

    raising = step.preview(plan(), "G000000001", DAY)

    assert [one.net for one in raising.drafts] == [11000]
    assert stored(ledger, receivable) == []


def test_new_data_is_raised_as_the_difference(step: RaiseReceivables, ledger: Ledger, tmp_path: Path) -> None:
    import_charges(ledger, tmp_path, "200", row(), row(CustomerId=FABRIKAM))
    issue(step, ledger)

    import_charges(
        ledger,
        tmp_path,
        "190",
        row(Subtotal="60", Total="60"),
        row(CustomerId=FABRIKAM),
        row(SkuId="2", Subtotal="30", Total="30"),
    )

    assert issue(step, ledger) == [("502", "credit_note", 1100, 1375)]
    [credit] = [one for one in stored(ledger, receivable) if one["kind"] == "credit_note"]
    assert credit["credits_number"] == "500"
    assert issue(step, ledger) == []


def test_a_credit_month_gives_a_credit_note(step: RaiseReceivables, ledger: Ledger, tmp_path: Path) -> None:
    import_charges(ledger, tmp_path, "-100", row(Subtotal="-100", Total="-100", EffectiveUnitPrice="-10"))

    assert issue(step, ledger) == [("500", "credit_note", 11000, 13750)]


@pytest.mark.parametrize(
    ("total", "allowed", "said"),
    [
        ("120", False, "is partial: its charges do not add up to it, Microsoft makes it good until 2026-11-18"),
        (None, False, "is unproved: nothing states its total"),
        (None, True, ""),
    ],
)
def test_nothing_is_raised_from_what_is_not_whole(
    step: RaiseReceivables, ledger: Ledger, tmp_path: Path, total: str | None, allowed: bool, said: str
) -> None:
    if total:
        put_statement(tmp_path, state("G000000001", total))
    importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))
    step = replace(step, book=replace(BOOK, bill_unproved=allowed))

    if not said:
        assert len(issue(step, ledger)) == 1
        return
    with pytest.raises(NotToBeRaised, match=said):
        issue(step, ledger)
    assert stored(ledger, receivable) == []


def test_what_is_not_imported_and_the_example_book_raise_nothing(
    step: RaiseReceivables, ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(NotToBeRaised, match="G9 is not imported"):
        step.preview(plan(), "G9", DAY)
    with pytest.raises(NotToBeRaised, match="is the example"):
        replace(step, book=replace(BOOK, is_example=True)).issue(plan(), "G000000001", DAY, "Ann")


def test_a_tenant_of_nobody_is_told_and_others_are_billed(
    step: RaiseReceivables, ledger: Ledger, tmp_path: Path
) -> None:
    import_charges(ledger, tmp_path, "200", row(), row(CustomerId="7e7fb2b2-0000-4000-8000-000000000000"))

    raising, _ = step.issue(plan(), "G000000001", DAY, "Ann")

    assert [one.customer_id for one in raising.drafts] == ["contoso"]
    assert [(one.code, one.amount) for one in raising.findings] == [("tenant.not_mapped", 10_000)]


def test_a_number_that_is_taken_stops_everything(step: RaiseReceivables, ledger: Ledger, tmp_path: Path) -> None:
    import_charges(ledger, tmp_path, "200", row(), row(CustomerId=FABRIKAM))
    issue(step, ledger)
    with ledger.writing() as writing:
        known = writing.connection.execute(select(receivable)).mappings().first()
        taken = dict(known or {}) | {"receivable_id": "partner/502", "number": "502"}
        writing.connection.execute(insert(receivable).values(**taken))
    import_charges(ledger, tmp_path, "300", row(), row(CustomerId=FABRIKAM), row(SkuId="2"))

    with pytest.raises(NumberTaken):
        issue(step, ledger)
    assert len(stored(ledger, receivable)) == 3


def test_the_check_finds_leakage_and_thin_margins(step: RaiseReceivables, ledger: Ledger, tmp_path: Path) -> None:
    import_charges(ledger, tmp_path, "200", row(), row(CustomerId=FABRIKAM))

    def problems(floor: int) -> list[tuple[Problem, str]]:
        with step.engine() as connection:
            facts = step.books.facts(plan(DAY))
            day, _ = compute_day(connection, facts, MatchingPolicy(), mode=Mode.HISTORICAL, is_demo=False)
        return [(one.problem, one.customer_id) for one in check_billing(day.reconciliation, Decimal(floor))]

    assert problems(3) == [(Problem.LEAKAGE, "contoso"), (Problem.LEAKAGE, "fabrikam")]
    issue(step, ledger)
    assert problems(10) == []
    assert problems(11) == [(Problem.LOW_MARGIN, "contoso"), (Problem.LOW_MARGIN, "fabrikam")]
