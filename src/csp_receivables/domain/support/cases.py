"""A support case: its story as events, what it stands at, and its row in the escalation report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from csp_receivables.domain.escalation.items import Item, Section
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.clocks import due_at
from csp_receivables.domain.support.policy import Kind, Severity, SupportPolicy


class CaseEvent(StrEnum):
    """What happens to a case."""

    OPENED = "opened"
    TRIAGED = "triaged"  # anew by a person, too
    MESSAGE = "message"  # from outside
    AUTOMATIC = "automatic"  # an absence note and its like: joins, counts for nothing
    REPLIED = "replied"  # a reply was put into the outbox, or a person says they answered
    ESCALATED = "escalated"  # filed with Microsoft, under a number
    VENDOR = "vendor"  # what Microsoft's system says of that number
    HANDED_ON = "handed_on"  # a message was put into the outbox for the provider who supports the customer
    PROVIDER = "provider"  # what that provider says; the customer still waits for our word
    CLOSED = "closed"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WITH_PROVIDER = "with_provider"  # until the provider writes
    WITH_MICROSOFT = "with_microsoft"
    CLOSED = "closed"


# What an event makes of a case that stands at one of these.
_MOVES: Mapping[CaseEvent, tuple[tuple[CaseState, ...], CaseState]] = MappingProxyType(
    {
        CaseEvent.CLOSED: (tuple(CaseState), CaseState.CLOSED),
        CaseEvent.ESCALATED: (tuple(CaseState), CaseState.WITH_MICROSOFT),
        CaseEvent.VENDOR: ((CaseState.WITH_MICROSOFT,), CaseState.OPEN),
        CaseEvent.MESSAGE: ((CaseState.CLOSED,), CaseState.OPEN),
        CaseEvent.HANDED_ON: ((CaseState.OPEN,), CaseState.WITH_PROVIDER),
        CaseEvent.PROVIDER: ((CaseState.WITH_PROVIDER, CaseState.CLOSED), CaseState.OPEN),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event. `what` has text values by name: the triage, a message, a number."""

    event: CaseEvent
    at: datetime
    said_by: str = ""
    what: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCase:
    """A case with its story, oldest event first; the first is OPENED, the second TRIAGED."""

    case_id: str
    customer_id: str
    subject: str
    sender: str
    sender_name: str
    found_by: str  # how its customer was found: of `intake.FoundBy`
    opened_at: datetime
    story: tuple[Told, ...]

    @property
    def triaged(self) -> Mapping[str, str]:
        """The newest triage."""
        return next((t.what for t in reversed(self.story) if t.event is CaseEvent.TRIAGED), {})

    @property
    def kind(self) -> Kind:
        return Kind(self.triaged.get("kind", Kind.COMMERCIAL))

    @property
    def family(self) -> Family:
        return Family(self.triaged.get("family", Family.OTHER))

    @property
    def severity(self) -> Severity:
        return Severity(self.triaged.get("severity", Severity.C))

    @property
    def state(self) -> CaseState:
        """Closed until somebody writes again; with Microsoft once filed there, until Microsoft closes it."""
        state = CaseState.OPEN
        for told in self.story:
            before, after = _MOVES.get(told.event, ((), state))
            if state in before and (told.event is not CaseEvent.VENDOR or told.what.get("status") == "closed"):
                state = after
        return state

    @property
    def provider(self) -> str:
        """Who has it in hand, where it was handed on; "" where it was not."""
        return next((t.what.get("provider", "") for t in reversed(self.story) if t.event is CaseEvent.HANDED_ON), "")

    @property
    def number(self) -> str:
        """Microsoft's number; "" while there is none."""
        return next((t.what.get("number", "") for t in reversed(self.story) if t.event is CaseEvent.ESCALATED), "")

    @property
    def unanswered_since(self) -> datetime | None:
        """Since when somebody waits for a word of ours: the first message after our last; None when nobody does."""
        since: datetime | None = None
        for told in self.story:
            if told.event in (CaseEvent.OPENED, CaseEvent.MESSAGE):
                since = since or told.at
            elif told.event in (CaseEvent.REPLIED, CaseEvent.ESCALATED, CaseEvent.CLOSED):
                since = None
        return since

    def due_at(self, policy: SupportPolicy) -> datetime | None:
        """When our next word is due; None when nobody waits."""
        since = self.unanswered_since
        return due_at(since, policy.response_hours(self.severity), policy.hours) if since else None

    def is_late(self, policy: SupportPolicy, now: datetime) -> bool:
        """Has the clock run out?"""
        due = self.due_at(policy)
        return due is not None and now > due


def case_items(cases: Sequence[SupportCase], policy: SupportPolicy, now: datetime, owner: str) -> tuple[Item, ...]:
    """Cases past their clock, and those with Microsoft, as rows of the escalation report."""
    zone = policy.hours.zone
    today = now.astimezone(zone).date()
    items: list[Item] = []
    for case in cases:
        if case.state is CaseState.WITH_MICROSOFT:
            items.append(_with_microsoft(case, today, zone, owner))
        elif case.state is not CaseState.CLOSED and case.is_late(policy, now):
            since = (case.due_at(policy) or now).astimezone(zone).date()
            whose = case.provider if case.state is CaseState.WITH_PROVIDER else ""
            about = f"{case.subject} (severity {case.severity}): no answer yet" + (f", with {whose}" if whose else "")
            step = f"{f'Call {whose}, then answer' if whose else 'Answer'} it: csp case show {case.case_id}"
            items.append(_item(Section.CASES_LATE, case, about, since, today, owner, step))
    return tuple(items)


def case_rows(case: SupportCase, policy: SupportPolicy, customer_name: str) -> tuple[tuple[str, str], ...]:
    """A case in a few rows for whoever takes it over: label and value; the clock in the desk's own time."""
    due, zone = case.due_at(policy), policy.hours.zone
    sender = f"{case.sender_name} <{case.sender}>" if case.sender_name else case.sender
    return (
        ("Case", case.case_id),
        ("State", case.state.value.replace("_", " ")),
        ("Answer due", f"{due.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})" if due else "nobody waits"),
        ("Severity", case.severity.value),
        ("Kind", f"{case.kind.value}, {case.triaged.get('topic', '').replace('_', ' ')}"),
        ("Product", case.family.value.replace("_", " ")),
        ("Customer", f"{customer_name} ({case.customer_id})" if customer_name else case.customer_id or "not known"),
        ("From", sender or "by telephone"),
    )


def _with_microsoft(case: SupportCase, today: date, zone: ZoneInfo, owner: str) -> Item:
    filed = next(t for t in reversed(case.story) if t.event is CaseEvent.ESCALATED)
    status = next((t.what.get("status", "") for t in reversed(case.story) if t.event is CaseEvent.VENDOR), "")
    told = status.replace("_", " ") or "no status read yet"
    about = f"{case.subject} (severity {case.severity}): number {case.number}, {told}"
    step = "Answer Microsoft: it needs attention" if status == "attention_needed" else "Ask Microsoft how it stands"
    return _item(Section.CASES_WITH_MICROSOFT, case, about, filed.at.astimezone(zone).date(), today, owner, step)


def _item(  # noqa: PLR0917 - the parts of one row
    section: Section, case: SupportCase, about: str, since: date, today: date, owner: str, step: str
) -> Item:
    return Item(
        section=section,
        key=case.case_id,
        about=about,
        customer_id=case.customer_id,
        since=since,
        age_days=max((today - since).days, 0),
        owner=owner,
        next_step=step,
    )
