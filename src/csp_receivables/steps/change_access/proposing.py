"""Proposing: what a person is asked about each customer whose suspension is due, computed from the facts of now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from csp_receivables.access_ports import AccessBook
from csp_receivables.domain.access.approvals import Approval, why_not_approved
from csp_receivables.domain.access.changes import ChangeEvent, Standing
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.access.proposal import Proposal, owed_in, propose
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.going_live import why_dry
from csp_receivables.domain.collections.open_items import look
from csp_receivables.outbox_ports import Fresh, LastLook, Outbox, Waiting
from csp_receivables.steps.change_access.wanted import decision_for, why_not, why_not_today

_OVER = (ChangeEvent.REFUSED, ChangeEvent.NOT_OURS)
SUSPENSIONS = (Answer.PROPOSE_SUSPENSION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A suspension that is due, looked at now. `open_because`: why it may not be performed: nobody was asked …

    `has_begun`: something of it may have been taken, and is not back; then nothing is asked again, only finished.
    `gone`: why the rest of what has begun is not wanted any more: what is in the air is settled, and it ends.
    """

    waiting: Waiting
    fresh: Fresh
    decision: Decision
    proposal: Proposal
    approval: Approval | None
    open_because: str
    has_begun: bool = False
    gone: str = ""

    @property
    def action_id(self) -> str:
        return self.waiting.action_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposer:
    """What proposing needs."""

    outbox: Outbox
    book: AccessBook
    look: LastLook
    policy: AccessPolicy
    clock: Callable[[], datetime]
    zone: ZoneInfo  # the partner's

    def now(self) -> datetime:
        """This moment where the partner is."""
        return self.clock().astimezone(self.zone)

    def today(self) -> date:
        return self.now().date()

    def due(self, superseded: Callable[[str], None] | None = None) -> list[Due]:
        """Everything that waits and is still decided, the largest debt first; what no longer is gets superseded.

        What has begun and is decided no more is there too: it is to end, and what is in the air to be settled.
        """
        waiting = self.outbox.waiting(SUSPENSIONS)
        looks = self.look.look(sorted({each.customer_id for each in waiting})) if waiting else {}
        found = []
        for each in waiting:
            looked = self._due(each, looks.get(each.customer_id))
            if isinstance(looked, str):
                if self.outbox.supersede(each.action_id, looked) and superseded:
                    superseded(each.action_id)
            elif looked.gone or not why_dry(
                looked.fresh.policy, self.today(), is_approved=looked.fresh.policy_approved
            ):
                found.append(looked)
        return sorted(found, key=lambda due: (-due.decision.overdue, due.action_id))

    def _due(self, waiting: Waiting, fresh: Fresh | None) -> Due | str:
        """One that waits, as it is now; or why it is not wanted any more, of one of which nothing is away."""
        decision, gone = self.still_decided(waiting.action_id, fresh)
        if fresh is None:
            return gone
        due = self.looked_at(waiting, fresh, decision or fresh.decision)
        if due.has_begun:
            return replace(due, gone=gone)
        # Nobody is asked what could not begin today any more.
        return gone or (decision and why_not_today(fresh, decision, self.today())) or due

    def still_decided(self, action_id: str, fresh: Fresh | None) -> tuple[Decision | None, str]:
        """The decision that asks for this suspension now; or None, and why nothing does."""
        decision = decision_for(action_id, fresh)
        if decision is None:
            return None, why_not(fresh)
        if self.book.is_given_back(action_id):
            return None, "what was taken in this round is given back: it takes another warning and another answer"
        return decision, ""

    def looked_at(self, waiting: Waiting, fresh: Fresh, decision: Decision) -> Due:
        """One of them, with its proposal as it is now and whether the answer to it holds."""
        evidence = self.book.evidence(decision.customer_id, decision.receivable_ids)
        owed = owed_in(look(fresh.case, fresh.policy, decision.on), decision) if fresh.case else None
        proposal = propose(decision, evidence, self.policy, self.clock(), owed=owed)
        approval = self.book.approval(waiting.action_id)
        has_begun = self._has_begun(waiting)
        why = why_not_approved(approval, proposal.digest, self.clock(), self.policy.approval_days)
        why = why or _refused_since(approval, self.book.changes(waiting.action_id))
        return Due(
            waiting=waiting,
            fresh=fresh,
            decision=decision,
            proposal=proposal,
            approval=approval,
            open_because="" if has_begun else why,
            has_begun=has_begun,
        )

    def _has_begun(self, waiting: Waiting) -> bool:
        return any(each.change.action_id == waiting.action_id for each in self.book.taken(waiting.customer_id))

    def questions(self) -> Sequence[Due]:
        """What people are to be asked now, kept as asked; the policy's number at once, the largest debts first."""
        asked = [each for each in self.due() if each.open_because and each.proposal.targets]
        for each in asked[: self.policy.questions_max]:
            self.book.keep_proposal(each.proposal)
        return asked[: self.policy.questions_max]


def _refused_since(approval: Approval | None, changes: Sequence[Standing]) -> str:
    """Is all of it over without effect since it was answered? Then another try takes another answer."""
    if approval is None or not changes or any(each.event not in _OVER for each in changes):
        return ""
    given = datetime.fromisoformat(approval.recorded_at)
    return "nothing of it could be suspended since it was answered" if any(each.at > given for each in changes) else ""
