"""`csp import bank`: statements into the ledger, and a named person's acceptance of one that does not prove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import wiring
from csp_receivables.cli.file_reports import unopened
from csp_receivables.cli.output import JsonOption, Refused, emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.imports import Outcome
from csp_receivables.domain.statements import BankReport, NoSuchStatement, StoredStatement
from csp_receivables.settings import Settings

Files = Annotated[list[Path] | None, typer.Argument(help="Bank files of any kind; the content says which.")]
AcceptOption = Annotated[str, typer.Option("--accept", help="Id of a held statement that shall count.")]
ByOption = Annotated[str, typer.Option("--by", help="Who accepts it.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why the difference is acceptable.")]


def bank(
    files: Files = None, accept: AcceptOption = "", by: ByOption = "", why: WhyOption = "", as_json: JsonOption = False
) -> None:
    """Import bank statements, or accept one that does not prove."""
    if bool(files) == bool(accept):
        raise Refused("name the files to import, or a statement with --accept ID --by NAME --why REASON; not both")
    if accept:
        _accept(accept, by.strip(), why.strip(), as_json=as_json)
        return
    settings = Settings.from_environment()
    names, profiles = wiring.account_names(settings), wiring.bank_profiles(settings)
    ledger = wiring.open_ledger(settings)
    what_else = partial(wiring.what_it_is, settings)
    reports = _import_each(files or [], lambda path: wiring.import_bank(ledger, [path], names, profiles, what_else)[0])
    if as_json:
        emit_json([row for report in reports for row in _json_rows(report)])
    else:
        _show(reports)
    if any(report.file.outcome is Outcome.REFUSED for report in reports):
        raise typer.Exit(2)


def _accept(statement_id: str, by: str, why: str, *, as_json: bool) -> None:
    if not by or not why:
        raise Refused("accepting a statement needs a person and a reason: --by NAME --why REASON")
    try:
        lines = wiring.accept_statement(wiring.open_ledger(Settings.from_environment()), statement_id, by=by, why=why)
    except NoSuchStatement as error:
        raise Refused(str(error)) from None
    if as_json:
        emit_json({"statement_id": statement_id, "state": "accepted", "accepted_by": by, "why": why, "lines": lines})
    else:
        typer.echo(f"Statement {statement_id} is accepted by {by}; its {lines} booked lines may count.")


def _import_each(paths: Sequence[Path], import_one: Callable[[Path], BankReport]) -> list[BankReport]:
    """Each file by itself: one that can't be opened is refused by name and holds up no other."""
    opened = [(path, unopened(path)) for path in paths]
    return [BankReport(file=refused) if refused else import_one(path) for path, refused in opened]


def _json_rows(report: BankReport) -> list[dict[str, Any]]:
    """One object for each statement with its findings; a file without any has one, so that nothing is left unsaid."""
    ids = {stored.statement.statement_id for stored in report.statements}
    rows = []
    for place, stored in enumerate(report.statements):
        mine = stored.statement.statement_id
        # What belongs to no statement of the file is told with the first.
        findings = [f for f in report.file.findings if f.subject == mine or (place == 0 and f.subject not in ids)]
        rows.append(_file_json(report) | _statement_json(stored) | {"findings": [finding_json(f) for f in findings]})
    return rows or [_file_json(report) | _NO_STATEMENT | {"findings": [finding_json(f) for f in report.file.findings]}]


def _file_json(report: BankReport) -> dict[str, Any]:
    file = report.file
    return {"file": file.name, "outcome": file.outcome.value, "taken_for": file.taken_for, "because": file.because}


def _statement_json(stored: StoredStatement) -> dict[str, Any]:
    statement = stored.statement
    return {
        "taken_for": statement.taken_for,
        "statement_id": statement.statement_id,
        "state": stored.state.value,
        "number": statement.number,
        "from": statement.from_on,
        "until": statement.until_on,
        "account": statement.account or None,
        "currency": statement.currency,
        "opening": _text(statement.opening),
        "closing": _text(statement.closing),
        "entries": statement.entries,
        "details": statement.details,
        "credits": _text(statement.credits),
        "debits": _text(statement.debits),
        "reconciles": statement.reconciles,
    }


_NO_STATEMENT: dict[str, Any] = {
    "statement_id": None,
    "state": "refused",
    "number": None,
    "from": None,
    "until": None,
    "account": None,
    "currency": None,
    "opening": None,
    "closing": None,
    "entries": 0,
    "details": 0,
    "credits": None,
    "debits": None,
    "reconciles": None,
}


def _show(reports: Sequence[BankReport]) -> None:
    rows = [row for report in reports for row in _table_rows(report)]
    columns = ("file", "outcome", "account", "currency", "opening", "credits", "debits", "closing", "entries", "proves")
    show_table("Bank files", columns, rows, right=columns[4:9])
    show_findings([finding for report in reports for finding in report.file.findings])


def _table_rows(report: BankReport) -> list[tuple[str, ...]]:
    file = report.file
    if not report.statements:
        return [(file.name, file.outcome.value, "", "", "", "", "", "", "", "")]
    return [
        (
            file.name,
            file.outcome.value if stored.state.value == "accepted" else stored.state.value,
            stored.statement.account,
            stored.statement.currency or "",
            *(_text(amount) or "-" for amount in _amounts(stored)),
            str(stored.statement.entries),
            {True: "yes", False: "NO", None: "no balances"}[stored.statement.reconciles],
        )
        for stored in report.statements
    ]


def _amounts(stored: StoredStatement) -> tuple[Decimal | None, ...]:
    statement = stored.statement
    return (statement.opening, statement.credits, statement.debits, statement.closing)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
