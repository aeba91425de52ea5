"""`csp microsoft`: what is asked of Microsoft itself, as the reader."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from csp_receivables import microsoft_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_findings, show_table
from csp_receivables.domain.microsoft.fetches import Fetched, FetchOutcome, legacy_findings
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.settings import Settings

microsoft_app = typer.Typer(help="Ask Microsoft: invoices and their charges. Reads only.", no_args_is_help=True)
Wanted = Annotated[
    list[str] | None, typer.Argument(metavar="[INVOICE]…", help="Vendor invoices; none: all that are new or may change")
]


@microsoft_app.command("fetch")
def fetch(wanted: Wanted = None, as_json: JsonOption = False) -> None:
    """Fetch charges and import them; waits until Microsoft has made each export."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    identity = microsoft_wiring.reader_identity(os.environ)
    try:
        with microsoft_wiring.reading(settings, ledger, identity) as reader:
            step = microsoft_wiring.charge_fetch(settings, ledger, reader)
            listed = step.listed()
            due = step.due(listed) if not wanted else [each for each in listed if each.invoice_id in set(wanted)]
            if unknown := sorted(set(wanted or ()) - {each.invoice_id for each in listed}):
                raise Refused(f"Microsoft lists no vendor invoice {unknown[0]}; `csp microsoft invoices` shows them")
            wiring.record_findings(ledger, legacy_findings(listed))
            fetched = [step.fetch(each) for each in due]
    except MicrosoftRefused as refusal:
        raise Refused(str(refusal)) from None
    _answer(fetched, as_json=as_json)


@microsoft_app.command("invoices")
def invoices(as_json: JsonOption = False) -> None:
    """List the vendor invoices at Microsoft, and what is known of each here."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    try:
        with microsoft_wiring.reading(settings, ledger, microsoft_wiring.reader_identity(os.environ)) as reader:
            step = microsoft_wiring.charge_fetch(settings, ledger, reader)
            listed = step.listed()
            known = {each.invoice_id: step.book.known(each.invoice_id) for each in listed}
    except MicrosoftRefused as refusal:
        raise Refused(str(refusal)) from None
    rows = [
        {
            "invoice": each.invoice_id,
            "dated": f"{each.invoiced_at:%Y-%m-%d}" if each.invoiced_at else "",
            "commerce": each.commerce.value.replace("_", " "),
            "document": each.document_type.replace("_", " "),
            "amends": each.amends,
            "here": one.outcome.value.replace("_", " ") if (one := known[each.invoice_id]) else "not fetched",
        }
        for each in listed
    ]
    if as_json:
        emit_json(rows)
        return
    show_table("Vendor invoices at Microsoft", ["invoice", "dated", "commerce", "document", "amends", "here"],
               [list(row.values()) for row in rows])  # fmt: skip


def _answer(fetched: list[Fetched], *, as_json: bool) -> None:
    findings = [finding for each in fetched if each.report for finding in each.report.findings]
    if as_json:
        emit_json([_plain(each) for each in fetched])
    elif not fetched:
        print("Nothing new at Microsoft.")
    else:
        rows = [[each.invoice_id, each.outcome.value.replace("_", " "), each.because] for each in fetched]
        show_table("Fetched from Microsoft", ["invoice", "outcome", "because"], rows)
        show_findings(findings)
    if any(each.outcome in (FetchOutcome.REFUSED, FetchOutcome.GIVEN_UP) for each in fetched):
        raise SystemExit(2)


def _plain(each: Fetched) -> dict[str, Any]:
    return {
        "invoice": each.invoice_id,
        "outcome": each.outcome.value,
        "because": each.because,
        "version": each.version,
        "new_facts": each.report.new_facts if each.report else 0,
    }
