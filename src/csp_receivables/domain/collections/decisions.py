"""A decision: what is to happen with one customer on one day, with its reasons as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from csp_receivables.domain.collections.cases import Round


class Answer(StrEnum):
    """The one answer per customer and day."""

    WAIT = "wait"
    SEND_NOTICE = "send_notice"
    PROPOSE_SUSPENSION = "propose_suspension"
    REINSTATE = "reinstate"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that was looked at: `days_overdue`, threshold "14", actual "16". All text, money with its currency."""

    rule: str
    threshold: str
    actual: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.actual} ({self.threshold})" if self.threshold else f"{self.rule}: {self.actual}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer for `customer_id` on `on`. `stage` is the one whose act is due, or the last one reached, or "clear".

    `currency`, `open` and `overdue` (minor units) are of the currency that decided; "" and 0 where nothing is owed.
    """

    customer_id: str
    on: date
    answer: Answer
    stage: str
    currency: str
    open: int
    overdue: int
    days_overdue: int
    because: tuple[Reason, ...]
    outranked: tuple[Reason, ...] = ()  # what would have happened but for `because`
    round_id: str = ""
    receivable_ids: tuple[str, ...] = ()  # what the notice or proposal names, oldest due first
    opens: Round | None = None  # the round that begins with this decision
    closes: tuple[str, ...] = ()  # rounds whose receivables are all settled
    next_stage: str = ""  # what comes if nothing changes
    next_on: date | None = None
    policy_version: str = ""

    @property
    def action_id(self) -> str:
        """What makes the effect happen once: (customer, round, stage, kind); "" when nothing is to be done."""
        if self.answer is Answer.WAIT:
            return ""
        return f"{self.customer_id}/{self.round_id}/{self.stage}/{self.answer.value}"
