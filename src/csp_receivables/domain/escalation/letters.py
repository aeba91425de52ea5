"""The report's letters as actions of the outbox: one for each reader and day, whatever is made again."""

from __future__ import annotations

import hashlib

from csp_receivables.domain.escalation.policy import Reader
from csp_receivables.domain.escalation.report import EscalationReport
from csp_receivables.domain.outbox.actions import Action, OwnLetter, canonical


def report_letter(report: EscalationReport, reader: Reader, run_id: str) -> Action:
    """The action of telling one reader. A report made again the same day is not told again."""
    who = hashlib.sha256(reader.email.casefold().encode()).hexdigest()[:12]
    return Action(
        action_id=f"{OwnLetter.ESCALATION_REPORT}/{report.kind}/{report.as_of}/{who}",
        kind=OwnLetter.ESCALATION_REPORT,
        customer_id="",
        round_id="",
        stage=report.kind.value,
        decided_on=report.as_of,
        policy_version="",
        run_id=run_id,
        payload=canonical({"to": reader.email, "name": reader.name, "receivable_ids": []}),
    )
