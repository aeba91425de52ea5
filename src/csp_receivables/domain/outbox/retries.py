"""When to try again: a table, growing about threefold, without chance. The same story gives the same times."""

from __future__ import annotations

from datetime import datetime, timedelta

# Greylisting wants some minutes; a server that is down wants hours; after four days nobody waits for the letter.
RETRY_AFTER = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=9),
    timedelta(hours=24),
    timedelta(hours=48),
)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` that failed (1 or more); None when it was tried often enough."""
    return now + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None
