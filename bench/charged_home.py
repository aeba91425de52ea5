"""A partner's home whose lake holds made-up months of millions of charges, for the benches that ask it something.

The file of a month is written by DuckDB, imported as `csp import microsoft` does, and removed: nothing is ever whole in
memory, and the lake alone stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.worlds import write_recon
from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.tables import customer, customer_tenant
from csp_receivables.domain.records import CUSTOMER, CUSTOMER_TENANT
from csp_receivables.settings import Settings

TENANTS = 800  # of `worlds`


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One vendor invoice of `lines` charges; `changed`: SQL of cells that are otherwise than in `worlds`."""

    lines: int
    seed: int = 7
    changed: Mapping[str, str] = field(default_factory=dict)


def settings_of(home: str | Path) -> Settings:
    """Settings of the home, on the ninth of November 2026."""
    return Settings.from_environment(
        {"CSP_HOME": str(home), "CSP_CLOCK": datetime(2026, 11, 9, tzinfo=UTC).isoformat()}
    )


def import_months(home: Path, *months: Month) -> Ledger:
    """A new ledger and a lake with these months in it."""
    settings = settings_of(home)
    ledger = wiring.open_ledger(settings)
    for month in months:
        path = home / "recon.csv"
        write_recon(path, month.lines, month.seed, month.changed)
        wiring.microsoft_import(settings, ledger).import_file(path)
        path.unlink()
    return ledger


def tenants_of(numbers: range) -> list[str]:
    """The ids of tenants of `worlds`, by their numbers from 0."""
    with duckdb.connect() as connection:
        values = ", ".join(f"({number})" for number in numbers)
        query = f"SELECT md5(number::VARCHAR)::UUID::VARCHAR FROM (VALUES {values}) each(number) ORDER BY number"
        return [tenant for (tenant,) in connection.execute(query).fetchall()]


def know_customers(ledger: Ledger, numbers: range) -> None:
    """Store a customer K<number> for each of these tenants, and the mapping."""
    who = [
        {"customer_id": f"K{each}", "name": f"Customer {each}", "org_number": "", "country": "SE", "language": "sv"}
        | {"party_kind": "company"}
        for each in numbers
    ]
    mapped = [
        {"tenant_id": tenant, "customer_id": f"K{each}"}
        for each, tenant in zip(numbers, tenants_of(numbers), strict=True)
    ]
    with ledger.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        insert_new(writing.connection, customer, pa.Table.from_pylist(who, CUSTOMER), **at)
        insert_new(
            writing.connection, customer_tenant, pa.Table.from_pylist(mapped, CUSTOMER_TENANT), mapped=True, **at
        )
