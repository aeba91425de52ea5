"""From charges to money, plugged together."""

from __future__ import annotations

from functools import partial

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.lake_tables import LakeTables
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.charge_book import LedgerChargeBook
from csp_receivables.settings import Settings
from csp_receivables.steps.look_at_charges import ChargeLook


def charge_look(settings: Settings, ledger: Ledger) -> ChargeLook:
    """Where charges that lie in the lake are looked at."""
    return ChargeLook(
        book=LedgerChargeBook(ledger),
        tables=LakeTables(root=settings.lake),
        engine=partial(engine, settings.home / "spill"),
    )
