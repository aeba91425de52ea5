"""The files of a day: workbook, page and tables in one folder that is replaced whole or not at all.

A live day lies in `<outputs>/<as of>/`, a historical one in `<outputs>/historical/<as of>@<known at>/`. A new issue is
written beside the old one under a hidden name and takes its place by renaming; what a killed run leaves behind, the
next one clears away. Only the owner may read: the files hold what customers paid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.day_headline import known_at
from csp_receivables.adapters.page import TEMPLATES, write_page
from csp_receivables.adapters.tables import content_digest, write_tables
from csp_receivables.adapters.whole_folder import alone, replace_whole
from csp_receivables.adapters.workbook import write_workbook
from csp_receivables.domain.day import Day, Mode
from csp_receivables.ports import Issued

ISSUE_FILE = "issue.json"  # what was issued; written last, so a folder that has it is whole


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiles:
    """Issues days as files under `outputs`; `templates` is the folder of the page's template."""

    outputs: Path
    templates: Path = TEMPLATES

    def issue(self, day: Day, customers: Sequence[str] = ()) -> Issued:
        """Write the day's files, or leave them untouched when what they show is the same.

        The moment known at and the kind of run may differ then: they are of the run that made the files.
        """
        folder = self.folder(day, customers)
        digest = content_digest(day)
        with alone(folder):
            changed = not _is_issued(folder, day, digest)
            if changed:
                self._replace(folder, day, digest)
        return _issued(folder, day, digest, changed=changed)

    def folder(self, day: Day, customers: Sequence[str] = ()) -> Path:
        """Where the files of `day` lie; those of a day limited to a few `customers` lie apart from the whole day's."""
        if day.mode is Mode.LIVE:
            return self.outputs / day.as_of.isoformat()
        name = f"{day.as_of.isoformat()}@{known_at(day):%Y%m%dT%H%M%S%fZ}"
        return self.outputs / "historical" / (f"{name}-{_short(customers)}" if customers else name)

    def _replace(self, folder: Path, day: Day, digest: str) -> None:
        def write(new: Path) -> None:
            made = _issued(new, day, digest, changed=True)
            write_workbook(day, made.workbook)
            write_page(day, made.page, self.templates)
            write_tables(day, made.tables)
            (new / ISSUE_FILE).write_text(json.dumps(_issue(day, digest), indent=2) + "\n", encoding="utf-8")

        replace_whole(folder, write)


def _issued(folder: Path, day: Day, digest: str, *, changed: bool) -> Issued:
    name = f"reconciliation-{day.as_of.isoformat()}"
    return Issued(
        workbook=folder / f"{name}.xlsx",
        page=folder / f"{name}.html",
        tables=folder / "tables",
        digest=digest,
        changed=changed,
    )


def _issue(day: Day, digest: str) -> dict[str, str]:
    return {
        "as_of": day.as_of.isoformat(),
        "known_at": day.known_at,
        "mode": day.mode.value,
        "digest": digest,
    }


def _is_issued(folder: Path, day: Day, digest: str) -> bool:
    """Does the folder hold the whole issue of this digest? A file that somebody took away is made again."""
    try:
        stored = json.loads((folder / ISSUE_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    there = _issued(folder, day, digest, changed=False)
    tables = [there.tables / f"{name}.{kind}" for name in day.tables() for kind in ("parquet", "csv")]
    return stored.get("digest") == digest and all(path.is_file() for path in (there.workbook, there.page, *tables))


def _short(customers: Sequence[str]) -> str:
    """A name for a set of customers: their ids come from outside and may hold anything."""
    return hashlib.sha256("\x1f".join(sorted(set(customers))).encode()).hexdigest()[:12]
