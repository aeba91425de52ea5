"""Customers and receivables in the ledger: once, in any order, on both databases."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS
from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.contacts import LedgerContactBook
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.steps.import_accounting import import_accounting, import_customers, import_receivables
from tests.accounting_exports import (
    OTHER_TENANT,
    TENANT,
    content,
    customer,
    customers_file,
    invoice,
    receivables_file,
    rows_of,
)
from tests.conftest import StandingClock
from tests.examples import examples

READER = AccountingFiles(CANONICAL_FORMS, seller="partner")


def take(ledger: Ledger, path: Path) -> FileReport:
    return import_accounting(path, READER, LedgerCustomerBook(ledger), LedgerReceivableBook(ledger))


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


def mapped(ledger: Ledger) -> list[tuple[str, str, bool]]:
    rows = rows_of(ledger, tables.customer_tenant)
    return [(row["tenant_id"], row["customer_id"], row["mapped"]) for row in rows]


def test_the_same_bytes_count_once_under_any_name(ledger: Ledger, tmp_path: Path) -> None:
    first = take(ledger, receivables_file(tmp_path, invoice(), invoice(number="1002")))
    second = take(ledger, receivables_file(tmp_path, invoice(), invoice(number="1002"), name="again.csv"))

    assert (first.outcome, first.facts, first.new_facts) == (Outcome.IMPORTED, 2, 2)
    assert (second.outcome, second.new_facts) == (Outcome.ALREADY_KNOWN, 0)
    assert len(rows_of(ledger, tables.receivable)) == 2


def test_a_longer_export_adds_only_what_is_new(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, receivables_file(tmp_path, invoice()))

    report = take(ledger, receivables_file(tmp_path, invoice(), invoice(number="1002")))

    assert (report.facts, report.new_facts) == (2, 1)
    assert "receivable.changed" not in codes(report)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_on": "2026-11-30"}, "due_on"),
        ({"customer_id": "C2"}, "customer_id"),
        ({"net": "200.00", "tax": "0", "gross": "200.00"}, "gross"),
        ({"description": "other"}, "lines"),
    ],
)
def test_a_known_number_with_other_values_is_a_finding_and_changes_nothing(
    ledger: Ledger, tmp_path: Path, change: dict[str, str], field: str
) -> None:
    take(ledger, receivables_file(tmp_path, invoice()))
    before = rows_of(ledger, tables.receivable), rows_of(ledger, tables.receivable_line)

    report = take(ledger, receivables_file(tmp_path, invoice(**change), invoice(number="1002")))

    changed = [finding for finding in report.findings if finding.code == "receivable.changed"]
    assert [(finding.field, finding.subject) for finding in changed] == [(field, "partner/1001")]
    after = rows_of(ledger, tables.receivable), rows_of(ledger, tables.receivable_line)
    assert ([after[0][0]], [after[1][0]]) == before
    assert len(after[0]) == 2


def test_a_change_is_told_in_the_amounts_and_names_of_the_file(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, receivables_file(tmp_path, invoice()))

    report = take(ledger, receivables_file(tmp_path, invoice(net="100.50", gross="125.50")))

    [changed] = [finding for finding in report.findings if finding.code == "receivable.changed"]
    assert changed.found.startswith("1001 is known otherwise: gross 125.00 in the ledger, 125.50 in the file; net 100")


def test_an_erasure_is_recorded_also_where_the_ledger_has_no_contact_left(ledger: Ledger, tmp_path: Path) -> None:
    give(ledger, tmp_path, "", "1")

    assert LedgerContactBook(ledger).erase("C1", "A. Nagy", "asked by mail") == 0
    assert [(row["erased_by"], row["contacts"]) for row in rows_of(ledger, tables.contact_erasure)] == [("A. Nagy", 0)]


def test_a_receivable_that_loses_a_line_keeps_its_lines(ledger: Ledger, tmp_path: Path) -> None:
    two = [invoice(line_net="60", line_tax="15"), invoice(line_net="40", line_tax="10")]
    take(ledger, receivables_file(tmp_path, invoice()))

    report = take(ledger, receivables_file(tmp_path, *two))

    assert "receivable.changed" in codes(report)
    assert [(row["line_no"], row["net"]) for row in rows_of(ledger, tables.receivable_line)] == [(1, 10000)]


def test_a_receivable_of_an_unknown_customer_is_owed_and_reported(ledger: Ledger, tmp_path: Path) -> None:
    report = take(ledger, receivables_file(tmp_path, invoice(customer_id="C9")))
    again = take(ledger, customers_file(tmp_path, customer(customer_id="C9")))

    assert report.new_facts == 1
    assert [(f.code, f.customer_id) for f in report.findings] == [("receivable.unknown_customer", "C9")]
    assert again.findings == ()


def test_what_accounting_says_is_open_is_kept_for_each_day_it_speaks_for(
    ledger: Ledger, tmp_path: Path, clock: StandingClock
) -> None:
    said = [("125.00", "2026-10-30"), ("25.00", "2026-10-31"), ("25.00", "2026-10-31"), ("0", "2026-10-31")]
    for number, (amount, day) in enumerate(said):
        clock.now += timedelta(minutes=number)
        take(ledger, receivables_file(tmp_path, invoice(open=amount, stated_on=day), invoice(number=f"2{number}")))

    rows = [row for row in rows_of(ledger, tables.stated_open) if row["receivable_id"] == "partner/1001"]
    assert [(str(row["stated_on"]), row["open_amount"]) for row in rows] == [
        ("2026-10-30", 12500),
        ("2026-10-31", 2500),
        ("2026-10-31", 0),
    ]


def test_a_customer_has_a_new_version_only_when_something_changed(
    ledger: Ledger, tmp_path: Path, clock: StandingClock
) -> None:
    for minute, name in enumerate(["Contoso AB", "Contoso AB", "Contoso Nordic AB"]):
        clock.now += timedelta(minutes=1)
        take(ledger, customers_file(tmp_path, customer(name=name), customer(customer_id=f"X{minute}", tenants="")))

    versions = [row["name"] for row in rows_of(ledger, tables.customer) if row["customer_id"] == "C1"]
    assert versions == ["Contoso AB", "Contoso Nordic AB"]


def test_while_the_clock_stands_still_the_later_word_is_the_newer_version(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, customers_file(tmp_path, customer(name="First", tenants=TENANT)))
    take(ledger, customers_file(tmp_path, customer(name="Second", tenants=OTHER_TENANT)))

    assert [row["name"] for row in rows_of(ledger, tables.customer)] == ["First", "Second"]
    assert mapped(ledger) == [(TENANT, "C1", True), (TENANT, "C1", False), (OTHER_TENANT, "C1", True)]


def test_a_tenant_that_a_customer_no_longer_names_ends_and_may_begin_again(
    ledger: Ledger, tmp_path: Path, clock: StandingClock
) -> None:
    for minute, tenants in enumerate([TENANT.upper(), "", TENANT]):
        clock.now += timedelta(minutes=1)
        take(ledger, customers_file(tmp_path, customer(tenants=tenants, org_number=str(minute))))

    assert mapped(ledger) == [(TENANT, "C1", True), (TENANT, "C1", False), (TENANT, "C1", True)]


def test_a_tenant_of_two_customers_is_held_and_both_mappings_are_kept(ledger: Ledger, tmp_path: Path) -> None:
    report = take(ledger, customers_file(tmp_path, customer(), customer(customer_id="C2")))

    assert [(f.code, f.subject) for f in report.findings] == [("tenant.doubly_mapped", TENANT)]
    assert mapped(ledger) == [(TENANT, "C1", True), (TENANT, "C2", True)]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"tenants": "not-a-guid"}, "tenants"),
        ({"country": "Sweden"}, "country"),
        ({"name": ""}, "name"),
        ({"party_kind": "person"}, "party_kind"),
        ({"language": "Swedish!"}, "language"),
        ({"contacts": "Anna Secret <anna>"}, "contacts"),
    ],
)
def test_a_bad_customer_keeps_its_earlier_version_and_quotes_no_contact(
    ledger: Ledger, tmp_path: Path, bad: dict[str, str], field: str
) -> None:
    take(ledger, customers_file(tmp_path, customer()))

    report = take(ledger, customers_file(tmp_path, customer(**bad), customer(customer_id="C2", tenants="")))

    assert [(f.code, f.field, f.line) for f in report.findings] == [("customer.bad_field", field, 2)]
    assert "Secret" not in str(report.findings)
    assert mapped(ledger) == [(TENANT, "C1", True)]


@pytest.mark.parametrize("bad", [{"customer_id": "C" * 201}, {"contacts": f"a@{'x' * 250}.example"}])
def test_what_no_database_can_look_up_is_a_finding_and_the_others_count(
    ledger: Ledger, tmp_path: Path, bad: dict[str, str]
) -> None:
    report = take(ledger, customers_file(tmp_path, customer(**bad), customer(customer_id="C2", tenants="")))

    assert [(f.code, f.field, f.line) for f in report.findings] == [("customer.bad_field", *bad, 2)]
    assert [row["customer_id"] for row in rows_of(ledger, tables.customer)] == ["C2"]


def test_a_file_of_which_nothing_can_be_read_is_refused_and_may_be_tried_again(ledger: Ledger, tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(net="x"))

    reports = [take(ledger, path), take(ledger, path)]

    assert [report.outcome for report in reports] == [Outcome.REFUSED, Outcome.REFUSED]
    assert [row["outcome"] for row in rows_of(ledger, tables.imported_file)] == ["refused"]
    assert [row["line"] for row in rows_of(ledger, tables.finding)] == [2]


def test_the_wrong_kind_of_file_is_refused_by_name(ledger: Ledger, tmp_path: Path) -> None:
    customers, receivables = customers_file(tmp_path, customer()), receivables_file(tmp_path, invoice())

    first = import_customers(receivables, READER, LedgerCustomerBook(ledger))
    second = import_receivables(customers, READER, LedgerReceivableBook(ledger))

    assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert "this is a file of receivables, not of customers" in first.because
    assert "this is a file of customers, not of receivables" in second.because


def contacts(ledger: Ledger) -> list[str]:
    return [row["email"] for row in rows_of(ledger, tables.contact)]


def give(ledger: Ledger, folder: Path, contacts: str, org_number: str) -> FileReport:
    return take(ledger, customers_file(folder, customer(contacts=contacts, org_number=org_number)))


def test_only_the_contacts_of_the_newest_file_are_kept(ledger: Ledger, tmp_path: Path) -> None:
    give(ledger, tmp_path, "a@x.example|Ann|billing;B@x.example", "1")
    give(ledger, tmp_path, "b@x.example|Bo", "2")

    assert [(r["email"], r["name"]) for r in rows_of(ledger, tables.contact)] == [("b@x.example", "Bo")]


def test_an_erased_contact_stays_away_until_it_is_newly_given(ledger: Ledger, tmp_path: Path) -> None:
    give(ledger, tmp_path, "a@x.example;b@x.example", "1")

    assert LedgerContactBook(ledger).erase("C1", "A. Nagy", "asked by mail") == 2
    assert contacts(ledger) == []
    erased = rows_of(ledger, tables.contact_erasure)
    assert [(row["erased_by"], row["why"], row["contacts"]) for row in erased] == [("A. Nagy", "asked by mail", 2)]

    give(ledger, tmp_path, "a@x.example;b@x.example;new@x.example", "2")
    assert contacts(ledger) == ["new@x.example"]

    give(ledger, tmp_path, "b@x.example;new@x.example", "3")  # a is gone from accounting too
    give(ledger, tmp_path, "a@x.example;b@x.example;new@x.example", "4")
    assert contacts(ledger) == ["a@x.example", "new@x.example"]


def test_no_address_is_left_in_the_ledger_after_an_erasure(ledger: Ledger, tmp_path: Path) -> None:
    give(ledger, tmp_path, "anna.secret@x.example|Anna Secret", "1")
    LedgerContactBook(ledger).erase("C1", "A. Nagy", "asked by mail")
    give(ledger, tmp_path, "anna.secret@x.example|Anna Secret", "2")

    everything = str([rows_of(ledger, table) for table in tables.metadata.sorted_tables])
    assert "ecret" not in everything


CUSTOMERS = [
    customer(customer_id=f"C{n}", tenants=TENANT if n < 2 else "", contacts=f"c{n}@x.example") for n in range(4)
]
RECEIVABLES = [
    row
    for n in range(4)
    for row in (
        invoice(number=str(n), customer_id=f"C{n + 1}", line_net="60", line_tax="15", open="5", stated_on="2026-10-31"),
        invoice(number=str(n), customer_id=f"C{n + 1}", line_net="40", line_tax="10", open="5", stated_on="2026-10-31"),
    )
]
FILES = [
    ("customers", CUSTOMERS[:2]),
    ("customers", CUSTOMERS[1:]),
    ("receivables", RECEIVABLES[:4]),
    ("receivables", RECEIVABLES[2:]),
    ("receivables", [*RECEIVABLES[4:6], invoice(number="bad", gross="1")]),
]


@examples(6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 4), max_size=6), rest=st.permutations(range(5)))
def test_any_order_and_repetition_of_files_gives_the_same_books(
    new_ledger: Callable[[], Ledger], order: list[int], rest: list[int]
) -> None:
    def after(places: list[int]) -> dict[str, object]:
        ledger = new_ledger()
        with tempfile.TemporaryDirectory() as folder:
            for place in places:
                kind, rows = FILES[place]
                write = customers_file if kind == "customers" else receivables_file
                take(ledger, write(Path(folder), *rows, name=f"{place}.csv"))
        books = content(ledger)
        ledger.engine.dispose()
        return dict(books)

    assert after([*order, *rest]) == after([0, 1, 2, 3, 4])
