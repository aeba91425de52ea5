"""Support tickets, to be looked at: the list tells numbers where the detail tells words (microsoft.md 7.3)."""

from __future__ import annotations

from collections.abc import Sequence

from csp_receivables.adapters.partner_center.answers import Record
from csp_receivables.adapters.partner_center.paging import items
from csp_receivables.adapters.partner_center.session import Session, segment
from csp_receivables.domain.microsoft.service_requests import ServiceRequest

SEVERITIES = ("unknown", "critical", "moderate", "minimal")
STATUSES = ("none", "open", "closed", "attention_needed")


class ServiceRequests:
    """Reads tickets; app and user only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_customer(self, tenant_id: str) -> Sequence[ServiceRequest]:
        """A customer's tickets, in the order of their ids. Raises MicrosoftRefused."""
        found = map(read, items(self._session, f"/v1/customers/{segment(tenant_id)}/servicerequests"))
        return sorted(found, key=lambda each: each.request_id)

    def one(self, request_id: str) -> ServiceRequest:
        """One ticket. Raises MicrosoftRefused."""
        return read(self._session.get(f"/v1/servicerequests/{segment(request_id)}"))


def read(node: Record) -> ServiceRequest:
    """A ticket as Microsoft tells it; who opened it and who wrote notes stays there."""
    return ServiceRequest(
        request_id=node.needed("id"),
        title=node.text("title"),
        severity=_word(node.text("severity"), SEVERITIES),
        status=_word(node.text("status"), STATUSES),
        topic=node.text("supportTopicName"),
        created_at=node.moment("createdDate"),
        changed_at=node.moment("lastModifiedDate"),
        closed_at=node.moment("lastClosedDate"),
    )


def _word(told: str, words: tuple[str, ...]) -> str:
    if told.isascii() and told.isdigit() and int(told) < len(words):
        return words[int(told)]
    return told.casefold()
