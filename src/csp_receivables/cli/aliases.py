"""`csp aliases`: whose bank account is whose, as the books teach and people say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.output import JsonOption, emit_json, show_table
from csp_receivables.domain.payer_aliases import Word
from csp_receivables.settings import Settings

aliases_app = typer.Typer(help="Payers' bank accounts: who pays from which, and what people said of it.")

By = Annotated[str, typer.Option("--by", help="Who says so: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]


@aliases_app.callback(invoke_without_command=True)
def aliases(
    context: typer.Context,
    customer: Annotated[str, typer.Option("--customer", help="Only accounts that paid for this customer.")] = "",
    account: Annotated[str, typer.Option("--account", help="Only this account, however it is written.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List payers' bank accounts with their standing: known, shared or demoted; and what people said of them."""
    if context.invoked_subcommand is None:
        _list(customer, account, as_json=as_json)


@aliases_app.command("set")
def set_alias(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The payer's bank account.")],
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    word: Annotated[Word, typer.Argument(help="known: theirs alone. shared: pays for several. forgotten: not theirs.")],
    *,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Say whose ACCOUNT is. It outranks what the books teach; the latest word on an account and customer counts."""
    settings = Settings.from_environment()
    key = wiring.aliases(settings, wiring.open_ledger(settings)).say(account, customer, word, by=by, why=why)
    _list("", key, as_json=as_json)


def _list(customer: str, account: str, *, as_json: bool) -> None:
    settings = Settings.from_environment()
    found = wiring.aliases(settings, wiring.open_ledger(settings)).listed(customer_id=customer, account=account)
    if as_json:
        emit_json({"aliases": [asdict(alias) for alias in found]})
        return
    rows = [
        (
            alias.account,
            alias.standing,
            f"{alias.customer_id} {alias.customer_name}".strip(),
            str(alias.confirmed),
            str(alias.contradicted),
            f"{alias.word.said_by}: {alias.word.word}, {alias.word.why}" if alias.word else "",
        )
        for alias in found
    ]
    columns = ("account", "standing", "customer", "confirmed", "contradicted", "said")
    show_table(f"{len(rows)} payers' accounts and customers", columns, rows, right=("confirmed", "contradicted"))
