"""A new ledger on SQLite, migrated once in a process of tests: migrating takes a quarter of a second, copying nothing.

That the migrations make what the product needs is proven in `adapters/ledger/test_schema.py`, and by the smoke tests,
whose processes know nothing of this.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest.mock import patch

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.schema import upgrade


@cache
def migrated_bytes() -> bytes:
    """What lies in the file of a ledger that is migrated and empty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger = Ledger.open(f"sqlite:///{path}", lambda: datetime(2026, 1, 1, tzinfo=UTC))
        upgrade(ledger)
        ledger.engine.dispose()
        return path.read_bytes()


def upgraded(ledger: Ledger) -> None:
    """What `schema.upgrade` does. Only a file in which nothing is yet is filled from here."""
    path = None if ledger.is_postgresql else Path(ledger.engine.url.database or "")
    if path and path.stat().st_size == 0:
        path.write_bytes(migrated_bytes())
    upgrade(ledger)


@contextmanager
def migrated_once() -> Iterator[None]:
    """Until the end every new ledger that the product opens is such a copy."""
    with patch.object(wiring, "upgrade", upgraded):
        yield
