"""`csp match`: files to files by default, and what a person decides about the payments of the ledger."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from csp_receivables import wiring
from csp_receivables.cli.match import match
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.matching_by_hand.requests import ByHand, Confirm, Reject, Request, Split, TakeBack
from csp_receivables.domain.money import to_text
from csp_receivables.settings import Settings

FILES = "files"  # what `csp match` does when no decision is named


class FilesOrDecision(TyperGroup):
    """`csp match RECEIVABLES PAYMENTS --out DIR` is `csp match files …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default in front unless a decision or help is asked for."""
        names_one = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if names_one else [FILES, *args])


match_app = typer.Typer(
    cls=FilesOrDecision,
    help="Match payments to receivables: a person decides about payments of the ledger, or files are matched.\n\n"
    "`csp match RECEIVABLES PAYMENTS --out DIR` matches two files without a ledger (see `csp match files --help`; "
    "a file that is called like a command is written ./confirm).\n\n"
    "The other commands are a person's decisions. The sheets Suggestions, Unapplied and Allocations name the ids; of "
    "a payment's or an allocation's id its beginning is enough. Nothing is ever deleted, and a repeat is refused.",
)
match_app.command(FILES)(match)

PaymentId = Annotated[str, typer.Argument(metavar="PAYMENT", help="The payment's id, or how it begins.")]
ReceivableId = Annotated[
    str, typer.Argument(metavar="RECEIVABLE", help="The receivable's id or number.", show_default=False)
]
Option = Annotated[int | None, typer.Option("--option", min=1, help="The option of the sheet Suggestions.")]
By = Annotated[str, typer.Option("--by", help="Who decides: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever and shown with the allocation.")]


@match_app.callback()
def match_group() -> None:
    """See the help of `match_app`."""


@match_app.command("confirm")
def confirm(
    payment: PaymentId,
    *,
    by: By,
    why: Why,
    receivable: ReceivableId = "",
    option: Option = None,
    amount: Annotated[str, typer.Option("--amount", help="How much of it: 1234.50. Without it all that fits.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Allocate PAYMENT to RECEIVABLE, or as a suggested option says. Teaches whose account it came from."""
    request = Confirm(payment=payment, receivable=receivable, option=option, amount=amount)
    _decide("confirmed", request, by, why, as_json=as_json)


@match_app.command("split")
def split(
    payment: PaymentId,
    parts: Annotated[
        list[str], typer.Argument(metavar="RECEIVABLE=AMOUNT…", help="partner/100=1234.50, once for each receivable.")
    ],
    *,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Allocate PAYMENT to several receivables; what the amounts leave of it stays unapplied."""
    request = Split(payment=payment, parts=tuple(_part(part) for part in parts))
    _decide("split", request, by, why, as_json=as_json)


@match_app.command("reject")
def reject(
    payment: PaymentId,
    *,
    by: By,
    why: Why,
    receivable: ReceivableId = "",
    option: Option = None,
    as_json: JsonOption = False,
) -> None:
    """Say no to what is suggested for PAYMENT: all, one receivable, or one option. That evidence is heard no more."""
    _decide("rejected", Reject(payment=payment, receivable=receivable, option=option), by, why, as_json=as_json)


@match_app.command("unallocate")
def unallocate(
    *,
    by: By,
    why: Why,
    allocation: Annotated[
        str, typer.Argument(metavar="ALLOCATION", help="The allocation's id, or how it begins.", show_default=False)
    ] = "",
    payment: Annotated[str, typer.Option("--payment", help="The payment (or credit note) that was allocated.")] = "",
    receivable: Annotated[str, typer.Option("--receivable", help="The receivable it was allocated to.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take an allocation back, whole. No rule books it again; a person may confirm it again."""
    request = TakeBack(allocation=allocation, payment=payment, receivable=receivable)
    _decide("unallocated", request, by, why, as_json=as_json)


def _part(text: str) -> tuple[str, str]:
    receivable, sign, amount = text.rpartition("=")
    if not sign or not receivable or not amount:
        raise Refused(f"{text!r} is no RECEIVABLE=AMOUNT; write partner/100=1234.50")
    return receivable, amount


def _decide(did: str, request: Request, by: str, why: str, *, as_json: bool) -> None:
    settings = Settings.from_environment()
    done = wiring.by_hand(settings, wiring.open_ledger(settings)).decide(request, by=by, why=why)
    if as_json:
        emit_json(_as_json(did, done))
        return
    _show(did, done)


def _as_json(did: str, done: ByHand) -> dict[str, Any]:
    return {
        "did": did,
        "payment_id": done.payment_id,
        "currency": done.currency,
        "left": to_text(done.left, done.currency),
        "allocations": [
            row | {name: to_text(row[name], row["currency"]) for name in ("amount", "difference")}
            for row in done.allocations.to_pylist()
        ],
        "declined": done.declined.to_pylist(),
    }


def _show(did: str, done: ByHand) -> None:
    rows = [
        (row["receivable_id"], to_text(row["amount"], row["currency"]), row["outcome"], row["allocation_id"])
        for row in done.allocations.to_pylist()
    ]
    title = f"{done.payment_id} {did}; {to_text(done.left, done.currency)} {done.currency} of it is unapplied"
    if rows:
        show_table(title, ("receivable", "amount", "outcome", "allocation"), rows, right=("amount",))
        return
    print(title)
    for receivable_id in sorted(set(done.declined["receivable_id"].to_pylist())):
        print(f"{receivable_id} is not suggested for it on the same evidence any more")
