"""Is a question still being asked? Then nobody is asked the same a second time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_receivables.domain.access.approvals import Approval

LATE = timedelta(hours=1)  # whoever asks notices a time-out within minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The newest question about one action."""

    digest: str
    at: datetime


def is_asked_already(
    asked: Asked | None, digest: str, approval: Approval | None, now: datetime, answer_within: timedelta
) -> bool:
    """Does the same question wait for its answer? One that was answered, timed out or changed does not."""
    if asked is None or asked.digest != digest:
        return False
    if approval is not None and datetime.fromisoformat(approval.recorded_at) >= asked.at:
        return False
    return now < asked.at + answer_within + LATE
