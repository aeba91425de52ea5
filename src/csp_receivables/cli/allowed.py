"""Who asks, and whether their roles let them: asked by each command of support and escalation first."""

from __future__ import annotations

from typing import Annotated

import typer

from csp_receivables import support_wiring
from csp_receivables.domain.support.roles import Right
from csp_receivables.settings import Settings

Asks = Annotated[
    str, typer.Option("--by", envvar="CSP_BY", help="Who asks: a person's name, where roles.yaml names people.")
]


def allow(settings: Settings, by: str, right: Right, customer_id: str | None = None) -> None:
    """Go on only where this person may. Raises NotAllowed, FileFaults."""
    support_wiring.roles(settings).refuse_unless(by, right, customer_id)
