"""Bank CSV and Stripe reports in the ledger: money counts once, whichever format tells of it, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from csp_receivables import wiring
from csp_receivables.adapters.bank_csv_profiles import BankProfileRefused
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.statements import BankReport
from csp_receivables.settings import Settings
from tests.bank_csv_files import PLAIN, changed, plain, row, stripe, transaction
from tests.camt_files import ACCOUNT, Entry, camt
from tests.steps.test_import_bank import counting, rows_of_all_tables, total
from tests.steps.test_import_bank_formats import codes

PROFILES = [changed(constants={"account": ACCOUNT, "currency": "SEK"})]
CSV = plain(row("100,00", "100,00", ref="A"), row("40,00", "140,00"))
NOTIFIED = camt([Entry(amount="100.00", ref="A")], "camt.054")
STATED = camt([Entry(amount="100.00", ref="A"), Entry(amount="40.00")])
REPORT = stripe(
    transaction("1250.00", "18.75", "1231.25"),
    transaction("-1231.25", "0", "-1231.25", category="payout", charge="")
    | {"balance_transaction_id": "txn_p"},
)  # fmt: skip


def put(ledger: Ledger, folder: Path, *contents: bytes) -> list[BankReport]:
    paths = [folder / f"{place}.txt" for place in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return wiring.import_bank(ledger, paths, profiles=PROFILES)


@pytest.mark.parametrize("content", [CSV, REPORT])
def test_importing_twice_changes_nothing(ledger: Ledger, tmp_path: Path, content: bytes) -> None:
    first = put(ledger, tmp_path, content)[0]
    before = rows_of_all_tables(ledger)
    again = put(ledger, tmp_path, content)[0]

    assert (first.file.outcome, again.file.outcome) == (Outcome.IMPORTED, Outcome.ALREADY_KNOWN)
    assert rows_of_all_tables(ledger) == before


@pytest.mark.parametrize("no_balance", [False, True])
def test_as_the_only_source_of_an_account_it_counts(ledger: Ledger, tmp_path: Path, no_balance: bool) -> None:
    put(ledger, tmp_path, plain(row("100,00"), row("40,00")) if no_balance else CSV)

    assert total(ledger) == 14_000


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_statement_that_proves_outranks_it_in_any_order(ledger: Ledger, tmp_path: Path, order: Sequence[int]) -> None:
    files = [CSV, STATED, NOTIFIED]

    put(ledger, tmp_path, *(files[place] for place in order))

    assert total(ledger) == 14_000
    assert {line.family for line in counting(ledger)} == {"camt.053"}
    assert codes(ledger) == ["bank.second_format"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_it_takes_the_place_of_a_notification(ledger: Ledger, tmp_path: Path, order: Sequence[int]) -> None:
    files = [CSV, NOTIFIED]

    put(ledger, tmp_path, *(files[place] for place in order))

    assert total(ledger) == 14_000
    assert {line.family for line in counting(ledger)} == {"bank_csv"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_only_a_notification_has_is_a_finding(ledger: Ledger, tmp_path: Path, order: Sequence[int]) -> None:
    files = [CSV, camt([Entry(amount="3.00", ref="Z")], "camt.054")]

    put(ledger, tmp_path, *(files[place] for place in order))

    assert total(ledger) == 14_000
    assert codes(ledger) == ["bank.not_in_statement"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_exports_that_overlap_count_each_row_once(ledger: Ledger, tmp_path: Path, order: Sequence[int]) -> None:
    files = [CSV, plain(row("100,00", "100,00", ref="A"), row("40,00", "140,00"), row("40,00", "180,00"))]

    put(ledger, tmp_path, *(files[place] for place in order))

    assert total(ledger) == 18_000


def test_exports_that_follow_each_other_within_a_day_count_equal_rows_twice(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, plain(row("5,00", "5,00")), plain(row("5,00", "10,00")))

    assert total(ledger) == 1_000


def test_a_broken_balance_holds_the_file_until_a_person_accepts_it(ledger: Ledger, tmp_path: Path) -> None:
    report = put(ledger, tmp_path, plain(row("5,00", "5,00"), row("5,00", "11,00")))[0]
    held = total(ledger)
    wiring.accept_statement(ledger, report.statements[0].statement.statement_id, by="Ann", why="the bank confirmed")

    assert (held, total(ledger)) == (0, 1_000)


def test_a_changed_header_refuses_the_file_and_no_other(ledger: Ledger, tmp_path: Path) -> None:
    reports = put(ledger, tmp_path, CSV.replace(b"Amount", b"Belopp"), CSV)

    assert [report.file.outcome for report in reports] == [Outcome.REFUSED, Outcome.IMPORTED]
    assert "missing: Amount; new: Belopp" in reports[0].file.because


def test_a_payout_of_a_provider_leaves_nothing_on_its_clearing_account(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, REPORT)

    lines = counting(ledger, "stripe")
    assert sum(line.amount for line in lines) == 0
    assert sorted((line.kind, line.amount) for line in lines) == [
        ("other", -123_125), ("other", -1_875), ("payment", 125_000),
    ]  # fmt: skip


def test_a_payout_that_differs_is_held_and_the_other_counts(ledger: Ledger, tmp_path: Path) -> None:
    good = transaction("7.00", "0", "7.00", payout="po_2") | {"balance_transaction_id": "txn_9"}
    put(ledger, tmp_path, REPORT.replace(b"-1231.25", b"-1231.20") + stripe(good).split(b"\r\n")[1] + b"\r\n")

    assert [line.amount for line in counting(ledger, "stripe")] == [700]
    with ledger.reading() as connection:
        states = connection.execute(select(tables.statement.c.number, tables.statement.c.state)).all()
    assert sorted(map(tuple, states)) == [("po_1", "held"), ("po_2", "accepted")]


def test_the_shipped_profiles_do_not_touch_other_formats(ledger: Ledger, tmp_path: Path) -> None:
    assert [report.file.taken_for for report in put(ledger, tmp_path, STATED, REPORT)] == [
        "camt.053.001.08", "Stripe payout reconciliation",
    ]  # fmt: skip
    assert PLAIN.names[0] == "Day"


def _home_with_a_statement(folder: Path, fault_in: str) -> Settings:
    """A home with a bank file in its inbox, and a fault in a profile of one folder of `include`."""
    (folder / "include" / fault_in).mkdir(parents=True)
    (folder / "include" / fault_in / "mine.yaml").write_text("profile: mine\n")
    settings = Settings(home=folder, ledger_url="", time_zone=ZoneInfo("UTC"), include=folder / "include")
    wiring.make_home(settings)
    (settings.inbox / "bank" / "camt.xml").write_bytes(STATED)
    return settings


def test_a_fault_in_a_profile_of_accountings_holds_up_no_bank_file(ledger: Ledger, tmp_path: Path) -> None:
    settings = _home_with_a_statement(tmp_path, "accounting")

    [report] = wiring.take_inbox(settings, ledger, "bank", lambda: None)

    assert (report.outcome, total(ledger)) == (Outcome.IMPORTED, 14_000)


def test_a_fault_in_a_banks_profile_is_told_by_its_file_and_line_and_leaves_the_inbox_alone(
    ledger: Ledger, tmp_path: Path
) -> None:
    settings = _home_with_a_statement(tmp_path, "banks")

    with pytest.raises(BankProfileRefused, match=r"mine\.yaml"):
        wiring.take_inbox(settings, ledger, "bank", lambda: None)

    assert [path.name for path in (settings.inbox / "bank").iterdir()] == ["camt.xml"]
