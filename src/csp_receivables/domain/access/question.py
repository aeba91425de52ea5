"""The question that a person is asked about one customer, as Markdown: what is owed, was said, and would happen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from csp_receivables.domain.access.levers import Lever
from csp_receivables.domain.access.proposal import Proposal, Target, days_to_renewal
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.microsoft.suspending import Billing
from csp_receivables.domain.money import to_text

_BILLED = {
    Billing.GOES_ON: "goes on being billed",
    Billing.STOPS: "stops being billed, with a credit",
    Billing.STORAGE: "storage goes on being billed",
    Billing.UNKNOWN: "not known",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def question_text(proposal: Proposal, decision: Decision, case: Case | None, now: datetime) -> str:
    """The evidence as Markdown. What customers and Microsoft wrote is escaped: it is text, never markup."""
    name = case.name if case else proposal.customer_id
    parts = [f"## Suspend {_text(name)} ({_text(proposal.customer_id)})?", "", *_owed(proposal, decision)]
    parts += ["", *_said(case)] if case else []
    parts += ["", "### What would be suspended", "", *_targets(proposal.targets, now)]
    parts += ["", *_week(proposal)]
    if proposal.left_out:
        parts += ["", "### What stays as it is", ""]
        parts += [f"- {_text(each.name)} ({each.subscription_id}): {_text(each.because)}" for each in proposal.left_out]
    parts += ["", f"Digest of what you see: `{proposal.digest[:16]}`. Nobody's answer is a no."]
    return "\n".join(parts)


def _owed(proposal: Proposal, decision: Decision) -> Iterator[str]:
    for currency, overdue, open_ in proposal.owed:
        owed = f"{to_text(overdue, currency)} {currency} overdue of {to_text(open_, currency)} {currency} open"
        yield f"- **{owed}**, the oldest for {decision.days_overdue} days, as of {decision.on}"
    yield f"- Receivables: {', '.join(_text(each) for each in proposal.receivable_ids)}"
    yield from (f"- {_text(str(reason).replace('_', ' '))}" for reason in decision.because)


def _said(case: Case) -> Iterator[str]:
    yield "### What was said before"
    yield ""
    for notice in case.notices:
        yield f"- {notice.on}: {_text(notice.stage.replace('_', ' '))}, {notice.delivery.value.replace('_', ' ')}"
    for hold in case.holds:
        until = f" until {hold.until}" if hold.until else ""
        yield f"- {hold.placed_on}: {hold.kind.value} by {_text(hold.placed_by)}{until}: {_text(hold.reason)}"
    if not case.notices and not case.holds:
        yield "- nothing"


def _targets(targets: Sequence[Target], now: datetime) -> Iterator[str]:
    yield "| subscription | seats | users | Microsoft meanwhile | term ends | loses until restored |"
    yield "| --- | ---: | --- | --- | --- | --- |"
    for each in targets:
        days = days_to_renewal(each, now)
        ends = f"{each.term_ends:%Y-%m-%d} (in {days} days)" if each.term_ends else "never"
        lost = [name for name, is_lost in (("auto-renew", each.loses_auto_renew),
                                           ("scheduled changes", each.loses_scheduled_changes)) if is_lost]  # fmt: skip
        name, loses = f"{_text(each.name)} ({each.subscription_id})", " and ".join(lost) or "nothing"
        yield f"| {name} | {each.quantity} | {_text(each.users)} | {_BILLED[each.billing]} | {ends} | {loses} |"
    yield from _levers(targets)


def _levers(targets: Sequence[Target]) -> Iterator[str]:
    """What may serve better, once for all that it would serve."""
    serves: dict[Lever, list[str]] = {}
    for each in targets:
        for lever in each.levers:
            serves.setdefault(lever, []).append(_text(each.name))
    if serves:
        yield ""
    for lever, names in serves.items():
        until = f" (until {lever.until:%Y-%m-%d %H:%M} UTC)" if lever.until else ""
        yield f"- Instead: **{lever.kind.value.replace('_', ' ')}**{until}: {lever.why}. For {', '.join(names)}"


def _week(proposal: Proposal) -> Iterator[str]:
    waits = ", ".join(f"{to_text(amount, currency)} {currency}" for currency, amount in proposal.waiting_costs)
    goes_on = ", ".join(f"{to_text(amount, currency)} {currency}" for currency, amount in proposal.charged_all_the_same)
    yield f"- One week's wait costs us {waits or 'nothing'} at Microsoft that suspending would save."
    if goes_on:
        yield f"- Microsoft charges {goes_on} a week for these whether they are suspended or not."


def _text(said: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(said.split()))
