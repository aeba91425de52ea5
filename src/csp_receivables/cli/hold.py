"""`csp hold`: leave a customer, or one receivable, alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.output import JsonOption, emit_json, show_table
from csp_receivables.domain.collections.cases import Hold, HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of, parts_of
from csp_receivables.domain.collections.holds import HoldStanding, standing_of
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.money import to_text
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import Settings

hold_app = typer.Typer(
    help="Leave a customer, or one receivable, alone: a dispute, a promise, a plan. It outranks automation.",
    no_args_is_help=True,
)
By = Annotated[str, typer.Option("--by", help="Who says so: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")]


@hold_app.callback()
def hold() -> None:
    """See the help of `hold_app`."""


@hold_app.command("add")
def add(
    customer: Customer,
    *,
    kind: Annotated[HoldKind, typer.Option("--kind", help="Why: what sort of hold.")] = HoldKind.MANUAL,
    receivable: Annotated[str, typer.Option("--receivable", help="Only this one: its number or id.")] = "",
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Its last day.")] = None,
    promise: Annotated[
        list[str] | None,
        typer.Option("--promise", help="2026-03-31=500.00: what comes and when; once each for a plan."),
    ] = None,
    currency: Annotated[str, typer.Option("--currency", help="Of what is promised: EUR.")] = "",
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Place a hold today. A promise or plan holds until it is judged by the money received since."""
    settings = Settings.from_environment()
    book = collections_wiring.hold_book(wiring.open_ledger(settings))
    request = HoldRequest(
        customer_id=customer,
        kind=kind,
        receivable_id=book.receivable_id(customer, receivable) if receivable else "",
        until=until.date() if until else None,
        currency=currency.upper(),
        parts=parts_of(promise or []),
    )
    placed = hold_of(request, person(by, why), settings.clock().astimezone(settings.time_zone).date())
    book.place(placed)
    if as_json:
        emit_json(_as_json(placed))
    else:
        print(f"hold {placed.hold_id} on {placed.receivable_id or customer}: {placed.kind}")


@hold_app.command("end")
def end(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="The hold's id, or how it begins.")],
    *,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """End a hold: from today on it holds nothing back."""
    settings = Settings.from_environment()
    today = settings.clock().astimezone(settings.time_zone).date()
    ended = collections_wiring.hold_book(wiring.open_ledger(settings)).end(hold_id, today, person(by, why))
    if as_json:
        emit_json({"ended": ended, "on": today})
    else:
        print(f"hold {ended} ended")


@hold_app.command("list")
def list_holds(
    customer: Annotated[str, typer.Option("--customer", help="Only this customer's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also those that hold nothing back any more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List holds with what became of them: on, kept, partly kept, broken, over."""
    settings = Settings.from_environment()
    today = settings.clock().astimezone(settings.time_zone).date()
    plan = plan_run(now=settings.clock(), zone=settings.time_zone, as_of=today, historical=True)
    decided = collections_wiring.decider(settings, wiring.open_ledger(settings)).look(plan)
    standings = [
        standing_of(each, case, today)
        for case in decided.cases.values()
        for each in case.holds
        if customer in ("", case.customer_id)
    ]
    shown = [each for each in standings if everything or each.holds]
    if as_json:
        emit_json({"holds": [_as_json(each.hold) | {"state": each.state.value} for each in shown]})
        return
    columns = ("id", "customer", "what", "kind", "state", "until", "why", "by")
    show_table(f"{len(shown)} holds", columns, [_row(each) for each in shown])


def _as_json(placed: Hold) -> dict[str, Any]:
    return {
        "hold_id": placed.hold_id,
        "customer": placed.customer_id,
        "receivable": placed.receivable_id,
        "kind": placed.kind.value,
        "until": placed.until,
        "promised": [
            {"due_on": part.due_on, "amount": to_text(part.amount, placed.currency)} for part in placed.instalments
        ],
        "currency": placed.currency,
        "reason": placed.reason,
        "placed_by": placed.placed_by,
        "placed_on": placed.placed_on,
    }


def _row(standing: HoldStanding) -> tuple[str, ...]:
    placed = standing.hold
    promised = ", ".join(f"{to_text(p.amount, placed.currency)} by {p.due_on}" for p in placed.instalments)
    return (
        placed.hold_id,
        placed.customer_id,
        placed.receivable_id or "everything",
        placed.kind.value,
        standing.state.value,
        promised or str(placed.until or ""),
        placed.reason,
        placed.placed_by,
    )
