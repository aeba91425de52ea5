"""What a named person answered, and whether it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from csp_receivables.domain.matching_by_hand.requests import ByHandRefused


class Word(StrEnum):
    """The answer to a proposal."""

    SUSPEND = "suspend"
    DECLINE = "decline"
    HOLD = "hold"  # until a date
    NO_ANSWER = "no_answer"  # nobody answered in time: that is a no


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Who answered. `id` is the one that tells people apart; `auth_manager`: who vouches for it."""

    id: str
    name: str
    auth_manager: str  # "cli", or the class of Airflow's


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One answer, kept for ever. `digest`: of the proposal it was given on. `asked_in`: run and task, or "cli"."""

    action_id: str
    digest: str
    word: Word
    who: Approver | None  # None only for NO_ANSWER
    why: str
    asked_in: str
    until: date | None = None  # of HOLD
    recorded_at: str = ""


def checked(approval: Approval, today: date) -> Approval:
    """The answer, if it is one. Raises ByHandRefused with what it lacks."""
    if approval.word is Word.NO_ANSWER:
        if approval.who:
            raise ByHandRefused("an answer that nobody gave names a person; say suspend, decline or hold")
        return approval
    if approval.who is None or not approval.who.id.strip() or not approval.who.name.strip():
        raise ByHandRefused("an answer needs the person who gives it: an id and a name")
    if not approval.why.strip():
        raise ByHandRefused("an answer needs a reason")
    if approval.word is Word.HOLD and (approval.until is None or approval.until < today):
        raise ByHandRefused(f"a hold needs a last day, {today} or later")
    if approval.word is not Word.HOLD and approval.until is not None:
        raise ByHandRefused(f"{approval.word.value} has no last day; only a hold has")
    return approval


def why_not_approved(approval: Approval | None, digest: str, now: datetime, days: int) -> str:
    """Why this does not let the proposal with that digest be performed; "" when it does."""
    if approval is None:
        return "nobody was asked yet"
    if approval.word is not Word.SUSPEND or approval.who is None:
        return f"the answer was {approval.word.value.replace('_', ' ')}"
    if approval.digest != digest:
        return "what the answer rested on has changed since"
    given = datetime.fromisoformat(approval.recorded_at)
    if now > given + timedelta(days=days):
        return f"the answer is older than {days} days"
    return ""
