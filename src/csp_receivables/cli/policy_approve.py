"""`csp policy approve`: a person has seen what the policy would send, and lets it."""

from __future__ import annotations

from typing import Annotated

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.output import JsonOption, emit_json
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.settings import Settings


def approve(
    *,
    by: Annotated[str, typer.Option("--by", help="Who approves it: a person's name.")],
    why: Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")],
    as_json: JsonOption = False,
) -> None:
    """Approve what the policy in force would do, after its dry days; before that nothing of it leaves the house.

    Look first: `csp decide --as-of DAY` shows every step that it would take, and the page's list shows who is late.
    """
    settings = Settings.from_environment()
    version = collections_wiring.approve_policy(settings, wiring.open_ledger(settings), person(by, why))
    if as_json:
        emit_json({"approved": version, "by": by})
    else:
        print(f"version {version} of the policy is approved by {by}")
