"""Charges in the lake as relations for the rules: CHARGE, and the columns that only some forms of file have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import CHARGE
from csp_receivables.domain.relations import load

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
    """Relations over versions in the lake under `root`."""

    root: Path

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


def _first_of(names: Sequence[str], has: set[str]) -> str:
    """The first of the columns that is there and says something."""
    there = [f"nullif(\"{name}\", '')" for name in names if name.casefold() in has]
    return f"coalesce({', '.join([*there, repr('')])})"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
