"""`csp import rates`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.file_reports import answer_files, import_each
from csp_receivables.cli.output import JsonOption
from csp_receivables.settings import Settings

Files = Annotated[list[Path], typer.Argument(help="The ECB's CSV, or columns source,rated_on,base,quote,rate.")]


def rates(files: Files, as_json: JsonOption = False) -> None:
    """Import exchange rates; payments in another currency than their receivable are judged by them."""
    ledger = wiring.open_ledger(Settings.from_environment())
    answer_files(import_each(files, partial(wiring.import_rates, ledger)), as_json=as_json)
