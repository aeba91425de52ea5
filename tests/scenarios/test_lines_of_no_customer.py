"""A provider's report and the bank's statement, read from files: the payout cancels out, what is behind it stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from csp_receivables import wiring
from csp_receivables.adapters.bank_line_policy import BankLinePolicyRefused
from csp_receivables.domain.day import Day
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings
from tests.bank_csv_files import stripe, transaction
from tests.camt_files import Detail, Entry, camt

ARRIVES = date(2026, 10, 17)  # when the payout takes effect
CHARGE = transaction("1250.00", "18.75", "1231.25")
PAYOUT = transaction("-1231.25", "0.00", "-1231.25", number=9, category="payout", charge="")


@pytest.fixture
def settings(tmp_path: Path, ledger_url: str) -> Settings:
    (tmp_path / "include" / "policies").mkdir(parents=True)
    return Settings(
        home=tmp_path / "home",
        ledger_url=ledger_url,
        time_zone=ZoneInfo("Europe/Stockholm"),
        fixed_clock=datetime(2026, 10, 18, 5, 0, tzinfo=UTC),
        include=tmp_path / "include",
    )


def day_of(settings: Settings, folder: Path, credit: str) -> Day:
    """The day after a payout of 1231.25 and a credit of the bank that names it."""
    entry = Entry(amount=credit, ref="A", booked_on=ARRIVES, details=[Detail(amount=credit, text="STRIPE PAYOUT po_1")])
    bank = camt([entry], first=ARRIVES, last=ARRIVES)
    paths = [folder / "stripe.csv", folder / "bank.xml"]
    for path, content in zip(paths, (stripe(CHARGE, PAYOUT), bank), strict=True):
        path.write_bytes(content)
    ledger = wiring.open_ledger(settings)
    reports = wiring.import_bank(ledger, paths)
    assert [report.file.findings for report in reports] == [(), ()]
    plan = plan_run(now=settings.clock(), zone=settings.time_zone, as_of=ARRIVES, historical=True)
    day = wiring.reconciler(settings, ledger).look(plan).day
    ledger.engine.dispose()
    assert {row["difference"] for row in day.tie_out.to_pylist()} == {0}
    return day


def test_the_payout_of_a_report_and_the_credit_that_names_it_cancel_out(settings: Settings, tmp_path: Path) -> None:
    day = day_of(settings, tmp_path, "1231.25")

    lines = [(row["amount"], row["kind"]) for row in day.not_customer_money.to_pylist()]
    assert sorted(lines) == [(-123_125, "provider_payout"), (-1_875, "other"), (123_125, "provider_payout")]
    assert day.unapplied["amount"].to_pylist() == [125_000]  # the charge: nobody billed it in this world


def test_a_credit_that_differs_by_a_cent_stays_unapplied_and_is_told(settings: Settings, tmp_path: Path) -> None:
    day = day_of(settings, tmp_path, "1231.24")

    assert sorted(day.unapplied["amount"].to_pylist()) == [123_124, 125_000]
    (told,) = [row["found"] for row in day.findings.to_pylist() if row["code"] == "payment.payout_unclear"]
    assert "po_1 of 2026-10-17 is 1231.25 SEK, 0.01 off" in told


def test_a_policy_that_is_wrong_stops_the_day_before_anything_is_booked(settings: Settings) -> None:
    policy = settings.include / "policies" / "bank_lines.yaml"
    policy.write_text("rules:\n  - name: a\n    whem: {}\n", encoding="utf-8")
    ledger = wiring.open_ledger(settings)

    with pytest.raises(BankLinePolicyRefused, match=r"bank_lines.yaml:3: rules.0.whem: .*Unknown key"):
        wiring.reconciler(settings, ledger)

    assert BankLinePolicyRefused in wiring.REFUSALS
    ledger.engine.dispose()
