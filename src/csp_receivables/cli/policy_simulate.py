"""`csp policy simulate`: what a policy would decide along a made-up timeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import collections_wiring
from csp_receivables.cli.output import JsonOption, Refused
from csp_receivables.domain.collections.simulation import Asked, answer_json
from csp_receivables.domain.collections.timeline import TimelineRefused

PolicyFile = Annotated[Path, typer.Option("--policy", help="The policy file.", exists=True, dir_okay=False)]
Timeline = Annotated[
    Path,
    typer.Option(
        "--timeline", help="JSON lines: what happens, in order, and when it is asked.", exists=True, dir_okay=False
    ),
]


def simulate(*, policy: PolicyFile, timeline: Timeline, as_json: JsonOption = False) -> None:
    """Answer what POLICY decides along TIMELINE, without a ledger; with --json one object a line.

    docs/COLLECTIONS.md lists what can happen in a timeline and which fields it has.
    """
    try:
        answers = list(collections_wiring.simulation(policy, timeline))
    except TimelineRefused as refused:
        raise Refused(f"{timeline.name}:{refused}") from None
    if as_json:
        for asked in answers:
            print(json.dumps(answer_json(asked), ensure_ascii=False))
        return
    for asked in answers:
        _show(asked)


def _show(asked: Asked) -> None:
    decision = asked.decision
    amount = f"{asked.text_of(decision.overdue)} {asked.currency} overdue".replace("  ", " ")
    coming = f"; next {decision.next_stage} {decision.next_on or 'once that is settled'}" if decision.next_stage else ""
    print(f"{decision.on}  {decision.customer_id}  {decision.answer.value}  [{decision.stage}]  {amount}{coming}")
    for reason in decision.because:
        print(f"            {reason}")
    for reason in decision.outranked:
        print(f"            not {reason}")
    for letter in asked.letters:
        print(f"            and beside it a letter: {letter.kind}")
