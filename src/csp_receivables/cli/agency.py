"""`csp escalation agency`: debts that go to a collection agency, with all that it needs, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from csp_receivables import escalation_wiring, support_wiring, wiring
from csp_receivables.cli.allowed import Asks, allow
from csp_receivables.cli.case import By, Why
from csp_receivables.cli.output import JsonOption, Refused, emit_json, say, show_table
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.support.roles import Right
from csp_receivables.settings import Settings

agency_app = typer.Typer(help="Hand debts over to a collection agency, as files that say everything.",
                         no_args_is_help=True)  # fmt: skip
Handover = Annotated[str, typer.Argument(metavar="HANDOVER", help="The handover: A-000001.")]


@agency_app.command("hand-over")
def hand_over(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    *,
    to: Annotated[str, typer.Option("--to", help="The agency's name.")],
    receivable: Annotated[list[str] | None, typer.Option("--receivable", help="Only this number; once each.")] = None,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Hand what is overdue over, as of yesterday: files for the agency, and a hold that stops our own notices.

    Refused while a dispute or any other hold is open, money of theirs is not applied, or a fact that is needed is
    missing.
    """
    settings = Settings.from_environment()
    agency = " ".join(to.split())
    if not agency:
        raise Refused("a handover needs the name of the agency (--to)")
    who = person(by, why)
    allow(settings, by, Right.HAND_OVER, customer)
    try:
        document, files = escalation_wiring.hand_to_agency(
            settings, wiring.open_ledger(settings), customer, receivable or [], agency, who
        )
    except escalation_wiring.NoSuchCustomer as unknown:
        raise Refused(str(unknown)) from None
    if as_json:
        emit_json({**document, "files": [str(path) for path in files]})
        return
    print(f"{document['handover']['id']}: {_totals(document)} to {agency}")
    for path in files:
        print(path)


@agency_app.command("list")
def list_handovers(by: Asks = "", as_json: JsonOption = False) -> None:
    """List what was handed over, when and by whom."""
    settings = Settings.from_environment()
    allow(settings, by, Right.SEE_HANDOVERS)
    roles = support_wiring.roles(settings)
    known = escalation_wiring.agency_book(wiring.open_ledger(settings)).documents()
    handed = [each for each in known if roles.sees(by, each["debtor"]["customer_id"])]
    if as_json:
        emit_json({"handovers": handed})
        return
    columns = ("handover", "on", "customer", "agency", "receivables", "total", "by", "why")
    show_table(f"{len(handed)} handovers", columns, [_row(each) for each in handed])


@agency_app.command("write")
def write(handover: Handover, by: Asks = "", as_json: JsonOption = False) -> None:
    """Write the files of a handover again, with the contacts that are known now."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    document = escalation_wiring.agency_book(ledger).document(handover)
    allow(settings, by, Right.SEE_HANDOVERS, document["debtor"]["customer_id"])
    paths = [str(path) for path in escalation_wiring.write_handover(settings, ledger, handover)]
    say("\n".join(paths), {"handover": handover, "files": paths}, as_json=as_json)


def _totals(document: Mapping[str, Any]) -> str:
    return ", ".join(f"{each['total']} {each['currency']}" for each in document["totals"])


def _row(document: Mapping[str, Any]) -> tuple[str, ...]:
    handed = document["handover"]
    numbers = ", ".join(each["number"] for each in document["receivables"])
    who = document["debtor"]["customer_id"]
    return handed["id"], handed["on"], who, handed["agency"], numbers, _totals(document), handed["by"], handed["why"]
