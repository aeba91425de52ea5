"""`csp import customers` and `csp import receivables`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.file_reports import answer_files, import_each
from csp_receivables.cli.output import JsonOption
from csp_receivables.settings import Settings

Files = Annotated[list[Path], typer.Argument(help="CSV files; docs/FILES.md shows their columns.")]


def customers(files: Files, as_json: JsonOption = False) -> None:
    """Import customers with their tenants and contacts."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    answer_files(import_each(files, partial(wiring.import_customers, settings, ledger)), as_json=as_json)


def receivables(files: Files, as_json: JsonOption = False) -> None:
    """Import receivables with their lines."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    answer_files(import_each(files, partial(wiring.import_receivables, settings, ledger)), as_json=as_json)
