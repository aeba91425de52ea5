"""What a person pastes into Microsoft's form: filing requests by API is not documented any more (microsoft.md 7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from csp_receivables.domain.support.cases import CaseEvent, SupportCase
from csp_receivables.domain.support.policy import Severity, SupportPolicy
from csp_receivables.domain.support.triage import missing_requirements
from csp_receivables.domain.support.vehicles import vehicle_for

# Microsoft's words for severities.
VENDOR_SEVERITIES: Mapping[Severity, str] = MappingProxyType(
    {Severity.A: "critical", Severity.B: "moderate", Severity.C: "minimal"}
)


def vendor_request(
    case: SupportCase, policy: SupportPolicy, tenants: Sequence[str], subscriptions: Sequence[str]
) -> str:
    """The request as text, field by field. Nothing in it is invented: what is not known is said to be missing."""
    choice = vehicle_for(case.kind, case.family, case.severity, policy)
    messages = [t for t in case.story if t.event in (CaseEvent.OPENED, CaseEvent.MESSAGE)]
    asked = "\n".join(told.what.get("text", "") for told in messages)
    missing = missing_requirements(asked, case.family, policy)
    lines = [
        f"Way: {choice.vehicle.title if choice.vehicle else 'none that is held'} ({choice.because})",
        f"Where: {choice.vehicle.where if choice.vehicle else 'ask who decides on support contracts'}",
        f"Title: {case.subject}",
        f"Severity: {VENDOR_SEVERITIES[case.severity]} ({case.severity})",
        f"Product: {case.family.replace('_', ' ')}",
        f"Tenant: {', '.join(tenants) or 'not known: ask the customer'}",
        f"Subscriptions: {', '.join(subscriptions) or 'none known'}",
        f"Our case: {case.case_id}, opened {case.opened_at:%Y-%m-%d %H:%M} UTC",
    ]
    if missing:
        lines.append(f"Still to be asked for: {', '.join(missing)}")
    described = [f"[{told.at:%Y-%m-%d %H:%M} UTC]\n{told.what.get('text', '')}" for told in messages]
    attached = [told.what["attached"] for told in messages if told.what.get("attached")]
    evidence = ["Evidence (in the mailbox):", *attached] if attached else []
    return "\n".join([*lines, "", "Description:", *described, *evidence]).rstrip() + "\n"
