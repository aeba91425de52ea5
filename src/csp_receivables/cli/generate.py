"""`csp generate`: a made-up partner with known truth, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import worlds_wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json

Customers = Annotated[int, typer.Option("--customers", min=1, max=1_000_000, help="How many customers.")]
Months = Annotated[int, typer.Option("--months", min=1, max=600, help="How many months are billed.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same bytes.")]
Out = Annotated[Path, typer.Option("--out", help="A new or empty folder.")]


def generate(customers: Customers, months: Months, seed: Seed, out: Out, as_json: JsonOption = False) -> None:
    """Make a partner up: inbox/ as banks, accounting and Microsoft deliver it, and truth/ to evaluate against."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out} is not empty, and a world is not mixed with anything; name a new folder")
    made = worlds_wiring.generate_world(out, customers=customers, months=months, seed=seed)
    if as_json:
        emit_json({"customers": made.customers, "receivables": made.receivables, "lines": made.lines, "out": str(out)})
        return
    print(
        f"{made.customers} customers, {made.receivables} receivables and {made.lines} lines of bank accounts "
        f"over {made.months} months in {out}. Evaluate it with: csp evaluate {out}"
    )
