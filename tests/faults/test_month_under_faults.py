"""Fetching a month from Microsoft ends with the same lake and ledger whatever breaks on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.server import Emulator
from tests.emulator.serving import LEGACY
from tests.faults.month_under_faults import SAMPLE, USED, Outcome, complaint, fresh_world, run

SEEDS = 50
TOGETHER = 10


@pytest.fixture(scope="module")
def invoices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("month")
    for path in SAMPLE.glob(f"{USED}*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def emulator(invoices: Path) -> Iterator[Emulator]:
    with Emulator(fresh_world(None, invoices)) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def plain(emulator: Emulator, invoices: Path, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run without faults leaves."""
    return run(emulator, tmp_path_factory.mktemp("plain") / "home", migrated_file, None, invoices)


def test_without_faults_the_month_is_imported_whole(plain: Outcome) -> None:
    assert {row[0] for row in plain.ledger["vendor_invoice"]} == {USED, LEGACY}
    assert [row[0] for row in plain.ledger["usage_detail"]] == [USED]
    assert len(plain.lake) == 5  # charges, usage; of the legacy invoice one list, then both
    assert not plain.faults


@pytest.mark.parametrize("first", range(0, SEEDS, TOGETHER))
def test_the_same_month_under_faults_leaves_the_same(
    emulator: Emulator, invoices: Path, plain: Outcome, migrated_file: Path, tmp_path: Path, first: int
) -> None:
    struck = 0
    for seed in range(first, first + TOGETHER):
        faulty = run(emulator, tmp_path / str(seed), migrated_file, seed, invoices)
        struck += sum(faulty.faults.values())
        assert not (why := complaint(plain, faulty)), f"{why}; repeat: make simulate-import SEEDS=1 FROM={seed}"

    assert struck > TOGETHER


def test_the_comparison_would_notice_a_line_too_many(plain: Outcome) -> None:
    from collections import Counter
    from dataclasses import replace

    doubled = {**plain.ledger, "vendor_invoice": plain.ledger["vendor_invoice"] * 2}
    changed = {name: f"{digest}0" for name, digest in plain.lake.items()}

    assert "vendor_invoice" in complaint(plain, replace(plain, ledger=doubled))
    assert "lake" in complaint(plain, replace(plain, lake=changed))
    assert "sent 6 times" in complaint(plain, replace(plain, most_alike=6))
    assert "sums" in complaint(plain, replace(plain, faults=Counter(etag_changed=1), ledger={"vendor_invoice": []}))
