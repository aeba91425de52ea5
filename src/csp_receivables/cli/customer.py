"""`csp customer …`: what is done to one customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.settings import Settings
from csp_receivables.steps.erase_contacts import ErasureRefused

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")]
Tag = Annotated[str, typer.Argument(metavar="TAG", help="A word, such as key_account.")]
By = Annotated[str, typer.Option("--by", help="Who says so: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]

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


@customer_app.command("tag")
def tag(customer_id: Customer, tag: Tag, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Tag a customer; the collections policy may ask for tags."""
    _tag(customer_id, tag, by, why, tagged=True, as_json=as_json)


@customer_app.command("untag")
def untag(customer_id: Customer, tag: Tag, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Take a tag off a customer."""
    _tag(customer_id, tag, by, why, tagged=False, as_json=as_json)


def _tag(customer_id: str, tag: str, by: str, why: str, *, tagged: bool, as_json: bool) -> None:
    settings = Settings.from_environment()
    book = collections_wiring.hold_book(wiring.open_ledger(settings))
    book.tag(customer_id, tag.strip(), person(by, why), tagged=tagged)
    if as_json:
        emit_json({"customer": customer_id, "tag": tag.strip(), "tagged": tagged})
    else:
        print(f"{customer_id} {'has' if tagged else 'has no longer'} the tag {tag.strip()}")
