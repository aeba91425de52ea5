"""`csp raise` and `csp charges check`: receivables from charges, and charges against receivables."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from csp_receivables import money_wiring, wiring
from csp_receivables.cli.decide import AS_OF, plan_of_day
from csp_receivables.cli.output import JsonOption, Refused, emit_json, finding_json, show_findings, show_table
from csp_receivables.domain.money import to_text
from csp_receivables.domain.pricing.documents import Draft
from csp_receivables.money_ports import NumberTaken
from csp_receivables.settings import Settings
from csp_receivables.steps.raise_receivables import NotToBeRaised

Invoice = Annotated[str, typer.Argument(metavar="INVOICE", help="The vendor invoice's id, G… or D….")]
By = Annotated[str, typer.Option("--by", help="Who issues them: a person's name. Without it this is a preview.")]


def raise_documents(
    invoice: Invoice,
    by: By = "",
    issued_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on the documents. Default: today.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the invoices and credit notes that INVOICE wants by the price book; with --by, issue them."""
    settings = Settings.from_environment()
    today = settings.clock().astimezone(settings.time_zone).date()
    day, plan = issued_on.date() if issued_on else today, plan_of_day(settings, None, "", historical=True)
    step = money_wiring.raise_receivables(settings, wiring.open_ledger(settings))
    try:
        if by.strip():
            raising, issued = step.issue(plan, invoice, day, by.strip())
            numbers = issued.receivables["number"].to_pylist()
        else:
            raising, numbers = step.preview(plan, invoice, day), []
    except NotToBeRaised as why:
        raise Refused(str(why)) from None
    except NumberTaken as why:
        raise Refused(f"{why}. Give the series another prefix or first number in include/price_book.yaml") from None
    if as_json:
        drafts = [asdict(one) | {"net": one.net, "tax": one.tax, "gross": one.gross} for one in raising.drafts]
        emit_json(
            {
                "documents": drafts,
                "code": raising.code,
                "numbers": numbers,
                "findings": [finding_json(f) for f in raising.findings],
            }
        )
        return
    named = numbers or ["(preview)"] * len(raising.drafts)
    columns = ("number", "customer", "kind", "lines", "net", "tax", "gross", "credits")
    rows = [_row(number, one) for number, one in zip(named, raising.drafts, strict=True)]
    show_table(f"{invoice}: documents of {day}", columns, rows, right=columns[3:7])
    show_findings(raising.findings)


def check(as_of: Annotated[datetime | None, AS_OF] = None, as_json: JsonOption = False) -> None:
    """Check receivables against charges: never billed, billed without a charge, margin below the floor."""
    settings = Settings.from_environment()
    plan = plan_of_day(settings, as_of, "", historical=True)
    found = money_wiring.check_receivables(settings, wiring.open_ledger(settings), plan)
    if as_json:
        emit_json([one._asdict() for one in found])
        return
    rows = [
        (
            *(one.problem.value, one.vendor_invoice, one.customer_name or one.customer_id),
            *(to_text(amount, one.currency) for amount in (one.cost, one.billed_net, one.margin)),
            one.currency,
        )
        for one in found
    ]
    columns = ("problem", "vendor invoice", "customer", "cost", "billed net", "margin", "currency")
    show_table(f"Charges against receivables as of {plan.as_of}", columns, rows, right=columns[3:6])


def _row(number: str, one: Draft) -> tuple[str, ...]:
    amounts = (to_text(amount, one.currency) for amount in (one.net, one.tax))
    gross = f"{to_text(one.gross, one.currency)} {one.currency}"
    return (number, one.customer_id, one.kind, str(len(one.lines)), *amounts, gross, one.credits_number)
