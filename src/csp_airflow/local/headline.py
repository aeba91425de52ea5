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

_WANTED = {
    "send_notice": "notices",
    "propose_suspension": "suspensions to propose",
    "reinstate": "reinstatements",
    "escalate": "escalations",
}


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


def what_would_leave(decided: Mapping[str, Any], *, is_demo: bool) -> list[str]:
    """Lines on what the task `decide` decided to send, and where to look at it; none where it was skipped."""
    if not decided:
        return []
    wanted = [(int(decided.get(answer, 0)), words) for answer, words in _WANTED.items()]
    told = ", ".join(f"{count} {words}" for count, words in wanted if count) or "nothing"
    waits = int(decided.get("proposed", 0))
    new = (
        f"{waits} new in the outbox" if waits else "nothing new in the outbox (a policy that is not live only runs dry)"
    )
    lines = [f"Decided:  {told}; {new}"]
    if is_demo:
        lines.append(
            "A demonstration writes to nobody but a catch-all address (CSP_CATCH_ALL), and without one to nobody."
        )
    return [*lines, "Look:     csp decide, csp notice preview, csp outbox list; docs/COLLECTIONS.md"]


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
