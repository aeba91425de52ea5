"""The breaker over a run's suspensions (invariant I10): none of them goes ahead when together they are too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from csp_receivables.access_ports import AccessBook
from csp_receivables.domain.access.approvals import Approver
from csp_receivables.domain.access.breaker import AccessLoad, likely_cause, why_tripped
from csp_receivables.domain.access.changes import MAY_HAVE_HAPPENED
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.feed_age import age_by
from csp_receivables.outbox_ports import Fresh
from csp_receivables.steps.change_access import findings
from csp_receivables.steps.change_access.ended import Performed
from csp_receivables.steps.change_access.proposing import Due, Proposer


class OverLimits(Exception):
    """One more would be too many; it is raised in the transaction that would begin it, which keeps nothing then."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(str(reason) for reason in reasons))
        self.likely = likely_cause(reasons)


def must_fit(proposer: Proposer, due: Due) -> None:
    """Raises OverLimits when this one is too many beside all that began today, by whatever worker.

    Asked when nobody else writes: two runs that each fit by themselves can't pass a limit together. What has begun
    is counted already, and what a second person released needs no room.
    """
    if any(each.event in MAY_HAVE_HAPPENED for each in proposer.book.changes(due.action_id)):
        return
    if is_released(proposer.book, due):
        return
    reasons, _ = tripped_by(proposer, [due])
    if reasons:
        raise OverLimits(reasons)


def within_limits(proposer: Proposer, ready: Sequence[Due], done: Performed) -> list[Due]:
    """All that is ready, or, when the breaker trips, only what a second person released and what has begun."""
    asked = [each for each in ready if not each.has_begun and not is_released(proposer.book, each)]
    reasons, _ = tripped_by(proposer, asked)
    if not reasons:
        return list(ready)
    told, likely = ", ".join(str(reason) for reason in reasons), likely_cause(reasons)
    done.waits[f"the breaker: {told}"] += len(asked)
    done.findings.append(findings.breaker(len(asked), told, likely, proposer.today()))
    return [each for each in ready if each not in asked]


def tripped_by(proposer: Proposer, asked: Sequence[Due]) -> tuple[tuple[Reason, ...], AccessLoad | None]:
    """The limits that these suspensions pass together, and the load that was looked at."""
    if not asked:
        return (), None
    value: dict[str, int] = {}
    for each in asked:
        for currency, overdue, _ in each.proposal.owed:
            value[currency] = value.get(currency, 0) + overdue
    load = proposer.book.load(proposer.today(), len(asked), value)
    stale = next((why for each in asked if (why := _feed_stale(each.fresh, proposer.now()))), "")
    seen = replace(load, feed_stale=stale)
    return why_tripped(seen, asked[0].fresh.policy.suspensions, proposer.policy), seen


def _feed_stale(fresh: Fresh, now: datetime) -> str:
    """Why the bank feed is too old by now; the look speaks for yesterday's end, and H hours are H hours."""
    case, hours_max = fresh.case, fresh.policy.feed_hours_max
    if case is None or case.feed_stale or case.feed_until is None:
        return case.feed_stale if case else ""
    if age_by(case.feed_hours, fresh.decision.on, now) <= timedelta(hours=hours_max):
        return ""
    return f"statements until {case.feed_until}, more than {hours_max} banking hours ago"


def canaries(proposer: Proposer, ready: Sequence[Due]) -> int:
    """How many go first and must end well; 0 when the day had as many already, or there are no more than these."""
    if not ready:
        return 0
    needed = ready[0].fresh.policy.suspensions.canary
    before = proposer.book.load(proposer.today(), len(ready), {}).verified_today
    return 0 if before >= needed or len(ready) <= needed else needed - before


def release(proposer: Proposer, who: Approver, why: str) -> tuple[str, ...]:
    """Let every approved suspension that waits now go past the breaker. Returns their ids. Raises ByHandRefused."""
    released = {each.action_id: each.proposal.digest for each in waiting(proposer)}
    proposer.book.release(released, who, why)
    return tuple(sorted(released))


def waiting(proposer: Proposer) -> list[Due]:
    """The suspensions that a named person approved and that are still to be performed."""
    return [each for each in proposer.due() if not each.open_because and not each.gone]


def is_released(book: AccessBook, due: Due) -> bool:
    """Did a second person release exactly this proposal?"""
    return due.proposal.digest in book.released(due.action_id)
