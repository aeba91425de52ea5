"""`csp customer …`: what is done to one customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json
from csp_receivables.settings import Settings
from csp_receivables.steps.erase_contacts import ErasureRefused

customer_app = typer.Typer(help="What is done to one customer.", no_args_is_help=True)


@customer_app.callback()
def customer() -> None:
    """What is done to one customer."""


@customer_app.command("erase-contacts")
def erase_contacts(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    by: Annotated[str, typer.Option(help="Who asks for it: a person's name.")],
    why: Annotated[str, typer.Option(help="Why, in one sentence.")],
    as_json: JsonOption = False,
) -> None:
    """Erase a customer's contacts for good; invoices and payments stay for bookkeeping's seven years."""
    settings = Settings.from_environment()
    try:
        erasure = wiring.erase_contacts(settings, wiring.open_ledger(settings), customer_id, by=by, why=why)
    except ErasureRefused as refusal:
        raise Refused(str(refusal)) from None
    if as_json:
        emit_json(asdict(erasure))
        return
    print(f"{erasure.contacts} contacts of {customer_id} erased")
    for name in erasure.removed_files:
        print(f"removed {name}, which carried contacts of {customer_id}")
