"""Identity of an allocation: its source, its receivable, what it takes back, and its place among equals."""

from __future__ import annotations


def allocation_id(source_kind: str, source_id: str, receivable_id: str, reverses: str, place: str) -> str:
    """SQL for the id; each argument is SQL. `place` (1-based) tells apart a pair that is allocated again."""
    return f"left(sha256(concat_ws('|', {source_kind}, {source_id}, {receivable_id}, {reverses}, {place})), 32)"
