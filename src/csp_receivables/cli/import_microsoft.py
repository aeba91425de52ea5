"""`csp import microsoft`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.file_reports import answer_files, import_each
from csp_receivables.cli.output import JsonOption
from csp_receivables.settings import Settings

Files = Annotated[
    list[Path],
    typer.Argument(help="Reconciliation CSV, plain or .gz, with <invoice id>.invoice.json beside it."),
]


def microsoft(files: Files, as_json: JsonOption = False) -> None:
    """Import what Microsoft charges: lines into the lake, invoices tied to their totals."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    answer_files(import_each(files, wiring.microsoft_import(settings, ledger).import_file), as_json=as_json)
