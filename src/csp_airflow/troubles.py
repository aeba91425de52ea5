"""Troubles that pass by themselves, under one name: Airflow imports what a retry rule names as it reads the DAGs.

Naming a database driver there would have every process of Airflow load it, for each reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class PassingTrouble(RuntimeError):
    """The ledger's database or a disk failed; the same again may well work in a moment."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Give what the drivers raise, and an inbox that could not be taken whole, the name that is retried."""
    try:
        yield
    except Exception as trouble:
        if not _passes(trouble):
            raise
        raise PassingTrouble(str(trouble)) from trouble


def _passes(trouble: Exception) -> bool:
    """Looked at when there is a trouble: loading the driver takes a third of what a small task takes."""
    import psycopg

    from csp_receivables.steps.take_inbox import InboxFailed

    return isinstance(trouble, InboxFailed | psycopg.OperationalError)
