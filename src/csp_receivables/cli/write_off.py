"""`csp escalation write-off`: a debt that is given up, proposed by one person and booked by a named one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from csp_receivables import escalation_wiring, support_wiring, wiring
from csp_receivables.cli.allowed import Asks, allow
from csp_receivables.cli.case import By, Why
from csp_receivables.cli.output import JsonOption, Refused, emit_json, say, show_table
from csp_receivables.domain.escalation.write_offs import WriteOff
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.money import to_text
from csp_receivables.domain.support.roles import Right
from csp_receivables.settings import Settings

write_off_app = typer.Typer(help="Give a debt up: propose it, then book it or say no.", no_args_is_help=True)
Proposal = Annotated[str, typer.Argument(metavar="WRITE_OFF", help="The proposal: W-000001.")]


@write_off_app.command("propose")
def propose(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    *,
    receivable: Annotated[list[str] | None, typer.Option("--receivable", help="Only this number; once each.")] = None,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Propose to give up all that is open of what is overdue, as a document with the tax in it. Nothing is booked."""
    settings = Settings.from_environment()
    allow(settings, by, Right.PROPOSE_WRITE_OFF, customer)
    ledger, who = wiring.open_ledger(settings), person(by, why)
    try:
        proposal, files = escalation_wiring.propose_write_off(settings, ledger, customer, receivable or [], who)
    except escalation_wiring.NoSuchCustomer as unknown:
        raise Refused(str(unknown)) from None
    if as_json:
        emit_json(_as_json(proposal, "proposed") | {"files": [str(path) for path in files]})
        return
    print(f"{proposal.write_off_id} proposes to write off {_totals(proposal)} of {customer}")
    for path in files:
        print(path)


@write_off_app.command("book")
def book(
    write_off: Proposal,
    *,
    access_returns: Annotated[
        bool, typer.Option("--access-returns", help="Access that was taken may be given back by it.")
    ] = False,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Book a proposal: what is open is written off from today on. Undone by csp match unallocate, like any entry."""
    settings, ledger = _at(write_off, by)
    who = person(by, why)
    booked = escalation_wiring.book_write_off(settings, ledger, write_off, who, access_returns=access_returns)
    said = f"{write_off} is booked: {_totals(booked)} of {booked.customer_id} is written off"
    say(said, _as_json(booked, "booked"), as_json=as_json)


@write_off_app.command("decline")
def decline(write_off: Proposal, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Say no to a proposal."""
    _, ledger = _at(write_off, by)
    escalation_wiring.write_off_book(ledger).decline(write_off, person(by, why))
    say(f"{write_off} is declined", {"write_off": write_off, "state": "declined"}, as_json=as_json)


@write_off_app.command("list")
def list_write_offs(by: Asks = "", as_json: JsonOption = False) -> None:
    """List proposals and what became of them."""
    settings = Settings.from_environment()
    allow(settings, by, Right.SEE_HANDOVERS)
    roles = support_wiring.roles(settings)
    known = escalation_wiring.write_off_book(wiring.open_ledger(settings)).standings()
    found = [each for each in known if roles.sees(by, each.write_off.customer_id)]
    if as_json:
        emit_json({"write_offs": [_as_json(each.write_off, each.word) | {"said_by": each.said_by} for each in found]})
        return
    columns = ("write-off", "customer", "amount", "state", "proposed by", "said by", "why")
    rows = [
        (w.write_off_id, w.customer_id, _totals(w), each.word, w.proposed_by, each.said_by, w.why)
        for each in found
        for w in [each.write_off]
    ]
    show_table(f"{len(rows)} write-offs", columns, rows, right=("amount",))


def _at(write_off_id: str, by: str) -> tuple[Settings, wiring.Ledger]:
    """Settings and ledger for somebody who may decide it. Raises NotAllowed, ByHandRefused."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    customer_id = escalation_wiring.write_off_book(ledger).one(write_off_id).write_off.customer_id
    allow(settings, by, Right.BOOK_WRITE_OFF, customer_id)
    return settings, ledger


def _totals(write_off: WriteOff) -> str:
    return ", ".join(f"{to_text(minor, code)} {code}" for code, minor in write_off.totals().items())


def _as_json(write_off: WriteOff, state: str) -> dict[str, Any]:
    return {
        "write_off": write_off.write_off_id,
        "customer": write_off.customer_id,
        "state": state,
        "proposed_by": write_off.proposed_by,
        "why": write_off.why,
        "receivables": [
            {
                "number": part.number,
                "currency": part.currency,
                "amount": to_text(part.amount, part.currency),
                "tax": to_text(part.tax, part.currency),
            }
            for part in write_off.parts
        ],
    }
