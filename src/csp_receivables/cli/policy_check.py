"""`csp policy check`: every fault of a policy file at once, each with its line and what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import collections_wiring
from csp_receivables.cli.output import JsonOption, emit_json
from csp_receivables.settings import Settings

PolicyFile = Annotated[
    Path | None,
    typer.Argument(help="A policy file; without one, the policy in force.", show_default=False),
]


def check(file: PolicyFile = None, *, as_json: JsonOption = False) -> None:
    """Check a policy with its templates, translations and rates. Exit code 0 when it can be used, 2 when not."""
    try:
        policy = collections_wiring.checked_policy(Settings.from_environment(), file)
    except collections_wiring.FileFaults as refused:
        if as_json:
            emit_json(
                {
                    "faults": [
                        {
                            "file": fault.file,
                            "line": fault.line,
                            "place": fault.place,
                            "found": fault.found,
                            "remedy": fault.remedy,
                        }
                        for fault in refused.faults
                    ]
                }
            )
        else:
            print(refused, file=sys.stderr)
            many = len(refused.faults)
            print(f"csp: {many} {'fault' if many == 1 else 'faults'}; the policy can't be used", file=sys.stderr)
        raise typer.Exit(2) from None
    if as_json:
        emit_json({"name": policy.name, "version": policy.version, "faults": []})
    else:
        print(f"policy {policy.name}, version {policy.version}: no fault")
