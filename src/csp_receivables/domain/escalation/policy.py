"""Who hears what of escalation: the readers of the report and the owners of its sections, as finance names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from csp_receivables.domain.escalation.items import ReportKind, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody in the house who gets the report."""

    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Readers by kind of report, who owns what is in a section, and how much of one a mail shows."""

    readers: Mapping[ReportKind, tuple[Reader, ...]]
    owners: Mapping[Section, str]
    pack_readers: tuple[Reader, ...] = ()  # who gets a customer's pack at the end of the ladder
    second_person_above: Mapping[str, int] = field(default_factory=dict)  # of a write-off, by currency; minor units
    shown_max: int = 15  # of each section in mail and PDF; the workbook has them all

    def owner(self, section: Section) -> str:
        """Who owns what is in the section; "" where nobody is named."""
        return self.owners.get(section, "")


NOBODY_READS = EscalationPolicy(readers=MappingProxyType({}), owners=MappingProxyType({}))
