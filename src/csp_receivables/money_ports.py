"""What the steps from charges to money need from the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import duckdb

from csp_receivables.domain.charge_data import KeptVersion


class ChargeBook(Protocol):
    """Which versions of charges there are."""

    def versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's charges, the newest first; that one counts."""

    def usage_versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's daily usage, the newest first."""


class ChargeTables(Protocol):
    """Charges of the lake as relations."""

    def relate(self, connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[str]) -> None:
        """Let `name` be a view over the versions at `paths`, with the columns of CHARGE and a few more."""
