"""Who did what in Partner Center, one day at a time (microsoft.md 8).

A record's values can hold a password in clear text, so nothing is taken over but the fields named here: the new value
is looked into for subscriptions only, and then for four fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from csp_receivables.adapters.partner_center.answers import Record, parse_json
from csp_receivables.adapters.partner_center.paging import items
from csp_receivables.adapters.partner_center.session import Session
from csp_receivables.domain.microsoft.audit import AuditRecord
from csp_receivables.microsoft_ports import MicrosoftRefused

DAYS_BACK_MAX = 90  # older days are refused
_NOTHING = Record({}, "an audit record")


class Audit:
    """Reads records."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on(self, day: date) -> Iterator[AuditRecord]:
        """What was done on one day, at most ninety days back. Raises MicrosoftRefused."""
        query = {"startDate": day.isoformat(), "endDate": day.isoformat(), "size": "500"}
        return map(read, items(self._session, "/v1/auditrecords", query))


def read(node: Record) -> AuditRecord:
    """A record, cut to what may be kept."""
    resource = node.text("resourceType").casefold()
    value = _new_value(node) if resource == "subscription" else _NOTHING
    return AuditRecord(
        tenant_id=node.text("customerId"),
        resource_type=resource,
        operation=node.text("operationType").casefold(),
        outcome=node.text("operationStatus").casefold(),
        happened_at=node.moment("operationDate"),
        application=node.text("applicationId"),
        subscription_id=value.text("id"),
        subscription_status=value.text("status").casefold(),
        auto_renew=value.flag("autoRenewEnabled"),
        quantity=value.whole("quantity") if "quantity" in value else None,
    )


def _new_value(node: Record) -> Record:
    try:
        return Record(parse_json(node.text("resourceNewValue").encode()), "an audit record")
    except (ValueError, MicrosoftRefused):
        return _NOTHING  # not told, or no JSON: the record says at least that something was done
