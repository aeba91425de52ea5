"""How every command answers: a table for people, or JSON with `--json`; exit 0 when done, 2 when refused."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from csp_receivables.domain.findings import Finding

# What a terminal takes for an order to it: texts and names of files come from outside.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
TEXT_WIDTH_MIN = 12  # narrower than that nobody reads a folded name; the table is rather wider than the terminal
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


class Refused(RuntimeError):
    """The command can't do what was asked; the message names what was found and what to do."""


def refuse(why: str, *, as_json: bool = False) -> NoReturn:
    """Say why on standard error (and to programs as JSON on standard output) and end with exit code 2."""
    print(f"csp: {why}", file=sys.stderr)
    if as_json:
        emit_json({"refused": why})
    raise SystemExit(2)


def explain(error: str, code: int) -> NoReturn:
    """Tell a program what is wrong with its call, and end with `code`."""
    print(f"csp: {error}", file=sys.stderr)
    emit_json({"error": error})
    raise SystemExit(code)


def fail(error: Exception, *, as_json: bool = False) -> NoReturn:
    """A mistake of ours: keep its traceback for an engineer in a file of the owner's, and end with exit code 1."""
    with tempfile.NamedTemporaryFile("w", prefix="csp-failure-", suffix=".txt", delete=False) as kept:
        traceback.print_exception(error, file=kept)
    said = f"failed ({type(error).__name__}); what an engineer needs to know is in {kept.name}"
    if as_json:
        explain(said, 1)
    print(f"csp: {said}", file=sys.stderr)
    raise SystemExit(1)


def emit_json(payload: Any) -> None:
    """`payload` as JSON on standard output; amounts are decimal text, days ISO 8601."""
    print(json.dumps(payload, indent=2, ensure_ascii=False, default=_plain))


def say(said: str, told: Any, *, as_json: bool) -> None:
    """One answer: `said` to a person, `told` to a program."""
    if as_json:
        emit_json(told)
    else:
        print(said)


def show_findings(findings: Sequence[Finding], limit: int = 20) -> None:
    """The findings as lines for a person; past `limit` only their number."""
    console = Console()
    for finding in findings[:limit]:
        line = Text.assemble((finding.severity.value, "yellow"), _harmless(f" {finding}"))
        console.print(line, highlight=False, soft_wrap=True)
    if len(findings) > limit:
        console.print(f"… and {len(findings) - limit} more findings", highlight=False)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """A plain table for the terminal; columns named in `right` are right-aligned figures and never cut or broken."""
    console, table = Console(highlight=False), Table(pad_edge=False)
    for place, column in enumerate(columns):
        is_figure, widest = column in right, max((len(row[place]) for row in rows), default=0)
        table.add_column(
            column,
            justify="right" if is_figure else "left",
            min_width=widest if is_figure else min(widest, TEXT_WIDTH_MIN),
            no_wrap=is_figure,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(_harmless, row))
    console.print(Text(title), soft_wrap=True)
    console.print(table, width=max(console.width, console.measure(table).minimum), crop=False, soft_wrap=False)


def _harmless(text: str) -> Text:
    """Text from outside: never markup, and no order to the terminal."""
    return Text(_ORDERS.sub("\N{REPLACEMENT CHARACTER}", text))


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
