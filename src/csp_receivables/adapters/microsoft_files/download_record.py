"""What was downloaded: `<invoice id>.download.json` beside its parts, written last, so that it vouches for them.

    {"invoice": "G…", "parts": [{"name": "part-00000….json.gz", "bytes": 123, "sha256": "…"}]}

The same data gives the same bytes: nothing in it tells when or from where it was fetched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.domain.charge_data import FileRefused
from csp_receivables.domain.findings import Finding, Severity

SUFFIX = ".download.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a download; its size and digest are unknown where nobody downloaded it."""

    path: Path
    bytes: int = 0
    digest: str = ""


def is_record(path: Path) -> bool:
    """Is the file, by its name, the record of a download?"""
    return path.name.endswith(SUFFIX)


def write_record(path: Path, *, invoice_id: str, parts: Sequence[Part]) -> None:
    """Write the record whole, onto the disk, under its name."""
    listed = [{"name": part.path.name, "bytes": part.bytes, "sha256": part.digest} for part in parts]
    text = json.dumps({"invoice": invoice_id, "parts": listed}, indent=1, sort_keys=True)
    half = path.with_suffix(".half")
    with half.open("w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def read_record(path: Path) -> tuple[Part, ...]:
    """The parts that the record names, in its order; none where the file is no record. Raises FileRefused."""
    if not is_record(path):
        return ()
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["parts"]
        parts = tuple(
            Part(path=path.parent / Path(one["name"]).name, bytes=int(one["bytes"]), digest=one["sha256"])
            for one in listed
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refused(path, "microsoft.download_unreadable", "a record of a download that can't be read") from None
    missing = next((part.path.name for part in parts if not part.path.is_file()), "")
    if missing or not parts:
        raise _refused(path, "microsoft.download_incomplete", f"a download that lacks {missing or 'every part'}")
    return parts


def recorded_invoice(path: Path) -> str:
    """The invoice that a record names, where the file is a record that `read_record` took; else ""."""
    return str(json.loads(path.read_text(encoding="utf-8")).get("invoice", "")) if is_record(path) else ""


def changed_since(path: Path, part: str) -> FileRefused:
    """The refusal of a download whose part is not what was downloaded."""
    return _refused(path, "microsoft.download_changed", f"a download whose part {part} has changed on the disk")


def _refused(path: Path, code: str, what: str) -> FileRefused:
    remedy = "Remove its folder; the next fetch downloads it again"
    finding = Finding(code=code, severity=Severity.REFUSED, found=f"this is {what}", remedy=remedy, source=path.name)
    return FileRefused(finding, what)
