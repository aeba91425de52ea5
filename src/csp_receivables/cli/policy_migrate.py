"""`csp policy migrate --dry-run`: whom another policy would treat differently, before it is put in place."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.decide import AS_OF, plan_of_day
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.policy_migration import Moved, moves_by_step
from csp_receivables.settings import Settings

ROWS_MAX = 50  # of the table for people: more is for --json

NewPolicy = Annotated[Path, typer.Argument(help="The policy that might be put in place.", exists=True, dir_okay=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show who would move. There is nothing else to do: see below.")]


def migrate(
    file: NewPolicy,
    as_of: Annotated[datetime | None, AS_OF] = None,
    *,
    dry_run: DryRun = False,
    as_json: JsonOption = False,
) -> None:
    """Show who would stand elsewhere if FILE had always held, on the same facts. Nothing is changed.

    A policy comes into force by replacing include/policies/collections.yaml: whoever begins to be late from then on is
    judged by it, and open rounds keep the version under which they began.
    """
    if not dry_run:
        raise Refused(
            "open rounds keep the policy under which they began, so there is nothing to migrate but what begins from "
            "now on. Use --dry-run to see who stands elsewhere under the file, then put it in place"
        )
    settings = Settings.from_environment()
    plan = plan_of_day(settings, as_of, "", historical=True)
    new, moves = collections_wiring.policy_migration(settings, wiring.open_ledger(settings), file, plan)
    if as_json:
        emit_json(
            {
                "as_of": plan.as_of,
                "policy": {"name": new.name, "version": new.version},
                "moves": len(moves),
                "harder": sum(move.is_harder for move in moves),
                "by_step": [{"from": now, "to": then, "customers": many} for now, then, many in moves_by_step(moves)],
                "customers": [_as_json(move) for move in moves],
            }
        )
        return
    _show(moves, plan.as_of)


def _show(moves: list[Moved], as_of: date) -> None:
    harder = sum(move.is_harder for move in moves)
    print(f"as of {as_of} {len(moves)} customers would stand elsewhere, {harder} of them harder or sooner")
    if not moves:
        return
    steps = [(now, then, str(many)) for now, then, many in moves_by_step(moves)]
    show_table("By step", ("now", "then", "customers"), steps, right=("customers",))
    rows = [(move.customer_id, move.name, _step(move.now), _step(move.then)) for move in moves[:ROWS_MAX]]
    show_table("Customers", ("customer", "name", "now", "then"), rows)
    if len(moves) > ROWS_MAX:
        print(f"… and {len(moves) - ROWS_MAX} more; --json lists them all")


def _step(decision: Decision) -> str:
    coming = f", next {decision.next_stage} {decision.next_on or ''}".rstrip() if decision.next_stage else ""
    return f"{decision.answer.value} [{decision.stage}]{coming}"


def _as_json(move: Moved) -> dict[str, Any]:
    return {
        "customer": move.customer_id,
        "differs": list(move.differs),
        "harder": move.is_harder,
        **{
            when: {
                "decision": decision.answer.value,
                "stage": decision.stage,
                "next_stage": decision.next_stage,
                "next_on": decision.next_on,
                "policy_version": decision.policy_version,
            }
            for when, decision in (("now", move.now), ("then", move.then))
        },
    }
