"""Daily usage explains and never adds; a legacy invoice is both its files; a new version replaces the old."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake_tables import LakeTables
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.charge_book import LedgerChargeBook
from csp_receivables.adapters.ledger.invoice_parts import LedgerInvoiceParts
from csp_receivables.adapters.ledger.microsoft_tables import invoice_part, usage_detail
from csp_receivables.adapters.ledger.tables import customer_cost
from csp_receivables.domain.day import Mode
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.settings import Settings
from csp_receivables.steps.look_at_charges import ChargeLook, NothingToLookAt, look_at_readiness, say_it_is_all
from tests.adapters.microsoft_files.other_forms import (
    legacy_used,
    licensed,
    used,
    write_legacy_usage,
    write_licenses,
    write_usage,
)
from tests.adapters.microsoft_files.recon_files import FABRIKAM, row, write
from tests.steps.test_import_microsoft import importer, parts, stored

D1 = "D02005YFHI"


def look(ledger: Ledger, folder: Path) -> ChargeLook:
    return ChargeLook(
        book=LedgerChargeBook(ledger),
        tables=LakeTables(root=folder / "lake"),
        engine=lambda: engine(folder / "spill"),
    )


def newest(ledger: Ledger) -> dict[str, object]:
    return max(stored(ledger), key=lambda one: str(one["recorded_at"]))


def test_daily_usage_adds_nothing_to_what_an_invoice_costs(ledger: Ledger, tmp_path: Path) -> None:
    importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))
    before = stored(ledger), stored(ledger, customer_cost)

    report = importer(ledger, tmp_path).import_file(write_usage(tmp_path, [used(), used(BillingPreTaxTotal="0.005")]))

    assert (report.outcome, report.new_facts, report.findings) == (Outcome.IMPORTED, 2, ())
    assert (stored(ledger), stored(ledger, customer_cost)) == before
    [detail] = stored(ledger, usage_detail)
    assert (detail["invoice_id"], detail["lines"], detail["pre_tax"]) == ("G000000001", 2, 101)
    assert sorted(name.split("/")[0] for name in parts(tmp_path)) == ["charges", "usage"]


def test_the_same_usage_twice_changes_nothing_and_new_usage_replaces_it(ledger: Ledger, tmp_path: Path) -> None:
    path = write_usage(tmp_path, [used()])
    importer(ledger, tmp_path).import_file(path)

    assert importer(ledger, tmp_path).import_file(path).outcome is Outcome.ALREADY_KNOWN
    importer(ledger, tmp_path).import_file(write_usage(tmp_path, [used(BillingPreTaxTotal="3")]))

    [change] = look(ledger, tmp_path).difference("G000000001", usage=True).changes
    assert (change.before, change.after, change.difference) == (100, 300, 200)


def test_usage_is_compared_with_its_charges_as_information(ledger: Ledger, tmp_path: Path) -> None:
    charged = row(SubscriptionId="plan-1", ProductName="Virtual Machines", Subtotal="1.00", Total="1.00")
    other = row(SubscriptionId="licence", ProductName="E3")
    importer(ledger, tmp_path).import_file(write(tmp_path, [charged, other]))
    importer(ledger, tmp_path).import_file(
        write_usage(tmp_path, [used(BillingPreTaxTotal="1.0049"), used(ProductName="Storage")])
    )

    storage, machines = look(ledger, tmp_path).usage("G000000001")
    assert (machines.product, machines.difference, machines.is_rounding) == ("Virtual Machines", 0, True)
    assert (storage.product, storage.difference, storage.is_rounding) == ("Storage", -100, False)


@pytest.mark.parametrize("first", ["licences", "usage"])
def test_a_legacy_invoice_is_both_its_files_in_any_order(first: str, ledger: Ledger, tmp_path: Path) -> None:
    days = {"invoiceDate": "2026-10-20T00:00:00Z"}
    stated = {"id": D1, "totalCharges": 11.5, "currencyCode": "EUR", **days}
    (tmp_path / f"{D1}.invoice.json").write_text(json.dumps(stated))
    files = [write_licenses(tmp_path, [licensed()]), write_legacy_usage(tmp_path, [legacy_used()])]
    step = importer(ledger, tmp_path)

    for path in files if first == "licences" else reversed(files):
        step.import_file(path)

    half, whole = sorted(stored(ledger), key=lambda one: str(one["recorded_at"]))
    assert (half["tie_out"], half["released"]) == ("differs", False)
    assert (whole["tie_out"], whole["released"], whole["pre_tax"]) == ("ties", True, 1150)
    assert (whole["invoiced_on"], whole["due_on"]) == (date(2026, 10, 20), date(2026, 12, 19))
    assert sum(one["pre_tax"] for one in stored(ledger, customer_cost) if one["version"] == whole["version"]) == 1150
    assert [step.import_file(path).outcome for path in files] == [Outcome.ALREADY_KNOWN] * 2
    assert newest(ledger) == whole


def test_a_legacy_part_made_again_replaces_its_own_lines_only(ledger: Ledger, tmp_path: Path) -> None:
    step = importer(ledger, tmp_path)
    step.import_file(write_licenses(tmp_path, [licensed()]))
    step.import_file(write_legacy_usage(tmp_path, [legacy_used()]))

    step.import_file(write_licenses(tmp_path, [licensed(Subtotal="5", TotalForCustomer="5")]))

    assert newest(ledger)["pre_tax"] == 550


def test_an_unreadable_line_of_one_legacy_part_still_holds_both(ledger: Ledger, tmp_path: Path) -> None:
    step = importer(ledger, tmp_path)
    step.import_file(write_licenses(tmp_path, [licensed(), licensed(Subtotal="n/a")]))

    step.import_file(write_legacy_usage(tmp_path, [legacy_used()]))

    assert (newest(ledger)["released"], newest(ledger)["pre_tax"]) == (False, 1150)


def test_a_difference_says_what_changed_for_whom(ledger: Ledger, tmp_path: Path) -> None:
    step = importer(ledger, tmp_path)
    step.import_file(write(tmp_path, [row(), row(CustomerId=FABRIKAM, CustomerName="Fabrikam")]))
    again = [row(), row(CustomerId=FABRIKAM, CustomerName="Fabrikam", Subtotal="90", Total="90"), row(SkuName="new")]
    step.import_file(write(tmp_path, again))

    found = look(ledger, tmp_path).difference("G000000001")

    assert [(one.customer_name, one.product, one.before, one.after) for one in found.changes] == [
        ("Contoso", "new", 0, 10_000),
        ("Fabrikam", "", 10_000, 9_000),
    ]
    assert sum(one.difference for one in found.changes) == found.after.pre_tax - found.before.pre_tax


def test_a_difference_needs_two_versions(ledger: Ledger, tmp_path: Path) -> None:
    importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    with pytest.raises(NothingToLookAt, match="has one version"):
        look(ledger, tmp_path).difference("G000000001")
    with pytest.raises(NothingToLookAt, match="has no daily usage"):
        look(ledger, tmp_path).usage("G000000001")


def test_usage_in_two_currencies_is_refused_and_its_invoice_stays(ledger: Ledger, tmp_path: Path) -> None:
    importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    report = importer(ledger, tmp_path).import_file(write_usage(tmp_path, [used(), used(BillingCurrency="SEK")]))

    assert [one.code for one in report.findings] == ["microsoft.usage_refused"]
    assert stored(ledger, usage_detail) == [] and len(stored(ledger)) == 1


def ready(ledger: Ledger) -> dict[str, str]:
    books = LedgerBooks(ledger, Settings.from_environment({}).time_zone)
    plan = RunPlan(as_of=date(2026, 11, 20), known_at=None, mode=Mode.HISTORICAL, because="a test")
    return {one.invoice_id: one.readiness.value for one in look_at_readiness(plan, books) if one.invoice_id}


def test_half_a_legacy_invoice_waits_for_the_other_file_or_a_persons_word(ledger: Ledger, tmp_path: Path) -> None:
    known, ada = LedgerInvoiceParts(ledger), Person(name="Ada", why="we have had no Azure since 2024")
    with pytest.raises(NothingToLookAt, match="no legacy invoice"):
        say_it_is_all(known, D1, ada)
    importer(ledger, tmp_path).import_file(write_licenses(tmp_path, [licensed()]))
    assert ready(ledger) == {D1: "partial"}

    assert say_it_is_all(known, D1, ada) == "usage"

    assert ready(ledger) == {D1: "unproved"}
    assert [(one["kind"], one["said_by"]) for one in stored(ledger, invoice_part)] == [
        ("legacy_license", ""),
        ("legacy_usage", "Ada"),
    ]
    with pytest.raises(NothingToLookAt, match="both its files"):
        say_it_is_all(known, D1, ada)


def test_both_files_of_a_legacy_invoice_wait_for_nothing(ledger: Ledger, tmp_path: Path) -> None:
    step = importer(ledger, tmp_path)
    step.import_file(write_licenses(tmp_path, [licensed()]))
    step.import_file(write_legacy_usage(tmp_path, [legacy_used()]))

    assert ready(ledger) == {D1: "unproved"}
