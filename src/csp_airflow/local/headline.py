"""What a day came to, printed from the files that its run issued."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from csp_receivables.cli.headline import show_headline
from csp_receivables.domain.day import Day, Mode
from csp_receivables.settings import Settings
from csp_receivables.wiring import Reconciled, mark_of


def show_day(settings: Settings, run: Mapping[str, Any], issued: Mapping[str, Any], *, changed: bool) -> None:
    """Print the headline; `run` and `issued` are what the tasks `reconcile` and `issue_outputs` told."""
    workbook = settings.home / issued["workbook"]
    show_headline(
        Reconciled(
            day=stored_day(workbook.parent, is_demo=mark_of(settings) == "demo"),
            digest=issued["digest"],
            allocations_booked=run["allocations"] if run["mode"] == Mode.LIVE else 0,
            changed=changed,
            workbook=workbook,
            page=settings.home / issued["page"],
        )
    )


def stored_day(folder: Path, *, is_demo: bool) -> Day:
    """The day that lies in a folder, as it was issued."""
    issue = json.loads((folder / "issue.json").read_text())
    return Day(
        as_of=date.fromisoformat(issue["as_of"]),
        known_at=issue["known_at"],
        mode=Mode(issue["mode"]),
        is_demo=is_demo,
        **{name: pq.read_table(folder / "tables" / f"{name}.parquet") for name in Day.table_names()},
    )
