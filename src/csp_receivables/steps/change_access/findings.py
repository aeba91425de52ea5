"""What a person must look at after access was changed, or was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from csp_receivables.domain.access.changes import Change
from csp_receivables.domain.access.proposal import Target
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.microsoft_ports import MicrosoftRefused


def _about(change: Change, code: str, severity: Severity, found: str, remedy: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        subject=change.subscription_id,
        customer_id=change.customer_id,
        found=f"{found} (tenant {change.tenant_id}, action {change.action_id})",
        remedy=remedy,
    )


def refused(change: Change, code: str, meaning: str, remedy: str) -> Finding:
    """Microsoft said no, and no repeat helps."""
    told = f"Microsoft refuses to {change.direction.value} the subscription: {meaning} ({code})"
    return _about(change, "access.refused", Severity.HELD, told, f"{remedy}; then: csp access show …")


def odd(change: Change, status: str) -> Finding:
    """A reading shows a status that nobody asked for."""
    told = f"it should be {change.direction.value}d and reads {status!r}"
    return _about(change, "access.odd_status", Severity.HELD, told, "Look at the subscription in Partner Center")


def tried_too_often(change: Change, tries: int) -> Finding:
    """No change ever showed."""
    told = f"tried to {change.direction.value} it {tries} times, and no reading shows it"
    return _about(change, "access.tried_too_often", Severity.HELD, told, "Do it in Partner Center, and ask its support")


def changed_meanwhile(change: Change, differences: Sequence[str]) -> Finding:
    """Some of what was approved is done, and this one changed before its turn: nobody approved it as it is."""
    told = f"it changed before it was suspended, so it was left: {'; '.join(differences)}"
    remedy = "If it should go as well: csp outbox release ACTION, and answer again"
    return _about(change, "access.changed_meanwhile", Severity.WARNING, told, remedy)


def rest_left(change: Change, why: str) -> Finding:
    """Some of what was approved is done, and nobody's answer covers the rest any more."""
    told = f"the suspension that it belongs to began, and it was left: {why}"
    remedy = "If it should go as well: csp outbox release ACTION, and answer again"
    return _about(change, "access.rest_left", Severity.WARNING, told, remedy)


def not_ours(change: Change, found: str) -> Finding:
    """Somebody else was at it."""
    remedy = "Find out who and why; what we did not do we do not undo"
    return _about(change, "access.not_ours", Severity.WARNING, found, remedy)


def renewal_differs(change: Change, difference: str) -> Finding:
    """Access is back, and this is not as it was before (invariant I3)."""
    told = f"access is back, but: {difference}"
    return _about(change, "access.renewal_differs", Severity.HELD, told, "Set it in Partner Center as it was before")


def unreadable(customer_id: str, target: Target, refusal: MicrosoftRefused) -> Finding:
    """A subscription of an approved proposal can't even be read."""
    return Finding(
        code="access.unreadable",
        severity=Severity.HELD,
        subject=target.subscription_id,
        customer_id=customer_id,
        found=f"nothing was suspended: {target.name} can't be read: {refusal.meaning} ({refusal.code})",
        remedy=refusal.remedy,
    )


def nothing_to_suspend(customer_id: str, action_id: str) -> Finding:
    """The policy's scope leaves nothing."""
    return Finding(
        code="access.nothing_to_suspend",
        severity=Severity.WARNING,
        subject=action_id,
        customer_id=customer_id,
        found="a suspension is due, and none of the customer's subscriptions may be suspended",
        remedy="csp access show says why each is left out; read them anew with csp microsoft subscriptions --refresh",
    )


def breaker(wanted: int, told: str, likely: str, on: date) -> Finding:
    """More than usual: none was performed."""
    return Finding(
        code="access.breaker",
        severity=Severity.HELD,
        subject=on.isoformat(),
        found=f"{wanted} approved suspensions were not performed: {told}. {likely}",
        remedy="If they are right, somebody who approved none of them starts the DAG release_suspensions, or says: "
        "csp access release-breaker --by … --why …",
    )


def canary(action_id: str, how: str, on: date) -> Finding:
    """One of the first did not end well: the rest waits."""
    return Finding(
        code="access.canary",
        severity=Severity.HELD,
        subject=f"{on.isoformat()} {action_id}",
        found=f"one of the day's first suspensions ended as {how}, so the rest was not performed",
        remedy="csp access history says what happened; the next run tries again with the first that wait then",
    )
