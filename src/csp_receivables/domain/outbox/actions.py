"""Actions: intentions with an id that is theirs for ever, made from decisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.decisions import Answer, Decision


class OwnLetter(StrEnum):
    """Letters that no decision about a customer asks for."""

    ESCALATION_REPORT = "escalation_report"  # to a reader in the house
    ESCALATION_PACK = "escalation_pack"  # to a reader in the house: one customer who came to the end of the ladder
    CASE_REPLY = "case_reply"  # to whoever opened a support case
    CASE_HANDOVER = "case_handover"  # to the provider who supports that customer


NOT_TO_THE_CUSTOMER = frozenset({OwnLetter.ESCALATION_PACK.value, OwnLetter.CASE_HANDOVER.value})  # though about one
OWN_LETTERS = frozenset(kind.value for kind in OwnLetter)
ActionKind: TypeAlias = Answer | OwnLetter


def action_kind(text: str) -> ActionKind:
    """The kind that an action was kept under."""
    return OwnLetter(text) if text in OWN_LETTERS else Answer(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something for the outside. `payload` is canonical JSON of what the decision named; it never changes."""

    action_id: str
    kind: ActionKind
    customer_id: str
    round_id: str
    stage: str
    decided_on: date
    policy_version: str
    run_id: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What proposing came to. `changed`: ids that are known with another payload; they are kept as they first were."""

    new: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # known, not wanted for a while, and wanted again
    known: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def action_of(decision: Decision, run_id: str) -> Action | None:
    """The action that a decision asks for; None when it asks for none."""
    if not decision.action_id:
        return None
    payload = {
        "currency": decision.currency,
        "open": decision.open,
        "overdue": decision.overdue,
        "days_overdue": decision.days_overdue,
        "receivable_ids": list(decision.receivable_ids),
        "because": [[reason.rule, reason.threshold, reason.actual] for reason in decision.because],
    }
    return Action(
        action_id=decision.action_id,
        kind=decision.answer,
        customer_id=decision.customer_id,
        round_id=decision.round_id,
        stage=decision.stage,
        decided_on=decision.on,
        policy_version=decision.policy_version,
        run_id=run_id,
        payload=canonical(payload),
    )


def action_of_letter(letter: AccountLetter, run_id: str) -> Action:
    """The action that a letter beside the ladder is: a notice like any other, in no round."""
    payload = {
        "receivable_ids": list(letter.receivable_ids),
        "because": [[reason.rule, reason.threshold, reason.actual] for reason in letter.because],
    }
    return Action(
        action_id=letter.action_id,
        kind=Answer.SEND_NOTICE,
        customer_id=letter.customer_id,
        round_id=letter.about,
        stage=letter.kind,
        decided_on=letter.on,
        policy_version=letter.policy_version,
        run_id=run_id,
        payload=canonical(payload),
    )


def canonical(payload: object) -> str:
    """JSON that is the same text for the same content."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def message_id_of(action_id: str, ordinal: int, domain: str) -> str:
    """The Message-ID (without its brackets) of what an action says to the `ordinal`-th address; the same for ever."""
    digest = hashlib.sha256(f"{action_id}\x1f{ordinal}".encode()).hexdigest()
    return f"{digest[:32]}@{domain}"
