"""The one place that plugs adapters into steps."""

from __future__ import annotations

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.schema import upgrade
from csp_receivables.settings import Settings


def open_ledger(settings: Settings, kind: str | None = None) -> Ledger:
    """The ledger, made and migrated on first use. A new one is marked `kind`, or `real` when nothing is asked for.

    Raises LedgerRefused when `kind` is asked for and the ledger is of the other one.
    """
    make_home(settings)
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    upgrade(ledger)
    ledger.mark(kind or ledger.kind() or "real", settings.environment)
    return ledger


def make_home(settings: Settings) -> None:
    """The folders under CSP_HOME, readable by their owner only: they hold what customers paid."""
    for folder in ("", "inbox/microsoft", "inbox/bank", "inbox/accounting", "archive", "set_aside", "lake", "outputs"):
        (settings.home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
