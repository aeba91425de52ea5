"""A decision in words that a customer could be shown: what is to happen, why, and what comes next."""

from __future__ import annotations

from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.collections.policy import CLEAR
from csp_receivables.domain.money import to_text

_ANSWERS = {
    Answer.WAIT: "Nothing is done today.",
    Answer.SEND_NOTICE: "A notice is to be sent: {stage}.",
    Answer.PROPOSE_SUSPENSION: "It is proposed to a person that access be suspended.",
    Answer.REINSTATE: "Access is to be given back.",
    Answer.ESCALATE: "The debt is handed over to a person.",
}
# By the rule, what its threshold and what was found say. A rule that is not here is said as it is.
_RULES = {
    "open": "Nothing is owed.",
    "overdue": "Nothing is overdue: {actual}.",
    "exempt": "The customer is not chased: {actual}.",
    "hold": "Somebody asked that the customer be left alone, {threshold}: {actual}.",
    "days_overdue": (
        "Counted after grace, the oldest receivable concerned is {actual} days late; this begins at {threshold}."
    ),
    "days_before": "What is due next is due in {actual}; this begins {threshold} before.",
    "amount_overdue": "{actual} of it is overdue; this begins at {threshold}.",
    "receivables_overdue": "{actual} receivables are overdue; this begins at {threshold}.",
    "minimum_amount": "{actual} is less than what is chased at all ({threshold}).",
    "minimum_receivables": "{actual} overdue receivables are fewer than what is chased at all ({threshold}).",
    "unapplied": "Money or credit that is not applied yet counts first: {actual}.",
    "part_payment": "A part was paid on {actual}; harder steps wait {threshold}.",
    "notice_in_doubt": "It is not known whether a notice was sent ({actual}); that is settled first.",
    "address": "There is no address that works.",
    "doubt": "Nothing hard is done while this is open: {actual}.",
    "bank_feed": "Bank feed: {actual}.",
    "suspended": "Access has been suspended {actual}.",
    "reinstate_below": "Access returns once no more than {threshold} of what it was taken for is overdue: {actual}.",
    "owner": "It goes to {actual}.",
    "promise": "What was promised, {threshold}, was {actual}.",
    "plan": "What was agreed, {threshold}, was {actual}.",
    "tags": "Asked for: {threshold}; the customer has: {actual}.",
}


def in_words(decision: Decision) -> list[str]:
    """One sentence a line, the answer first. Stages are named as the policy names them, with blanks."""
    lines = [_ANSWERS[decision.answer].format(stage=_plain(decision.stage))]
    if decision.currency:
        amounts = (to_text(minor, decision.currency) for minor in (decision.open, decision.overdue))
        open_, overdue = (f"{amount} {decision.currency}" for amount in amounts)
        lines.append(f"Open: {open_}; overdue: {overdue}, the oldest for {decision.days_overdue} days.")
    if decision.stage != CLEAR and decision.answer is Answer.WAIT:
        lines.append(f"The stage that was reached is {_plain(decision.stage)}.")
    lines += [sentence(reason) for reason in decision.because]
    lines += [
        f"Considered and not done: {_plain(r.rule)} ({_plain(r.threshold)}), {r.actual}." for r in decision.outranked
    ]
    if decision.next_stage:
        when = f"on {decision.next_on}" if decision.next_on else "once that is settled"
        lines.append(f"If nothing changes, {_plain(decision.next_stage)} comes {when}.")
    return lines


def sentence(reason: Reason) -> str:
    """One reason as a sentence."""
    if reason.rule == "days_overdue" and reason.actual.startswith("-"):
        reason = Reason(rule="days_before", threshold=_days(reason.threshold), actual=_days(reason.actual))
    if reason.rule in _RULES:
        return _RULES[reason.rule].format(threshold=reason.threshold, actual=reason.actual)
    kind, _, number = reason.rule.partition(" ")
    if kind == "hold" and number:
        return f"{number} is left aside, {reason.threshold}: {reason.actual}."
    if kind == "exempt" and number:
        return f"{number} is not chased: {reason.actual}."
    if reason.rule.startswith("warned_by_"):
        stage = _plain(reason.rule.removeprefix("warned_by_"))
        return f"The warning ({stage}) must be {reason.threshold}; it is {reason.actual}."
    if reason.rule.startswith("days_after_"):
        stage = _plain(reason.rule.removeprefix("days_after_"))
        return f"{reason.actual} days since the last {stage}; {reason.threshold} are kept between them."
    return f"{_plain(reason.rule).capitalize()}: {reason.actual}" + (
        f" ({reason.threshold})." if reason.threshold else "."
    )


def _days(negative: str) -> str:
    number = negative.removeprefix("-")
    return f"{number} day" if number == "1" else f"{number} days"


def _plain(name: str) -> str:
    return name.replace("_", " ")
