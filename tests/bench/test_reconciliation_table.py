"""The proof of `bench.reconciliation_table` on a small month: every column is what its source adds up to, and a table
that is wrong anywhere is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bench import reconciliation_table as bench
from bench.charged_home import settings_of
from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.records import RECONCILIATION

MONEY = {field.name for field in RECONCILIATION if field.type == pa.int64()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("month")
    bench.make_home(home, 3_000)
    return home


@pytest.fixture(scope="module")
def ledger(home: Path) -> Iterator[Ledger]:
    ledger = wiring.open_ledger(settings_of(home))
    yield ledger
    ledger.engine.dispose()


@pytest.fixture(scope="module")
def shown(home: Path, ledger: Ledger) -> pa.Table:
    return wiring.reconciler(settings_of(home), ledger).look(bench.plan_of(home)).day.reconciliation


def test_every_column_of_money_adds_up_to_its_source(home: Path, ledger: Ledger, shown: pa.Table) -> None:
    found = bench.proved(str(home), ledger, shown)

    assert {column for column, *_ in found} == MONEY
    assert [each for each in found if each[2] != each[3]] == []
    assert {column for column, currency, total, _ in found if currency == "SEK" and total} == MONEY, "a sum is nothing"


@pytest.mark.parametrize("column", sorted(MONEY))
def test_a_column_that_is_one_hundredth_off_is_told(home: Path, ledger: Ledger, shown: pa.Table, column: str) -> None:
    wrong = pc.add(shown[column], pa.array([1] + [0] * (shown.num_rows - 1)))
    place = shown.column_names.index(column)

    found = bench.proved(str(home), ledger, shown.set_column(place, RECONCILIATION.field(column), wrong))

    assert [name for name, _, one, other in found if one != other] == [column]


def test_the_bench_ends_where_table_and_lake_differ(home: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(home, tmp_path / "home")
    [charges] = (copy / "lake/charges").glob("*/*/*.parquet")
    pq.write_table(pq.read_table(charges).slice(1), charges)

    with pytest.raises(ValueError, match=r"cost SEK: \d+ is not \d+; margin SEK"):
        bench.ours(str(copy))
