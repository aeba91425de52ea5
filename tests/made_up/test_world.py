"""A made-up world is coherent: the same from the same seed, read by our readers without a doubt, its truth complete."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from csp_receivables import wiring, worlds_wiring
from csp_receivables.adapters.bank_files import reader_of, readers
from csp_receivables.adapters.worlds import WorldFolder
from csp_receivables.domain.accuracy import TRUTH
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.payment_ids import no_equals_before
from csp_receivables.domain.statements import Statement
from csp_receivables.made_up.accounts import ACCOUNTS
from csp_receivables.made_up.world import generate
from csp_receivables.settings import Settings

CUSTOMERS, MONTHS, SEED = 120, 3, 11
FAMILIES = {"camt.053", "camt.054", "mt940", "bai2", "bgmax", "nets_ocr", "bank_csv", "stripe"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldFolder:
    folder = tmp_path_factory.mktemp("world")
    generate(folder, customers_wanted=CUSTOMERS, months=MONTHS, seed=SEED)
    return WorldFolder(folder)


@pytest.fixture
def settings(world: WorldFolder, tmp_path: Path) -> Settings:
    home = Settings.from_environment({"CSP_HOME": str(tmp_path), "CSP_CLOCK": "2026-11-01T06:00:00+01:00"})
    return replace(home, include=world.folder / "include")


@pytest.fixture
def parts(world: WorldFolder, settings: Settings) -> list[pa.RecordBatch | Statement | Finding]:
    return list(_read(world, settings))


def _read(world: WorldFolder, settings: Settings) -> Iterator[pa.RecordBatch | Statement | Finding]:
    among = readers(wiring.account_names(settings), wiring.bank_profiles(settings))
    for path in world.files("bank"):
        reader, _ = reader_of(path.read_bytes()[: 1 << 16], among)
        with path.open("rb") as stream:
            yield from reader.read(stream, source=path.name, digest=path.name, equals_before=no_equals_before)


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(world: WorldFolder, tmp_path: Path) -> None:
    generate(tmp_path / "again", customers_wanted=CUSTOMERS, months=MONTHS, seed=SEED)
    generate(tmp_path / "other", customers_wanted=CUSTOMERS, months=MONTHS, seed=SEED + 1)

    assert _digests(tmp_path / "again") == _digests(world.folder)
    assert _digests(tmp_path / "other") != _digests(world.folder)


def test_every_bank_file_is_read_and_proves(parts: list[pa.RecordBatch | Statement | Finding]) -> None:
    statements = [part for part in parts if isinstance(part, Statement)]
    unproved = {each.family for each in statements if each.reconciles is not True}

    assert [part for part in parts if isinstance(part, Finding)] == []
    assert {each.family for each in statements} == FAMILIES
    assert unproved == {"camt.054"}, "only notifications have nothing that could prove them"


def test_statements_open_where_the_last_one_closed(parts: list[pa.RecordBatch | Statement | Finding]) -> None:
    statements = [
        part for part in parts if isinstance(part, Statement) and part.family in ("camt.053", "mt940", "bai2")
    ]
    for account in {each.account for each in statements}:
        chain = sorted((each for each in statements if each.account == account), key=lambda each: str(each.from_on))
        for earlier, later in pairwise(chain):
            assert later.opening == earlier.closing, (account, later.from_on)


def test_the_truth_is_of_every_line_and_sums_to_what_the_banks_booked(world: WorldFolder, settings: Settings) -> None:
    facts = worlds_wiring.read_world(settings, world)
    truth = world.truth().filter(pc.equal(world.truth()["part"], 1))

    assert facts.payments.num_rows == truth.num_rows
    assert _sums(facts.payments) == _sums(truth)
    assert _sums(facts.payments).keys() == {each.account.number for each in ACCOUNTS.values()}


def _sums(lines: pa.Table) -> dict[str, int]:
    rows = lines.group_by("account").aggregate([("amount", "sum")]).to_pylist()
    return {row["account"]: row["amount_sum"] for row in rows}


def test_no_payment_pays_more_than_it_brings_and_no_receivable_is_paid_twice(
    world: WorldFolder, settings: Settings
) -> None:
    facts, truth = worlds_wiring.read_world(settings, world), world.truth()
    amounts = dict(
        zip(facts.receivables["receivable_id"].to_pylist(), facts.receivables["amount"].to_pylist(), strict=True)
    )
    paid: Counter[str] = Counter()
    for row in truth.to_pylist():
        paid[row["receivable_id"]] += row["pays"]
        assert abs(row["pays"]) <= abs(row["amount"]), row
    over = {name: total for name, total in paid.items() if name and total > amounts[name]}

    assert over == {}


def test_accounting_and_microsoft_files_are_read_without_a_finding(world: WorldFolder, settings: Settings) -> None:
    ledger = wiring.open_ledger(settings)
    reports = [wiring.import_customers(settings, ledger, path) for path in world.files("accounting", "customers-")]
    reports += [wiring.import_receivables(settings, ledger, path) for path in world.files("accounting", "receivables-")]
    charges = [path for path in world.files("microsoft") if path.name.endswith(".csv.gz")]
    reports += [wiring.microsoft_import(settings, ledger).import_file(path) for path in charges]

    assert [report.name for report in reports if report.outcome is not Outcome.IMPORTED] == []
    assert [finding for report in reports for finding in report.findings] == []
    assert len(charges) == MONTHS


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    generate(folder, customers_wanted=900, months=3, seed=3)
    return folder


def test_every_habit_of_payers_shows_in_a_large_world(large: Path) -> None:
    truth = WorldFolder(large).truth()
    assert truth.schema == TRUTH

    habits, says = set(truth["habit"].to_pylist()), set(truth["says"].to_pylist())
    assert habits >= {"one", "several", "partial", "rest", "over", "early", "duplicate", "returned", "sister", "fee"}
    assert habits >= {"net_of_credit", "payout", "provider_fee", "bank_fee", "own_transfer"}
    assert says == {"", "reference", "wrong_digit", "text", "payer", "name_only", "nothing"}


def test_prepayments_come_before_their_receivables(large: Path) -> None:
    rows = [row for row in WorldFolder(large).truth().to_pylist() if row["habit"] == "early"]
    issued = _issued(large)

    assert rows
    assert all(row["booked_on"] < issued[row["receivable_id"]] for row in rows)


def _issued(folder: Path) -> dict[str, date]:
    issued: dict[str, date] = {}
    for path in (folder / "inbox" / "accounting").glob("receivables-*"):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            seller, number, _, _, day, *_ = line.split(",")
            issued[f"{seller}/{number}"] = date.fromisoformat(day)
    return issued
