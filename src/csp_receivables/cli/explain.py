"""`csp explain bill`: why a customer's bill is not what it was the month before."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from csp_receivables import money_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.settings import Settings
from csp_receivables.steps.explain_bill import NoBill

explain_app = typer.Typer(help="Explain to a customer.", no_args_is_help=True)


@explain_app.callback()
def explain() -> None:
    """Explain to a customer."""


@explain_app.command("bill")
def bill(
    customer: Annotated[str, typer.Option("--customer", help="Its customer_id in the customers file.")],
    month: Annotated[datetime, typer.Option("--month", formats=["%Y-%m"], help="The month billed.")],
    language: Annotated[str, typer.Option("--language", help="en, sv, de … Default: the customer's.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the difference to the month before as a table of causes that add up to it."""
    settings = Settings.from_environment()
    step = money_wiring.explain_bill(settings, wiring.open_ledger(settings))
    try:
        found = step.explain(customer, month.date())
    except NoBill as why:
        raise Refused(str(why)) from None
    if as_json:
        emit_json(asdict(found))
        return
    for table in money_wiring.bill_in_words(settings, found, language):
        show_table(table.title, table.headings, table.rows, right=table.headings[2:])
    if found.unsure:
        print(f"not final: {', '.join(found.unsure)} do not tie yet")
