"""What the tasks do that ask Microsoft. They read only; XCom and logs carry ids, never a signature or a token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from csp_airflow.partner_center import READER, PartnerCenterHook
from csp_airflow.run_context import is_backfill
from csp_airflow.tasks import Context, Told, at_work, refuse_to_outrun_the_clock, skip
from csp_airflow.troubles import PassingTrouble
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.microsoft.exports import Move
from csp_receivables.domain.microsoft.fetches import legacy_findings
from csp_receivables.domain.microsoft.invoices import ListedInvoice
from csp_receivables.domain.microsoft.sign_in import aging_finding

if TYPE_CHECKING:
    from csp_receivables.microsoft_wiring import Reader
    from csp_receivables.settings import Settings
    from csp_receivables.steps.fetch_charges import ChargeFetch
    from csp_receivables.wiring import Ledger

log = logging.getLogger(__name__)
Plain = dict[str, str]  # a vendor invoice as XCom and triggers carry it: text only


def list_invoices(context: Context) -> list[Plain]:
    """List the vendor invoices whose charges are to be asked for."""
    from csp_receivables import wiring

    with at_microsoft(context) as (settings, ledger, reader):
        step = _fetch(settings, ledger, reader)
        listed = step.listed()
        wanted = (context["params"] or {}).get("invoices")
        due = [one for one in listed if one.invoice_id in wanted] if wanted else list(step.due(listed))
        wiring.record_findings(ledger, legacy_findings(listed))
    log.info("%d vendor invoices at Microsoft, %d to ask for", len(listed), len(due))
    return [plain(each) for each in due]


def ask_for_export(invoice: Plain, context: Context) -> str:
    """Ask for one export; returns the address of its operation."""
    with at_microsoft(context) as (settings, ledger, reader):
        operation = _fetch(settings, ledger, reader).exports.ask(invoice["invoice_id"])
    log.info("asked for the charges of %s", invoice["invoice_id"])
    return operation


def look_at_export(invoice: Plain, operation: str, starts: int) -> dict[str, str | int]:
    """Look once, without keeping anything: the triggerer calls it."""
    with at_microsoft(None) as (settings, ledger, reader):
        _, move = _fetch(settings, ledger, reader).judge(listed_invoice(invoice), operation, starts)
    return {"move": move.move.value, "after": int(move.after.total_seconds()), "because": move.because}


def import_charges(export: Plain, context: Context) -> Told:
    """Download an export that is ready, and import it; what came to nothing is kept with its reason."""
    invoice = listed_invoice(export)
    with at_microsoft(context) as (settings, ledger, reader):
        step = _fetch(settings, ledger, reader)
        fetched = step.fetch(invoice, export["operation"])
    log.info("%s: %s, %s", fetched.invoice_id, fetched.outcome.value, fetched.because)
    report = fetched.report
    told: Told = {"invoice": fetched.invoice_id, "outcome": fetched.outcome.value, "because": fetched.because}
    return told | {"new_facts": report.new_facts if report else 0, "findings": len(report.findings) if report else 0}


def sync_subscriptions(context: Context) -> Told:
    """Read every customer's subscriptions and keep what changed."""
    from csp_receivables import microsoft_wiring

    with at_microsoft(context) as (_, ledger, reader):
        report = microsoft_wiring.subscription_sync(ledger, reader).run()
    told = {name: getattr(report, name) for name in ("tenants", "changed", "gone")}
    log.info("subscriptions of %(tenants)d tenants: %(changed)d changed, %(gone)d gone", told)
    return told | {"findings": len(report.findings)}


@contextmanager
def at_microsoft(context: Context | None) -> Iterator[tuple[Settings, Ledger, Reader]]:
    """Settings, ledger and the reader. A consent that was lost is told once and ends the task; what passes is retried.

    `context` None: in the triggerer, where the task that parked has been checked already.
    """
    from csp_receivables import microsoft_wiring, wiring

    hook = PartnerCenterHook(READER)
    if not hook.is_set():
        skip("no identity may read at Microsoft: charges come as files in inbox/microsoft (docs/OPERATIONS.md)")
    with at_work() as (settings, ledger):
        if context is not None:
            _refuse_the_past(context, settings)
        try:
            with hook.reader(settings, ledger) as reader:
                yield settings, ledger, reader
                if aged := reader.sign_in.aging:
                    wiring.record_findings(ledger, [aging_finding(aged)])
        except microsoft_wiring.ConsentLost as lost:
            wiring.record_findings(ledger, [consent_lost(READER, str(lost))])
            raise
        except microsoft_wiring.MicrosoftRefused as refused:
            if refused.passes:
                raise PassingTrouble(str(refused)) from refused
            raise


def consent_lost(identity: str, said: str) -> Finding:
    """What a person must do before anything more comes from Microsoft."""
    return Finding(
        code="microsoft.consent_lost",
        severity=Severity.HELD,
        found=f"Microsoft no longer lets {identity} in: {said}",
        remedy="Consent again with MFA, or renew the secret or certificate: docs/OPERATIONS.md, Two app registrations",
        subject=identity,
    )


def plain(invoice: ListedInvoice) -> Plain:
    """The invoice as text."""
    return {
        "invoice_id": invoice.invoice_id,
        "commerce": invoice.commerce.value,
        "invoiced_at": invoice.invoiced_at.isoformat() if invoice.invoiced_at else "",
        "document_type": invoice.document_type,
        "amends": invoice.amends,
        "document": invoice.document,
    }


def listed_invoice(told: Plain) -> ListedInvoice:
    """The invoice out of its text."""
    from csp_receivables.domain.microsoft.invoices import Commerce

    return ListedInvoice(
        invoice_id=told["invoice_id"],
        commerce=Commerce(told["commerce"]),
        invoiced_at=datetime.fromisoformat(told["invoiced_at"]) if told["invoiced_at"] else None,
        document_type=told["document_type"],
        amends=told["amends"],
        document=told["document"],
    )


def is_final(move: str) -> bool:
    """Does this move end the waiting?"""
    return Move(move) is not Move.LOOK_AGAIN


def _fetch(settings: Settings, ledger: Ledger, reader: Reader) -> ChargeFetch:
    from csp_receivables import microsoft_wiring

    return microsoft_wiring.charge_fetch(settings, ledger, reader)


def _refuse_the_past(context: Context, settings: Settings) -> None:
    refuse_to_outrun_the_clock(context, settings)
    if is_backfill(context):
        skip("a backfill asks Microsoft nothing: what it knew then lies in the ledger")
