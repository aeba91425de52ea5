"""The escalation report as one value: rows by section, what changed since the report before, and the measures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.items import Item, ReportKind, Section
from csp_receivables.domain.escalation.measures import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """What is open in one currency, by how late it is; minor units."""

    currency: str
    not_due: int
    days_1_30: int
    days_31_60: int
    days_61_90: int
    days_over_90: int

    @property
    def open(self) -> int:
        return self.not_due + self.overdue

    @property
    def overdue(self) -> int:
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.days_over_90


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What differs from the report before. `since`: its day; None: there was none, so nothing is called new."""

    since: date | None = None
    new: tuple[Item, ...] = ()
    gone: tuple[Item, ...] = ()  # as they stood then
    grown: tuple[tuple[Item, int], ...] = ()  # larger than before, and by how much (minor units)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationReport:
    """The report of one day. `left_out`: what it can't tell, each as a sentence."""

    kind: ReportKind
    as_of: date
    known_at: str
    mode: Mode
    is_demo: bool
    items: tuple[Item, ...]
    ageing: tuple[Ageing, ...]
    measures: tuple[Measure, ...]
    changed: Changed
    left_out: tuple[str, ...] = ()

    def of(self, section: Section) -> tuple[Item, ...]:
        """The rows of one section."""
        return tuple(item for item in self.items if item.section is section)

    @property
    def digest(self) -> str:
        """SHA-256 of what it says, whichever run said it and when."""
        told = {name: value for name, value in to_data(self).items() if name not in ("known_at", "mode", "is_demo")}
        return hashlib.sha256(_canonical(told).encode()).hexdigest()


def changes(before: EscalationReport | None, items: Sequence[Item]) -> Changed:
    """What differs between the report before and the rows of today, in the order of the rows."""
    if before is None:
        return Changed()
    was = {item.identity: item for item in before.items}
    now = {item.identity for item in items}
    grown = [
        (item, item.amount - earlier.amount)
        for item in items
        if (earlier := was.get(item.identity)) is not None
        and item.amount is not None
        and earlier.amount is not None
        and item.currency == earlier.currency
        and item.amount > earlier.amount
    ]
    return Changed(
        since=before.as_of,
        new=tuple(item for item in items if item.identity not in was),
        gone=tuple(item for item in before.items if item.identity not in now),
        grown=tuple(grown),
    )


def to_json(report: EscalationReport) -> str:
    """The report as canonical JSON: the same text for the same report."""
    return _canonical(to_data(report))


def to_data(report: EscalationReport) -> dict[str, Any]:
    """The report as plain values; days are ISO 8601."""
    return asdict(report)


def from_json(text: str) -> EscalationReport:
    """The report that `to_json` wrote."""
    data = json.loads(text)
    changed = data["changed"]
    return EscalationReport(
        kind=ReportKind(data["kind"]),
        as_of=date.fromisoformat(data["as_of"]),
        known_at=data["known_at"],
        mode=Mode(data["mode"]),
        is_demo=data["is_demo"],
        items=tuple(map(_item, data["items"])),
        ageing=tuple(Ageing(**each) for each in data["ageing"]),
        measures=tuple(Measure(**each) for each in data["measures"]),
        changed=Changed(
            since=date.fromisoformat(changed["since"]) if changed["since"] else None,
            new=tuple(map(_item, changed["new"])),
            gone=tuple(map(_item, changed["gone"])),
            grown=tuple((_item(item), more) for item, more in changed["grown"]),
        ),
        left_out=tuple(data["left_out"]),
    )


def _item(data: dict[str, Any]) -> Item:
    known = {field.name for field in fields(Item)}
    kept = {name: value for name, value in data.items() if name in known}
    return Item(**kept | {"section": Section(data["section"]), "since": date.fromisoformat(data["since"])})


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
