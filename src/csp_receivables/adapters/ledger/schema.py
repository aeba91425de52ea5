"""Making and migrating the ledger's schema (Alembic), from inside the installed package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from csp_receivables.adapters.ledger.connection import Ledger

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(ledger: Ledger, revision: str = "head") -> None:
    """Bring the ledger's schema to `revision`; a new database is made from nothing."""
    with ledger.writing_schema() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(ledger: Ledger, revision: str) -> None:
    """Take the ledger's schema back to `revision` ("base": no tables). What later tables held is gone."""
    with ledger.writing_schema() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
