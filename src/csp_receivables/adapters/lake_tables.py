"""Charges in the lake as relations for the rules: CHARGE, and the columns that only some forms of file have."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.domain.charges.bill_lines import NEEDED
from csp_receivables.domain.records import CHARGE
from csp_receivables.domain.relations import load

BY_CUSTOMER = "by_customer"
GROUP_ROWS = 20_480  # of a copy: a customer's lines lie in one or a few groups
PER_FORM = {  # column of the relation → names it may have in the lake
    "meter": ("other_MeterName", "other_MeterDescription"),
    "meter_category": ("other_MeterCategory", "other_ServiceType"),
    "used_on": ("other_UsageDate",),
    "entitlement_id": ("other_EntitlementId",),
    "benefit_id": ("other_BenefitOrderId",),
    "reservation_id": ("other_ReservationOrderId",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeTables:
    """Relations over versions in the lake under `root`.

    Versions of `sorted_from` bytes and more are asked for one customer at a time through a copy, which the first
    question makes: what a bill needs, in the order of customers. It may be deleted at any time.
    """

    root: Path
    sorted_from: int = 256 << 20  # some two million lines; fewer are read as they lie, in a fraction of a second

    def relate(self, connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[str]) -> None:
        """Let `name` be a view over the versions at `paths`: CHARGE and the columns of PER_FORM, "" where unknown.

        Nothing is read yet; what a query asks for is. Without paths the view is empty.
        """
        files = [file for path in paths for file in sorted((self.root / path).glob("*.parquet"))]
        if not files:
            empty = CHARGE.empty_table()
            for column in PER_FORM:
                empty = empty.append_column(column, pa.array([], pa.string()))
            load(connection, name, empty)
            return
        listed = ", ".join(f"'{_quoted(file)}'" for file in files)
        source = f"read_parquet([{listed}], union_by_name = true)"
        has = {row[0].casefold() for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        more = ", ".join(f"{_first_of(names, has)} AS {column}" for column, names in PER_FORM.items())
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {', '.join(CHARGE.names)}, {more} FROM {source}"
        )

    def keep_of_tenants(
        self, connection: duckdb.DuckDBPyConnection, name: str, path: str, tenants: Iterable[str]
    ) -> None:
        """Make the temporary table `name` of a few tenants' charges at `path`, with what bills need of them."""
        known = ", ".join(f"'{_escaped(tenant)}'" for tenant in sorted(tenants))
        columns = f"SELECT {', '.join(NEEDED)}"
        source = f"'{_quoted(self._by_customer(connection, path))}'" if self._is_large(path) else "lake_charges"
        if source == "lake_charges":
            self.relate(connection, source, [path])
        where = f"tenant_id IN ({known})"  # constants: whole groups of rows are skipped by them
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {columns} FROM {source} WHERE {where}")

    def _is_large(self, path: str) -> bool:
        return sum(file.stat().st_size for file in (self.root / path).glob("*.parquet")) >= self.sorted_from

    def _by_customer(self, connection: duckdb.DuckDBPyConnection, path: str) -> Path:
        """The copy in the order of customers, made whole or not at all."""
        copy = self.root / BY_CUSTOMER / Path(path).with_name(f"{Path(path).name}.parquet")
        if copy.is_file():
            return copy
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.relate(connection, "lake_charges", [path])
        with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
            half = Path(folder) / "half.parquet"
            rows = f"SELECT {', '.join(NEEDED)} FROM lake_charges ORDER BY tenant_id"
            connection.execute(f"COPY ({rows}) TO '{_quoted(half)}' (FORMAT parquet, ROW_GROUP_SIZE {GROUP_ROWS})")
            half.rename(copy)
        return copy


def _first_of(names: Sequence[str], has: set[str]) -> str:
    """The first of the columns that is there and says something."""
    there = [f"nullif(\"{name}\", '')" for name in names if name.casefold() in has]
    return f"coalesce({', '.join([*there, repr('')])})"


def _quoted(path: Path) -> str:
    return _escaped(str(path))


def _escaped(text: str) -> str:
    return text.replace("'", "''")
