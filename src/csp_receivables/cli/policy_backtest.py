"""`csp policy backtest`: a period again under another policy, without effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.collections_wiring import Backtest
from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.backtest import ASSUMPTIONS, Played
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.money import to_text
from csp_receivables.settings import Settings

DAY = ["%Y-%m-%d"]
Day = Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day.")]


def backtest(
    *,
    policy: Annotated[Path, typer.Option("--policy", help="The other policy's file.", exists=True, dir_okay=False)],
    start: Day,
    end: Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day.")],
    as_json: JsonOption = False,
) -> None:
    """Play the days from --from to --to again under another policy and under the one in force, and compare.

    Nothing is written or sent. Both are played by the same rules, on what is known now; what is assumed is said.
    """
    settings = Settings.from_environment()
    if not start <= end:
        raise Refused(f"--from {start:%Y-%m-%d} comes after --to {end:%Y-%m-%d}; swap them")
    if end.date() > settings.clock().astimezone(settings.time_zone).date():
        raise Refused(f"--to {end:%Y-%m-%d} has not begun; name a day that has")
    ledger = wiring.open_ledger(settings)
    done = collections_wiring.backtest(settings, ledger, policy, start.date(), end.date())
    if as_json:
        emit_json(_as_json(done))
    else:
        _show(done, policy.name)


def _as_json(done: Backtest) -> dict[str, Any]:
    return {
        "from": done.start,
        "to": done.end,
        "customers": done.customers,
        "in_force": _counted(done.in_force),
        "other": _counted(done.other),
        "only_in_force": [_step(each) for each in _only(done.in_force.steps, done.other.steps)],
        "only_other": [_step(each) for each in _only(done.other.steps, done.in_force.steps)],
        "steps": [_step(each) for each in done.other.steps],
        "letters": [_letter(each) for each in done.other.letters],
        "days_of_sales_outstanding": [
            {
                "currency": each.currency,
                "issued": to_text(each.amount, each.currency),
                "as_it_was": _tenths(each.tenths_as_it_was),
                "estimated": _tenths(each.tenths_estimated),
            }
            for each in done.outstanding
        ],
        "assumptions": list(ASSUMPTIONS),
    }


def _show(done: Backtest, name: str) -> None:
    now, then = _counted(done.in_force), _counted(done.other)
    rows = [(step, str(now.get(step, 0)), str(then.get(step, 0))) for step in sorted(now | then)]
    title = f"{done.customers} customers from {done.start} to {done.end}, in force and under {name}"
    show_table(title, ("step", "in force", "other"), rows, right=("in force", "other"))
    days = [(e.currency, _tenths(e.tenths_as_it_was), _tenths(e.tenths_estimated)) for e in done.outstanding]
    columns = ("currency", "as it was", "estimated")
    show_table("days of sales outstanding", columns, days, right=columns[1:])
    for assumption in ASSUMPTIONS:
        print(f"assumed: {assumption}")


def _counted(played: Played) -> dict[str, int]:
    """How many steps and letters of each kind."""
    counts = Counter(f"{step.answer.value} {step.stage}" for step in played.steps)
    counts.update(f"letter {letter.kind}" for letter in played.letters)
    return dict(sorted(counts.items()))


def _only(steps: Iterable[Decision], others: Iterable[Decision]) -> list[Decision]:
    """The steps that the others don't take with that customer on that day."""
    known = {(each.on, each.customer_id, each.answer, each.stage) for each in others}
    return [each for each in steps if (each.on, each.customer_id, each.answer, each.stage) not in known]


def _step(step: Decision) -> dict[str, Any]:
    overdue = to_text(step.overdue, step.currency) if step.currency else "0"
    return {
        "on": step.on,
        "customer": step.customer_id,
        "decision": step.answer.value,
        "stage": step.stage,
        "overdue": overdue,
        "currency": step.currency,
    }


def _letter(letter: AccountLetter) -> dict[str, Any]:
    return {"on": letter.on, "customer": letter.customer_id, "letter": letter.kind}


def _tenths(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"
