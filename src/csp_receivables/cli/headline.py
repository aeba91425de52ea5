"""The day's headline in the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from csp_receivables.cli.output import show_table
from csp_receivables.domain.day import Day
from csp_receivables.domain.money import to_text
from csp_receivables.domain.summary import LINES
from csp_receivables.wiring import Reconciled


def headline_rows(day: Day) -> list[dict[str, Any]]:
    """The summary as rows of text: line, currency, amount (decimal text or None), count."""
    return [
        {**row, "amount": None if row["amount"] is None else to_text(row["amount"], row["currency"])}
        for row in day.summary.to_pylist()
    ]


def show_headline(reconciled: Reconciled) -> None:
    """Print the headline per currency, coverage, whether it ties, and where the files lie."""
    day, console = reconciled.day, Console(highlight=False)
    demo = " · DEMO, made-up data" if day.is_demo else ""
    title = f"Reconciliation as of {day.as_of} ({day.mode.value}{demo})"
    shown = {row["line"] for row in day.summary.to_pylist() if row["currency"]}
    lines = [line for line in LINES if line in shown]
    currencies = sorted({row["currency"] for row in day.summary.to_pylist() if row["currency"]})
    amounts = {(row["line"], row["currency"]): _grouped(row["amount"]) for row in headline_rows(day)}
    rows = [[line, *(amounts.get((line, currency)) or "" for currency in currencies)] for line in lines]
    show_table(title, ["", *currencies], rows, right=currencies)
    if day.limits:
        console.print(Text(f"Limited: {day.limits}"), soft_wrap=True)
    _show_coverage(day)
    ties = not any(day.tie_out["difference"].to_pylist())
    console.print(f"Ties to the cent: {'yes' if ties else 'NO, see the findings'} · findings: {day.findings.num_rows}")
    if not reconciled.changed:
        console.print("Nothing new: ledger and outputs as they were.")
    console.print(f"Allocations booked now: {reconciled.allocations_booked}")
    console.print(f"Workbook: {reconciled.workbook}", soft_wrap=True)
    console.print(f"Page:     {reconciled.page}", soft_wrap=True)


def _grouped(amount: str | None) -> str:
    """Decimal text with its thousands apart: "336 525.17"."""
    return "" if amount is None else f"{Decimal(amount):,}".replace(",", " ")


def _show_coverage(day: Day) -> None:
    rows = [
        [
            row["vendor_invoice"],
            str(row["due_on"]),
            f"{_grouped(to_text(row['total'], row['currency']))} {row['currency']}",
            "{}.{} %".format(*divmod(row["covered_per_mille"], 10)),
            row["because"],
        ]
        for row in day.coverage.to_pylist()
    ]
    show_table("Vendor invoices", ["invoice", "due", "total", "covered", ""], rows, right=["total", "covered"])
