"""The sample month through the real readers, rules and ledger says what its plot says, to the cent, and only once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.day import Day
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.money import to_text
from csp_receivables.domain.run_plan import RunPlan, plan_run
from csp_receivables.settings import Settings

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "include" / "sample"
EXPECTED = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
MORNING = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # six o'clock in Stockholm, the day after the last statement
LINES = {  # what the headline calls it -> what the sample's truth calls it
    "received": "received",
    "returned": "returned",
    "allocated": "allocated",
    "unapplied": "unapplied",
    "open": "open",
    "not due": "not_due",
    "overdue": "overdue",
}


@pytest.fixture
def settings(tmp_path: Path, ledger_url: str) -> Settings:
    return Settings(
        home=tmp_path / "home",
        ledger_url=ledger_url,
        time_zone=ZoneInfo("Europe/Stockholm"),
        fixed_clock=MORNING,
        include=ROOT / "include",
    )


@pytest.fixture
def imported(settings: Settings) -> Iterator[Ledger]:
    """A demo ledger that holds everything of the sample's inbox."""
    ledger = wiring.open_ledger(settings, "demo")
    inbox = SAMPLE / "inbox"
    (customers,) = inbox.glob("accounting/customers-*.csv")
    (receivables,) = inbox.glob("accounting/receivables-*.csv")
    reports = [
        wiring.import_customers(settings, ledger, customers),
        wiring.import_receivables(settings, ledger, receivables),
        *(
            wiring.microsoft_import(settings, ledger).import_file(path)
            for path in sorted(inbox.glob("microsoft/G*.csv*"))
        ),
        *(report.file for report in wiring.import_bank(ledger, sorted(inbox.glob("bank/*.xml")))),
    ]
    assert [report.name for report in reports if report.outcome is not Outcome.IMPORTED] == []
    assert [str(finding) for report in reports for finding in report.findings] == []
    yield ledger
    ledger.engine.dispose()


def _plan(settings: Settings, day: date, *, historical: bool = False) -> RunPlan:
    return plan_run(now=settings.clock(), zone=settings.time_zone, as_of=day, historical=historical)


def _headline(day: Day, currency: str) -> dict[str, str]:
    rows = [row for row in day.summary.to_pylist() if row["currency"] == currency]
    return {row["line"]: to_text(row["amount"], currency) for row in rows}


def _assert_as_expected(day: Day) -> None:
    for currency, truth in EXPECTED["days"][day.as_of.isoformat()].items():
        headline = _headline(day, currency)
        wanted = {line: truth[name] for line, name in LINES.items()}
        wanted |= {f"overdue {bucket}": amount for bucket, amount in truth["overdue_by_bucket"].items()}
        assert {line: headline.get(line, "0.00") for line in wanted} == wanted, currency


def _assert_late_as_expected(day: Day) -> None:
    late = {
        (row["currency"], row["customer_id"]): to_text(row["overdue"], row["currency"]) for row in day.late.to_pylist()
    }
    truth = EXPECTED["days"][day.as_of.isoformat()]
    assert late == {
        (currency, who): owed for currency in truth for who, owed in truth[currency]["late_customers"].items()
    }


def _assert_costs_as_expected(day: Day) -> None:
    costs: dict[str, Decimal] = {}
    for row in day.reconciliation.to_pylist():
        cost = Decimal(to_text(row["cost"], row["currency"]))
        costs[row["vendor_invoice"]] = costs.get(row["vendor_invoice"], Decimal(0)) + cost
    stated = {name: Decimal(invoice["cost"]) for name, invoice in EXPECTED["vendor_invoices"].items()}
    assert {name: cost for name, cost in costs.items() if cost} == stated


def test_the_sample_day_says_what_its_plot_says_and_a_second_run_changes_nothing(
    settings: Settings, imported: Ledger
) -> None:
    # One test, since importing the month takes most of its time.
    live, past = _plan(settings, date(2026, 10, 31)), _plan(settings, date(2026, 10, 30), historical=True)
    first = wiring.reconciler(settings, imported).reconcile(live)
    second = wiring.reconciler(settings, imported).reconcile(live)
    looked = wiring.reconciler(settings, imported).reconcile(past)

    assert (first.allocations.num_rows > 0, second.allocations.num_rows) == (True, 0)
    assert all(row["difference"] == 0 for row in first.day.tie_out.to_pylist())
    assert {(row["currency"], row["state"]) for row in first.day.feeds.to_pylist()} == {
        ("SEK", "fresh"),
        ("EUR", "fresh"),
    }
    for shown in (first.day, second.day, looked.day):
        _assert_as_expected(shown)
        _assert_late_as_expected(shown)
        _assert_costs_as_expected(shown)
