"""`csp import customers` and `csp import receivables`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.file_reports import answer_files
from csp_receivables.cli.output import JsonOption, Refused
from csp_receivables.settings import Settings

Files = Annotated[list[Path], typer.Argument(help="CSV files; docs/FILES.md shows their columns.")]


def customers(files: Files, as_json: JsonOption = False) -> None:
    """Import customers with their tenants and contacts."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    answer_files([wiring.import_customers(settings, ledger, path) for path in _there(files)], as_json=as_json)


def receivables(files: Files, as_json: JsonOption = False) -> None:
    """Import receivables with their lines."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    answer_files([wiring.import_receivables(settings, ledger, path) for path in _there(files)], as_json=as_json)


def _there(files: Sequence[Path]) -> Sequence[Path]:
    for path in files:
        if not path.is_file():
            raise Refused(f"{path} is no file. Name the CSV files to import")
    return files
