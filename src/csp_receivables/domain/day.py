"""The daily reconciliation as one value: every table that pages, workbooks and files are made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

import pyarrow as pa


class Mode(StrEnum):
    """A live run speaks for the partner's yesterday and may book; a historical run only looks."""

    LIVE = "live"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one day shows, as of its end. Tables have the schemas of `records` (named beside each) and a fixed order."""

    as_of: date
    known_at: str  # UTC ISO 8601
    mode: Mode
    is_demo: bool
    summary: pa.Table  # SUMMARY
    reconciliation: pa.Table  # RECONCILIATION
    standings: pa.Table  # STANDING
    late: pa.Table  # LATE
    allocations: pa.Table  # ALLOCATION_VIEW
    unapplied: pa.Table  # UNAPPLIED_VIEW
    coverage: pa.Table  # COVERAGE
    tie_out: pa.Table  # TIE_OUT
    feeds: pa.Table  # FEED
    suggestions: pa.Table  # SUGGESTION
    findings: pa.Table  # FINDING

    def tables(self) -> dict[str, pa.Table]:
        """The tables by name, in the order a reader wants them."""
        return {f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), pa.Table)}
