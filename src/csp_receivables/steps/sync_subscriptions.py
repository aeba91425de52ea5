"""Subscriptions of every customer, read from Microsoft and kept: one tenant's trouble holds up no other."""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.microsoft.subscriptions import SyncReport
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, SubscriptionBook, SubscriptionList


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSync:
    """What keeping subscriptions needs."""

    subscriptions: SubscriptionList
    book: SubscriptionBook

    def run(self) -> SyncReport:
        """Read and keep them all. Raises MicrosoftRefused where not even the customers can be listed."""
        tenants = changed = gone = 0
        findings = []
        for tenant_id in self.subscriptions.tenants():
            try:
                kept = self.book.keep(tenant_id, self.subscriptions.subscriptions(tenant_id))
            except ConsentLost:
                raise
            except MicrosoftRefused as refusal:
                if refusal.passes:
                    raise  # the way to Microsoft is disturbed: the next tenant would fare no better
                findings.append(_refused(tenant_id, refusal))
                continue
            tenants += 1
            changed += kept.changed
            gone += kept.gone
        self.book.tell(findings)
        return SyncReport(tenants=tenants, changed=changed, gone=gone, findings=tuple(findings))


def _refused(tenant_id: str, refusal: MicrosoftRefused) -> Finding:
    return Finding(
        code="microsoft.subscriptions_unreadable",
        severity=Severity.WARNING,
        found=f"the subscriptions of tenant {tenant_id} can't be read: {refusal.meaning} ({refusal.code})",
        remedy=refusal.remedy,
        subject=tenant_id,
    )
