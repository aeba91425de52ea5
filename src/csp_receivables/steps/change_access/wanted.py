"""The last look at an action: is the same still decided, and what does the decision name?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.warning import why_too_old
from csp_receivables.outbox_ports import Fresh


def decision_for(action_id: str, fresh: Fresh | None) -> Decision | None:
    """The decision that asks for this action now; None when nothing does.

    A suspension that has begun is decided as if it had not: else its own beginning would end it half way.
    """
    if fresh is None:
        return None
    if fresh.decision.action_id == action_id:
        return fresh.decision
    suspension = fresh.case.suspension if fresh.case else None
    if fresh.case is None or suspension is None or fresh.decision.answer is Answer.REINSTATE:
        return None
    untouched = decide(replace(fresh.case, suspension=None), fresh.policy, fresh.decision.on)
    return untouched if untouched.action_id == action_id else None


def why_not_today(fresh: Fresh, decision: Decision, today: date) -> str:
    """Why it must not begin on this day although it is decided; "" when it may (invariant I1)."""
    return why_too_old(fresh.case, fresh.policy, decision, today) if fresh.case else ""


def why_not(fresh: Fresh | None) -> str:
    """What is decided instead, in words."""
    if fresh is None:
        return "nothing is known of the customer any more"
    because = "; ".join(str(reason) for reason in fresh.decision.because)
    return f"by now the answer is {fresh.decision.answer.value} ({fresh.decision.stage}): {because}"
