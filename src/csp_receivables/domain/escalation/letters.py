"""Letters to the house as actions of the outbox, each once: a report by reader and day, a pack by reader and stage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.escalation.policy import Reader
from csp_receivables.domain.escalation.report import EscalationReport
from csp_receivables.domain.outbox.actions import Action, OwnLetter, canonical


def report_letter(report: EscalationReport, reader: Reader, run_id: str) -> Action:
    """The action of telling one reader. A report made again the same day is not told again."""
    return Action(
        action_id=f"{OwnLetter.ESCALATION_REPORT}/{report.kind}/{report.as_of}/{_who(reader)}",
        kind=OwnLetter.ESCALATION_REPORT,
        customer_id="",
        round_id="",
        stage=report.kind.value,
        decided_on=report.as_of,
        policy_version="",
        run_id=run_id,
        payload=canonical({"to": reader.email, "name": reader.name, "receivable_ids": []}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A debt that the collections policy hands over: of which customer, in which round, at which stage."""

    customer_id: str
    round_id: str
    stage: str
    decided_on: date


def pack_letter(handed: HandedOver, reader: Reader) -> Action:
    """The action of handing one reader the pack: once for each customer, round and stage."""
    return Action(
        action_id=f"{OwnLetter.ESCALATION_PACK}/{handed.customer_id}/{handed.round_id}/{handed.stage}/{_who(reader)}",
        kind=OwnLetter.ESCALATION_PACK,
        customer_id=handed.customer_id,
        round_id=handed.round_id,
        stage=handed.stage,
        decided_on=handed.decided_on,
        policy_version="",
        run_id="",
        payload=canonical({"to": reader.email, "name": reader.name, "receivable_ids": []}),
    )


def _who(reader: Reader) -> str:
    return hashlib.sha256(reader.email.casefold().encode()).hexdigest()[:12]
