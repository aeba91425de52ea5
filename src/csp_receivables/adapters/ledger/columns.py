"""What the ledger's tables are made of: one metadata, and the kinds of columns there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Date, MetaData, String

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


def key(name: str, kind: Any = String) -> Column[Any]:
    """One column of the primary key."""
    return Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def text(*names: str) -> list[Column[Any]]:
    """Texts that are "" when there is nothing to say."""
    return [Column(name, String, nullable=False, server_default="") for name in names]


def money(*names: str) -> list[Column[Any]]:
    """Whole numbers: minor units, or counts."""
    return [Column(name, BigInteger, nullable=False) for name in names]


def day(*names: str) -> list[Column[Any]]:
    """Days."""
    return [Column(name, Date, nullable=False) for name in names]


def maybe(kind: Any, *names: str) -> list[Column[Any]]:
    """Columns that may say nothing."""
    return [Column(name, kind, nullable=True) for name in names]


def recorded(*, key: bool = False) -> Column[Any]:
    """When the row was learnt, as part of the key where a fact may be said again."""
    return Column("recorded_at", String(27), nullable=False, primary_key=key)
