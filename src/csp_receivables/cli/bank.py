"""`csp bank profile`: how a bank's CSV could be described, worked out from a sample of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json

bank_app = typer.Typer(help="How the partner's banks write their files.", no_args_is_help=True)


@bank_app.callback()
def bank() -> None:
    """How the partner's banks write their files."""


@bank_app.command()
def profile(
    file: Annotated[Path, typer.Argument(help="A CSV export of the bank, with some entries in it.")],
    account: Annotated[str, typer.Option("--account", help="The account, where the file does not name it.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="The currency, where the file does not name it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Propose a profile for FILE: put it into include/banks once a person has compared it with the file."""
    if not file.is_file():
        raise Refused(f"{file} is no file. Name a CSV export of the bank")
    proposal = wiring.propose_bank_profile(file, account=account.strip(), currency=currency.strip().upper())
    if as_json:
        emit_json({"file": file.name, "profile": proposal.text, "check": proposal.doubts, "reads": proposal.reads})
        return
    typer.echo(proposal.text, nl=False)
