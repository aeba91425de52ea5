"""`csp charges …`: what lies in the lake."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from csp_receivables import money_wiring, wiring
from csp_receivables.cli.decide import AS_OF, plan_of_day
from csp_receivables.cli.output import JsonOption, Refused, emit_json, say, show_table
from csp_receivables.domain.money import Money, round_to_minor
from csp_receivables.settings import Settings
from csp_receivables.steps.look_at_charges import ChargeLook, NothingToLookAt

Invoice = Annotated[str, typer.Argument(metavar="INVOICE", help="The vendor invoice's id, G… or D….")]

charges_app = typer.Typer(help="Look at Microsoft's charges.", no_args_is_help=True)


@charges_app.callback()
def charges() -> None:
    """Look at Microsoft's charges."""


@charges_app.command("diff")
def diff(
    invoice: Invoice,
    usage: Annotated[bool, typer.Option("--usage", help="Of its daily usage instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What the newest version of an invoice's charges changed, for whom."""
    try:
        found = _look().difference(invoice, usage=usage)
    except NothingToLookAt as nothing:
        raise Refused(str(nothing)) from None
    if as_json:
        emit_json(asdict(found) | {"changes": [asdict(c) | {"difference": c.difference} for c in found.changes]})
        return
    rows = [
        (
            *(c.customer_name, c.subscription_id, c.product, c.charge_type, f"{c.lines_before} → {c.lines_after}"),
            *(str(Money(amount, c.currency)) for amount in (c.before, c.after, c.difference)),
        )
        for c in found.changes
    ]
    columns = ("customer", "subscription", "product", "charge", "lines", "before", "after", "difference")
    title = f"{invoice}: what {found.after.recorded_at} changed of {found.before.recorded_at}"
    show_table(title, columns, rows, right=columns[4:])


@charges_app.command("usage")
def usage(invoice: Invoice, as_json: JsonOption = False) -> None:
    """Compare an invoice's charges for usage with its daily usage; small differences are rounding."""
    try:
        found = _look().usage(invoice)
    except NothingToLookAt as nothing:
        raise Refused(str(nothing)) from None
    if as_json:
        emit_json([asdict(c) | {"difference": c.difference, "is_rounding": c.is_rounding} for c in found])
        return
    rows = [
        (
            *(c.customer_name, c.subscription_id, c.product),
            *(str(Money(round_to_minor(amount, c.currency), c.currency)) for amount in (c.charged, c.used)),
            *(str(Money(c.difference, c.currency)), "rounding" if c.is_rounding else "look at it"),
        )
        for c in found
    ]
    columns = ("customer", "subscription", "product", "charged", "daily usage", "difference", "which is")
    show_table(f"{invoice}: charges and daily usage", columns, rows, right=columns[3:6])


@charges_app.command("ready")
def ready(as_of: Annotated[datetime | None, AS_OF] = None, as_json: JsonOption = False) -> None:
    """Say which vendor invoices may be billed from, and until when late and partial data is made good."""
    settings = Settings.from_environment()
    plan = plan_of_day(settings, as_of, "", historical=True)
    found = money_wiring.charges_ready(settings, wiring.open_ledger(settings), plan)
    if as_json:
        emit_json([asdict(one) for one in found])
        return
    rows = [
        (f"{one.month:%Y-%m}", one.invoice_id, one.readiness.value, str(one.deadline or ""), one.because)
        for one in found
    ]
    show_table(f"Charges as of {plan.as_of}", ("month", "invoice", "readiness", "deadline", "because"), rows)


@charges_app.command("only")
def only(
    invoice: Invoice,
    by: Annotated[str, typer.Option("--by", help="Who says so: a person's name.")],
    why: Annotated[str, typer.Option("--why", help="How they know.")],
    as_json: JsonOption = False,
) -> None:
    """Say that a legacy invoice has only the file that is here: the other of licences and usage does not exist."""
    ledger = wiring.open_ledger(Settings.from_environment())
    try:
        other = money_wiring.say_it_is_all(ledger, invoice, by, why)
    except NothingToLookAt as nothing:
        raise Refused(str(nothing)) from None
    said = f"{invoice}: {by} says that there is no {other} file. It is not waited for any more."
    say(said, {"invoice": invoice, "not_waited_for": other, "by": by}, as_json=as_json)


def _look() -> ChargeLook:
    settings = Settings.from_environment()
    return money_wiring.charge_look(settings, wiring.open_ledger(settings))
