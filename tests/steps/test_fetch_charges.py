"""Fetching from Microsoft into lake and ledger over HTTP: legacy lists of charges, and daily usage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from csp_receivables import microsoft_wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.microsoft_tables import charge_fetch, usage_detail
from csp_receivables.adapters.ledger.tables import customer_cost, finding, vendor_invoice
from csp_receivables.adapters.partner_center.reader import Reader, open_reader
from csp_receivables.domain.microsoft.exports import Manifest
from csp_receivables.domain.microsoft.fetches import Fetched, FetchKind, FetchOutcome, unread_findings, version_of
from csp_receivables.domain.microsoft.invoices import ListedInvoice
from csp_receivables.settings import Settings
from csp_receivables.steps.fetch_charges import ChargeFetch
from emulator.charges import of_rows
from emulator.faults import Wanted
from emulator.server import Emulator
from emulator.state import Invoice
from tests.adapters.microsoft_files.other_forms import used
from tests.adapters.microsoft_files.recon_files import row
from tests.emulator.serving import LEGACY, empty_world, legacy_usage, licence, with_legacy_invoice
from tests.microsoft_server import Waiting, identity
from tests.steps.test_import_microsoft import parts, stored


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Emulator:
    served.world = with_legacy_invoice(empty_world())
    return served


@pytest.fixture
def waiting(emulator: Emulator) -> Waiting:
    waiting = Waiting()
    waiting.now = emulator.world.clock.now
    return waiting


@pytest.fixture
def reader(emulator: Emulator, waiting: Waiting) -> Iterator[Reader]:
    opened = open_reader(identity(emulator.url), waiting.manners)
    yield opened
    opened.close()


@pytest.fixture
def night(ledger: Ledger, reader: Reader, waiting: Waiting, tmp_path: Path) -> Night:
    return Night(ledger, reader, waiting, tmp_path)


class Night:
    """One night's fetch after another, in the emulator's time."""

    def __init__(self, ledger: Ledger, reader: Reader, waiting: Waiting, home: Path) -> None:
        self.ledger, self.reader, self.waiting, self.home = ledger, reader, waiting, home

    def step(self, kind: FetchKind = FetchKind.CHARGES) -> ChargeFetch:
        clock = self.waiting.now.isoformat()
        settings = Settings.from_environment({"CSP_HOME": str(self.home), "CSP_CLOCK": clock})
        wait = lambda pause: self.waiting.sleep(pause.total_seconds())  # noqa: E731
        return microsoft_wiring.charge_fetch(settings, self.ledger, self.reader, wait, kind)

    def due(self, kind: FetchKind = FetchKind.CHARGES) -> list[ListedInvoice]:
        step = self.step(kind)
        return list(step.due(step.listed()))

    def fetch(self, kind: FetchKind = FetchKind.CHARGES) -> list[Fetched]:
        step = self.step(kind)
        return [step.fetch(each) for each in step.due(step.listed())]

    def codes(self) -> set[str]:
        return {str(each["code"]) for each in stored(self.ledger, finding)}


def newest(ledger: Ledger) -> dict[str, object]:
    return max(stored(ledger, vendor_invoice), key=lambda one: str(one["recorded_at"]))


def test_a_legacy_invoice_is_all_its_lists_and_ties(night: Night, emulator: Emulator) -> None:
    (fetched,) = night.fetch()

    assert (fetched.invoice_id, fetched.outcome, fetched.new_facts) == (LEGACY, FetchOutcome.IMPORTED, 4)
    invoice = newest(night.ledger)
    assert (invoice["tie_out"], invoice["released"], invoice["pre_tax"]) == ("ties", True, 3350)
    costs = [one for one in stored(night.ledger, customer_cost) if one["version"] == invoice["version"]]
    assert sum(one["pre_tax"] for one in costs) == 3350
    kept = {name: lines for name, lines in parts(night.home).items() if str(invoice["charges_path"]) in name}
    assert sorted(kept.values()) == [1, 3]
    assert night.codes() == set()  # nobody is told that half of it does not tie
    asked = [entry.path for entry in emulator.world.log.entries]
    assert not any("export" in path for path in asked)


def test_lists_are_fetched_by_pages_and_streamed(night: Night, emulator: Emulator) -> None:
    emulator.world.line_items[LEGACY, "office", "billinglineitems"] = [licence(number) for number in range(4_500)]
    emulator.world.invoices[LEGACY].document["totalCharges"] = 11 * 4_500 + 0.5

    (fetched,) = night.fetch()

    pages = [entry for entry in emulator.world.log.entries if "lineitems" in entry.path]
    assert (len(pages), fetched.new_facts) == (4, 4_501)  # three of licences, one of usage
    assert newest(night.ledger)["tie_out"] == "ties"


def test_the_same_lists_again_change_nothing_and_new_ones_replace_them(night: Night, emulator: Emulator) -> None:
    night.fetch()
    before = stored(night.ledger), stored(night.ledger, charge_fetch), parts(night.home)

    (again,) = night.fetch()

    assert (again.outcome, again.new_facts) == (FetchOutcome.UNCHANGED, 0)
    assert (stored(night.ledger), stored(night.ledger, charge_fetch), parts(night.home)) == before

    emulator.world.line_items[LEGACY, "office", "billinglineitems"] = [licence(subtotal=30.0, totalForCustomer=30.0)]
    emulator.world.invoices[LEGACY].document["totalCharges"] = 30.5
    (changed,) = night.fetch()

    assert changed.outcome is FetchOutcome.IMPORTED
    assert (newest(night.ledger)["pre_tax"], newest(night.ledger)["tie_out"]) == (3050, "ties")
    assert night.codes() == set()


def test_another_total_alone_is_told(night: Night, emulator: Emulator) -> None:
    night.fetch()
    emulator.world.invoices[LEGACY].document["totalCharges"] = 99.0

    night.fetch()

    assert (newest(night.ledger)["tie_out"], newest(night.ledger)["released"]) == ("differs", False)
    assert night.codes() == {"microsoft.invoice_does_not_tie"}


@pytest.mark.parametrize("lost", ["office", "azure"])
def test_a_list_that_is_not_there_is_told_by_the_tie_out(night: Night, emulator: Emulator, lost: str) -> None:
    emulator.world.line_items[LEGACY, lost, "billinglineitems"] = []

    (fetched,) = night.fetch()

    assert fetched.outcome is FetchOutcome.IMPORTED
    assert newest(night.ledger)["released"] is False
    assert night.codes() == {"microsoft.invoice_does_not_tie"}


def test_a_crash_between_the_two_lists_is_mended_by_the_next_night(night: Night) -> None:
    step = night.step()
    (invoice,) = step.due(step.listed())
    records = [step._download_list(invoice, each) for each in invoice.legacy_lists]
    step.import_parts.__self__._import_file(records[0], is_last=False)  # type: ignore[attr-defined]
    assert (newest(night.ledger)["released"], night.codes()) == (False, set())

    (fetched,) = night.fetch()

    assert (fetched.outcome, newest(night.ledger)["tie_out"], night.codes()) == (FetchOutcome.IMPORTED, "ties", set())


@pytest.mark.parametrize(("days", "outcome", "codes"), [
    (10, FetchOutcome.ANOTHER_DAY, set()),
    (11, FetchOutcome.GIVEN_UP, {"microsoft.no_charges"}),
])  # fmt: skip
def test_empty_lists_are_waited_for_until_the_eleventh_day(
    night: Night, emulator: Emulator, days: int, outcome: FetchOutcome, codes: set[str]
) -> None:
    emulator.world.line_items.clear()
    emulator.world.line_items[LEGACY, "office", "billinglineitems"] = []
    issued = emulator.world.clock.now.replace(hour=0)
    night.waiting.now = issued + timedelta(days=days)

    (fetched,) = night.fetch()

    assert (fetched.outcome, night.codes()) == (outcome, codes)
    assert bool(night.due()) is (outcome is FetchOutcome.ANOTHER_DAY)


@pytest.mark.parametrize(("days", "is_due"), [(10, True), (11, False)])
def test_a_legacy_invoice_is_read_again_for_eleven_days(
    night: Night, emulator: Emulator, days: int, is_due: bool
) -> None:
    night.fetch()

    night.waiting.now = emulator.world.clock.now.replace(hour=0) + timedelta(days=days)

    assert bool(night.due()) is is_due


def test_a_list_that_can_not_be_read_refuses_by_name(night: Night, emulator: Emulator) -> None:
    emulator.world.line_items[LEGACY, "office", "billinglineitems"] = [{"what": "is this"}]

    (fetched,) = night.fetch()

    assert (fetched.outcome, fetched.needs_a_person) == (FetchOutcome.REFUSED, True)
    assert newest(night.ledger)["released"] is False


def test_an_invoice_whose_id_no_pattern_knows_goes_by_its_record(night: Night, emulator: Emulator) -> None:
    world = emulator.world
    odd = json.loads(json.dumps(world.invoices.pop(LEGACY).document)) | {"id": "1234000000", "totalCharges": 11.5}
    world.invoices["1234000000"] = Invoice(document=odd)
    world.line_items.clear()
    world.line_items["1234000000", "office", "billinglineitems"] = [licence()]
    world.line_items["1234000000", "azure", "billinglineitems"] = [legacy_usage(invoiceNumber="1234000000")]

    night.fetch()

    assert (newest(night.ledger)["invoice_id"], newest(night.ledger)["tie_out"]) == ("1234000000", "ties")


G1 = "G000000001"
USAGE = FetchKind.DAILY_USAGE


def with_new_commerce(emulator: Emulator, *lists: str) -> None:
    """One invoice of new commerce with charges of 100.00 EUR, which names these lists."""
    world = emulator.world = empty_world()
    named = [{"invoiceLineItemType": each, "billingProvider": "one_time"} for each in lists]
    document = {
        "id": G1, "invoiceDate": "2026-11-07T00:00:00Z", "totalCharges": 100, "currencyCode": "EUR",
        "documentType": "invoice", "invoiceType": "OneTime", "invoiceDetails": named,
    }  # fmt: skip
    world.invoices[G1] = Invoice(document=document)
    world.charges["reconciliation", G1] = of_rows([row()])


def test_daily_usage_is_fetched_beside_its_charges(night: Night, emulator: Emulator) -> None:
    with_new_commerce(emulator, "billing_line_items", "usage_line_items")
    emulator.world.charges["usage", G1] = of_rows([used(), used(BillingPreTaxTotal="0.005")])

    (charges,), (usage,) = night.fetch(), night.fetch(USAGE)

    assert (charges.outcome, usage.outcome, usage.new_facts) == (FetchOutcome.IMPORTED, FetchOutcome.IMPORTED, 2)
    [detail] = stored(night.ledger, usage_detail)
    assert (detail["invoice_id"], detail["pre_tax"]) == (G1, 101)
    assert [one["pre_tax"] for one in stored(night.ledger)] == [10_000]  # what is owed is the charges alone
    assert sum(one["pre_tax"] for one in stored(night.ledger, customer_cost)) == 10_000
    assert {one["invoice_id"] for one in stored(night.ledger, charge_fetch)} == {G1, f"{G1}:daily_usage"}
    assert [night.fetch()[0].outcome, night.fetch(USAGE)[0].outcome] == [FetchOutcome.UNCHANGED] * 2


@pytest.mark.parametrize("kind", ["", "truncated", "sas_expired", "closed_before", "gzip_cut"])
def test_many_blobs_come_some_at_once_and_whole(night: Night, emulator: Emulator, kind: str) -> None:
    with_new_commerce(emulator)
    emulator.world.charges["reconciliation", G1] = of_rows([row(SkuName=str(number)) for number in range(12)])
    emulator.world.behaviour = replace(emulator.world.behaviour, lines_per_blob=1)
    if kind:
        emulator.world.faults.want(Wanted(kind=kind, path="/blobs/", times=3))

    (fetched,) = night.fetch()

    assert (fetched.outcome, fetched.new_facts) == (FetchOutcome.IMPORTED, 12)
    assert emulator.world.faults.struck[kind] == (3 if kind else 0)
    assert newest(night.ledger)["pre_tax"] == 120_000


def test_charges_and_usage_under_one_etag_stay_apart(night: Night, emulator: Emulator) -> None:
    with_new_commerce(emulator)
    emulator.world.charges["usage", G1] = of_rows([used()])
    same = Manifest(manifest_id="m", etag="same", root=emulator.url, blobs=(), access="")
    invoice = night.due()[0]

    assert version_of(same.etag, invoice) != version_of(same.etag, invoice, USAGE)


@pytest.mark.parametrize("days", [10, 11])
def test_an_invoice_without_daily_usage_needs_nobody(night: Night, emulator: Emulator, days: int) -> None:
    with_new_commerce(emulator)
    night.waiting.now = datetime(2026, 11, 7, tzinfo=UTC) + timedelta(days=days)

    (fetched,) = night.fetch(USAGE)

    assert fetched.outcome is (FetchOutcome.ANOTHER_DAY if days < 11 else FetchOutcome.GIVEN_UP)
    assert (fetched.needs_a_person, night.codes(), bool(night.due(USAGE))) == (False, set(), days < 11)
    assert [each.invoice_id for each in night.due()] == [G1]  # the charges' own fetch is not touched


@pytest.mark.parametrize(("lists", "wanted"), [
    ((), [G1]),  # nothing named: there may be some
    (("billing_line_items", "usage_line_items"), [G1]),
    (("billing_line_items",), []),
])  # fmt: skip
def test_usage_is_asked_for_where_there_may_be_some(
    night: Night, emulator: Emulator, lists: tuple[str, ...], wanted: list[str]
) -> None:
    with_new_commerce(emulator, *lists)

    assert [each.invoice_id for each in night.due(USAGE)] == wanted


def test_a_legacy_invoice_has_no_daily_usage_of_its_own(night: Night) -> None:
    assert night.due(USAGE) == []


def test_lists_of_an_unknown_provider_are_told(night: Night, emulator: Emulator) -> None:
    details = emulator.world.invoices[LEGACY].document["invoiceDetails"]
    assert unread_findings(night.due()) == ()

    details.append({"invoiceLineItemType": "billing_line_items", "billingProvider": "azure_data_market"})
    (told,) = unread_findings(night.due())

    assert (told.code, told.subject) == ("microsoft.unread_charges", LEGACY)
    assert "azuredatamarket" in told.found
