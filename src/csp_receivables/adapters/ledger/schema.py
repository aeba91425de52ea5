"""Making and migrating the ledger's schema (Alembic), from inside the installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from csp_receivables.adapters.ledger.connection import Ledger

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "ledger_version"


def upgrade(ledger: Ledger, revision: str = "head") -> None:
    """Bring the ledger's schema to `revision`; a new database is made from nothing.

    Where nothing is to do, as nearly always, nothing is locked, and Alembic is not even imported.
    """
    if revision == "head" and _is_newest(ledger):
        return
    from alembic import command

    with ledger.writing_schema() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(ledger: Ledger, revision: str) -> None:
    """Take the ledger's schema back to `revision` ("base": no tables). What later tables held is gone."""
    from alembic import command

    with ledger.writing_schema() as connection:
        command.downgrade(_config(connection), revision)


def _is_newest(ledger: Ledger) -> bool:
    with ledger.reading() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return False
        return connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [_newest()]


@cache
def _newest() -> str:
    """The newest migration: each file is named by its revision, and they follow one another."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
