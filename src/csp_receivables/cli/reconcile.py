"""`csp reconcile`: the day's reconciliation, live or as of any day that has passed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import wiring
from csp_receivables.cli.headline import headline_rows, show_headline
from csp_receivables.cli.output import JsonOption, Refused, emit_json
from csp_receivables.domain.run_plan import Known, NoDay, plan_run
from csp_receivables.settings import Settings, parse_moment
from csp_receivables.wiring import Reconciled

AS_OF = typer.Option(formats=["%Y-%m-%d"], help="The day to speak for (its end). Default: yesterday.")
KNOWN_AT = typer.Option(help="Use only what was known at this moment (ISO 8601 with offset).")


def reconcile(
    as_of: Annotated[datetime | None, AS_OF] = None,
    known_at: Annotated[str, KNOWN_AT] = "",
    historical: Annotated[bool, typer.Option("--historical", help="Only look; book nothing.")] = False,
    customers: Annotated[
        list[str] | None, typer.Option("--customer", help="Show only this customer; repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Match payments, reconcile the day, and write its workbook, page and tables.

    Yesterday is live: allocations are booked. Any other day, or --known-at, is historical: it books nothing.
    """
    settings = Settings.from_environment()
    now = settings.clock()
    try:
        plan = plan_run(
            now=now,
            zone=settings.time_zone,
            as_of=as_of.date() if as_of else settings.yesterday(),
            known=Known.NOW,
            known_at=parse_moment(known_at, "--known-at") if known_at else None,
            historical=historical or bool(customers),
        )
    except NoDay as problem:
        raise Refused(str(problem)) from None
    reconciled = wiring.reconcile(settings, wiring.open_ledger(settings), plan, customers=customers or ())
    if as_json:
        emit_json(_as_json(reconciled, settings.home))
    else:
        show_headline(reconciled)


def _as_json(reconciled: Reconciled, home: Path) -> dict[str, Any]:
    day = reconciled.day
    return {
        "as_of": date.isoformat(day.as_of),
        "known_at": day.known_at,
        "mode": day.mode.value,
        "customers": list(day.customers),  # the findings are of these only, the summary is of all; none: all of it
        "digest": reconciled.digest,
        "allocations_booked": reconciled.allocations_booked,
        "changed": reconciled.changed,
        "summary": headline_rows(day),
        "ties": not any(day.tie_out["difference"].to_pylist()),
        "findings": day.findings.num_rows,
        "workbook": str(reconciled.workbook.relative_to(home)),
        "page": str(reconciled.page.relative_to(home)),
    }
