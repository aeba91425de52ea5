"""How every command answers: a table for people, or JSON with `--json`; exit 0 when done, 2 when refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from csp_receivables.domain.findings import Finding

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


class Refused(RuntimeError):
    """The command can't do what was asked; the message names what was found and what to do."""


def refuse(refusal: Exception) -> NoReturn:
    """Say why on standard error and end with exit code 2."""
    print(f"csp: {refusal}", file=sys.stderr)
    raise SystemExit(2)


def emit_json(payload: Any) -> None:
    """`payload` as JSON on standard output; amounts are decimal text, days ISO 8601."""
    print(json.dumps(payload, indent=2, ensure_ascii=False, default=_plain))


def show_findings(findings: Sequence[Finding], limit: int = 20) -> None:
    """The findings as lines for a person; past `limit` only their number."""
    console = Console()
    for finding in findings[:limit]:
        console.print(f"[yellow]{finding.severity}[/yellow] {finding}", highlight=False, soft_wrap=True)
    if len(findings) > limit:
        console.print(f"… and {len(findings) - limit} more findings", highlight=False)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """A plain table for the terminal; columns named in `right` are right-aligned."""
    table = Table(title=title, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as the JSON answers show it."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "file": finding.source,
        "line": finding.line,
        "field": finding.field,
        "found": finding.found,
        "remedy": finding.remedy,
        "subject": finding.subject,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form here")
