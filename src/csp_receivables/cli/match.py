"""`csp match`: payments to receivables from files, without a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.match_files import FileRefused
from csp_receivables.domain.money import to_text
from csp_receivables.settings import Settings
from csp_receivables.steps.match_files import MatchReport

Receivables = Annotated[
    Path, typer.Argument(help="CSV or Parquet: receivable_id, number, issued_on, due_on, currency, amount, …")
]
Payments = Annotated[
    Path, typer.Argument(help="CSV or Parquet: payment_id, booked_on, currency, amount, reference, text, …")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results (CSV).")]
Policy = Annotated[Path | None, typer.Option("--policy", help="YAML as include/policies/matching.yaml.")]


def match(
    receivables: Receivables, payments: Payments, out: Out, policy: Policy = None, as_json: JsonOption = False
) -> None:
    """Match payments to receivables and say why. Nothing is booked; the same input gives the same bytes."""
    try:
        report = wiring.match_files(Settings.from_environment(), receivables, payments, out, policy)
    except (FileRefused, wiring.PolicyRefused) as refusal:
        raise Refused(str(refusal)) from None
    if as_json:
        emit_json(_as_json(report))
    else:
        _show(report)


def _as_json(report: MatchReport) -> dict[str, object]:
    return {
        "receivables": report.receivables,
        "payments": report.payments,
        "counts": dict(report.counts),
        "totals": {
            kind: {currency: to_text(amount, currency) for currency, amount in sums.items()}
            for kind, sums in report.totals.items()
        },
        "files": {name: str(path) for name, path in report.files.items()},
        "findings": [finding_json(finding) for finding in report.findings],
    }


def _show(report: MatchReport) -> None:
    rows = [
        (kind, currency, to_text(amount, currency))
        for kind, sums in report.totals.items()
        for currency, amount in sums.items()
    ]
    title = f"{report.payments} payments, {report.receivables} receivables: " + ", ".join(
        f"{count} {name}" for name, count in report.counts.items()
    )
    show_table(title, ("", "currency", "amount"), rows, right=("amount",))
    show_findings(report.findings)
