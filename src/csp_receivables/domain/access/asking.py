"""Who is asked today: nobody the same a second time while it waits, and no more than a person can look at."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_receivables.domain.access.approvals import Approval

LATE = timedelta(hours=1)  # whoever asks notices a time-out within minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The newest question about one action. `where`: the run and task that asked; "" where it was only looked at."""

    digest: str
    at: datetime
    where: str


def is_asked_already(
    asked: Asked | None, digest: str, approval: Approval | None, now: datetime, answer_within: timedelta, *, here: str
) -> bool:
    """Does the same question wait for its answer? One that was answered, timed out or changed does not.

    Nor one that this very task asked (`here`): it is tried again, since it died before anybody saw the question.
    """
    if asked is None or asked.digest != digest or asked.where in ("", here):
        return False
    if approval is not None and datetime.fromisoformat(approval.recorded_at) >= asked.at:
        return False
    return now < asked.at + answer_within + LATE


def to_be_asked(wanted: Sequence[str], asked_today: Set[str], most: int) -> list[str]:
    """Of the actions that people are wanted for those that fit into a day, in their order.

    What was asked today already, and is asked anew because a fact changed, takes no second place.
    """
    new = [each for each in wanted if each not in asked_today][: max(most - len(asked_today), 0)]
    return [each for each in wanted if each in asked_today or each in new]
