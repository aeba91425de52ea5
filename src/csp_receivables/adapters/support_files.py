"""Requests from other systems, as files: CSV with a header, or JSON lines. One bad line holds up no other."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from csp_receivables.domain.findings import Finding, Severity, kept
from csp_receivables.domain.support.requests import SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX, Channel, Request

FILE_BYTES_MAX = 20 << 20
COLUMNS = ("id", "sender", "sender_name", "customer_id", "subject", "text")
NEEDED = ("id", "subject")


def read_request_file(path: Path) -> Iterator[Request | Finding]:
    """The file's requests in order, and a finding for each line that is none. Raises ValueError for no such file."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"it is larger than {FILE_BYTES_MAX >> 20} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("its text is not UTF-8") from None
    rows = _json_rows(text) if path.suffix.lower() in (".json", ".jsonl") else _csv_rows(text)
    for line, row in rows:
        yield _request(path.name, line, row) if isinstance(row, Mapping) else _wrong(path.name, line, row)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    reader = csv.DictReader(io.StringIO(text))
    if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
        raise ValueError(f"its header lacks {', '.join(missing)}; it knows {', '.join(COLUMNS)}")
    for row in reader:
        yield reader.line_num, {name: row.get(name) or "" for name in COLUMNS}


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    for line, told in enumerate(text.splitlines(), start=1):
        if not told.strip():
            continue
        try:
            row = json.loads(told)
        except (ValueError, RecursionError):
            yield line, "it is no JSON"
            continue
        yield line, row if isinstance(row, dict) else "it is no object"


def _request(source: str, line: int, row: Mapping[str, object]) -> Request | Finding:
    told = {name: kept(str(row.get(name) or "")).strip() for name in COLUMNS}
    for name in NEEDED:
        if not told[name]:
            return _wrong(source, line, f"{name} is missing", name)
    return Request(
        channel=Channel.FILE,
        message_id=hashlib.sha256(f"file\x1f{told['id']}".encode()).hexdigest(),
        sender=told["sender"].lower(),
        sender_name=" ".join(told["sender_name"].split()),
        customer_id=told["customer_id"],
        subject=" ".join(told["subject"].split())[:SUBJECT_LENGTH_MAX],
        text=told["text"][:TEXT_LENGTH_MAX],
    )


def _wrong(source: str, line: int, why: str, field: str = "") -> Finding:
    return Finding(
        code="support.bad_line",
        severity=Severity.WARNING,
        source=source,
        line=line,
        field=field,
        found=f"this line is no request: {why}",
        remedy=f"Correct it, and give the file again; its columns are {', '.join(COLUMNS)}",
    )
