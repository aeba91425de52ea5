"""A support ticket at Microsoft, without the people named in it. It can be looked at, not opened (microsoft.md 7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """One ticket. Times are UTC; words that Microsoft may add stay text."""

    request_id: str  # fifteen digits
    title: str
    severity: str  # "unknown", "critical", "moderate", "minimal"
    status: str  # "none", "open", "closed", "attention_needed"
    topic: str
    created_at: datetime | None
    changed_at: datetime | None
    closed_at: datetime | None
