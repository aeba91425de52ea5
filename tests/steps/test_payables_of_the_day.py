"""Payables in the daily reconciliation: an alarm is a finding of the day, kept once, and gone when all is paid."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.books import LedgerBooks
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.microsoft_tables import vendor_payment
from csp_receivables.adapters.ledger.tables import finding
from csp_receivables.adapters.ledger.vendor_words import keep_words
from csp_receivables.adapters.tables import content_digest
from csp_receivables.domain.escalation.items import ReportKind, Section
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.payables.words import VendorWords
from csp_receivables.steps.reconcile import Reconciler
from tests.conftest import StandingClock
from tests.escalation_desk import EscalationDesk
from tests.ledgers_with_debtors import YESTERDAY, historical, live, rows_of
from tests.letters import STOCKHOLM

INVOICED = YESTERDAY - timedelta(days=100)  # so it is forty days past due


@pytest.fixture
def reconciler(ledger: Ledger, tmp_path: Path) -> Reconciler:
    """Of a partner whom Microsoft told of one invoice of 1,000.00 euros."""
    with ledger.writing() as writing:
        keep_words(writing, [words()])
    return Reconciler(
        books=LedgerBooks(ledger, STOCKHOLM),
        engine=lambda: engine(tmp_path / "spill"),
        policy=MatchingPolicy(),
        digest=content_digest,
        is_still_live=lambda _: True,
    )


def words() -> VendorWords:
    return VendorWords(
        invoice_id="G000000001",
        document_type="invoice",
        amends="",
        currency="EUR",
        invoiced_on=INVOICED,
        total=100_000,
        paid=None,
    )


def pay_microsoft(ledger: Ledger, on: date) -> None:
    row = {"payment_id": "V1", "paid_on": on, "currency": "EUR", "amount": 100_000, "invoice_id": "", "reference": ""}
    with ledger.writing() as writing:
        rows = pa.Table.from_pylist([row], VENDOR_PAYMENT)
        insert_new(writing.connection, vendor_payment, rows, file_digest="", recorded_at=writing.recorded_at)


def alarms(day_findings: pa.Table) -> list[tuple[str, str]]:
    rows = day_findings.to_pylist()
    return [(row["code"], row["finding_id"]) for row in rows if row["code"].startswith("payable.")]


def kept(ledger: Ledger) -> list[tuple[object, ...]]:
    return sorted(row for row in rows_of(ledger, finding, "code", "finding_id") if str(row[0]).startswith("payable."))


def test_an_alarm_is_kept_once_and_is_gone_when_the_invoice_is_paid(
    reconciler: Reconciler, ledger: Ledger, clock: StandingClock
) -> None:
    first = alarms(reconciler.reconcile(live(YESTERDAY)).day.findings)
    clock.now += timedelta(days=1)
    second = alarms(reconciler.reconcile(live(YESTERDAY + timedelta(days=1))).day.findings)

    assert [code for code, _ in first] == ["payable.overdue"]
    assert second == first
    assert kept(ledger) == first

    pay_microsoft(ledger, YESTERDAY + timedelta(days=1))
    assert alarms(reconciler.reconcile(live(YESTERDAY + timedelta(days=1))).day.findings) == []


def test_the_alarm_changes_before_selling_is_blocked(reconciler: Reconciler, clock: StandingClock) -> None:
    codes = []
    for days in (6, 7, 20, 21):
        clock.now += timedelta(days=30)
        codes += [code for code, _ in alarms(reconciler.look(live(YESTERDAY + timedelta(days=days))).day.findings)]

    assert codes == ["payable.overdue", "payable.nearly_blocked", "payable.nearly_blocked", "payable.blocked"]


def test_a_historical_run_tells_the_same_and_keeps_nothing(reconciler: Reconciler, ledger: Ledger) -> None:
    assert [code for code, _ in alarms(reconciler.reconcile(historical(YESTERDAY)).day.findings)] == ["payable.overdue"]
    assert kept(ledger) == []


def test_the_escalation_report_tells_treasury_since_when(
    reconciler: Reconciler, ledger: Ledger, clock: StandingClock, tmp_path: Path
) -> None:
    reconciler.reconcile(live(YESTERDAY))
    clock.now += timedelta(days=3)

    report = EscalationDesk(ledger, tmp_path).reporter().look(ReportKind.DAILY, live(YESTERDAY + timedelta(days=3)))

    [item] = report.of(Section.OWN_DUES)
    assert (item.key, item.amount, item.currency) == ("G000000001", 100_000, "EUR")
    assert item.age_days > 0
    assert [each.key for each in report.of(Section.FINDINGS) if each.key.startswith("payable")] == []
