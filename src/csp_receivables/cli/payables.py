"""`csp payables` and `csp import vendor-payments`: what the partner owes Microsoft."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import money_wiring, wiring
from csp_receivables.cli.decide import AS_OF, KNOWN_AT, plan_of_day
from csp_receivables.cli.file_reports import answer_files, import_each
from csp_receivables.cli.output import JsonOption, emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.money import to_text
from csp_receivables.domain.payables.payables import Payable, findings
from csp_receivables.settings import Settings

Files = Annotated[
    list[Path], typer.Argument(help="CSV with paid_on, amount, currency; where known invoice, reference.")
]


def payables(
    as_of: Annotated[datetime | None, AS_OF] = None,
    known_at: Annotated[str, KNOWN_AT] = "",
    as_json: JsonOption = False,
) -> None:
    """Show what is due to Microsoft, by due day, against what customers paid for it."""
    settings = Settings.from_environment()
    plan = plan_of_day(settings, as_of, known_at, historical=True)
    found = money_wiring.show_payables(settings, wiring.open_ledger(settings)).show(plan)
    told = findings(found)
    if as_json:
        emit_json(
            {
                "as_of": found.as_of,
                "payables": [asdict(one) for one in found.payables],
                "paid_on": [asdict(one) for one in found.settled.paid_on],
                "left": dict(found.settled.left),
                "findings": [finding_json(one) for one in told],
            }
        )
        return
    columns = ("invoice", "due on", "total", "amended", "paid", "due", "covered", "state", "because")
    title = f"Owed to Microsoft as of {found.as_of}"
    show_table(title, columns, [_row(one) for one in found.payables], right=columns[2:7])
    show_findings(told)


def vendor_payments(files: Files, as_json: JsonOption = False) -> None:
    """Import payments to Microsoft; a row that the bank reports as well only names its invoice."""
    ledger = wiring.open_ledger(Settings.from_environment())
    answer_files(import_each(files, partial(money_wiring.import_vendor_payments, ledger)), as_json=as_json)


def _row(one: Payable) -> tuple[str, ...]:
    amounts = (to_text(amount, one.currency) for amount in (one.total, one.amended, one.paid))
    covered = f"{one.covered.per_mille / 10:.1f} %" if one.covered else "unknown"
    due = f"{to_text(one.due, one.currency)} {one.currency}"
    return (one.invoice_id, str(one.due_on), *amounts, due, covered, one.state.value, one.because)
