"""What the tasks do that ask Microsoft. They read only; XCom and logs carry ids, never a signature or a token."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from csp_airflow.partner_center import ACTOR, READER, PartnerCenterHook
from csp_airflow.run_context import is_backfill, named_in
from csp_airflow.tasks import Context, Told, at_work, refuse_to_outrun_the_clock, skip
from csp_airflow.troubles import PassingTrouble
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.microsoft.exports import Move
from csp_receivables.domain.microsoft.fetches import FetchKind, unread_findings
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce, ListedInvoice
from csp_receivables.domain.microsoft.sign_in import AgingToken, aging, aging_finding

if TYPE_CHECKING:
    from csp_receivables.microsoft_wiring import Reader
    from csp_receivables.settings import Settings
    from csp_receivables.steps.fetch_charges import ChargeFetch
    from csp_receivables.wiring import Ledger

log = logging.getLogger(__name__)
Plain = dict[str, str]  # a vendor invoice as XCom and triggers carry it: text only


class NotListed(LookupError):
    """A vendor invoice was asked for that Microsoft doesn't list."""


def list_invoices(context: Context) -> list[Plain]:
    """List what is to be asked for of the vendor invoices: charges, then daily usage."""
    from csp_receivables import wiring

    params = context["params"] or {}
    wanted = named_in(context, "invoices")
    kinds = list(FetchKind) if params.get("daily_usage", True) else [FetchKind.CHARGES]
    with at_microsoft(context) as (settings, ledger, reader):
        listed = _fetch(settings, ledger, reader).listed()
        _refuse_unknown(wanted, listed)
        due = [
            plain(each, kind) for kind in kinds for each in _fetch(settings, ledger, reader, kind).due(listed, wanted)
        ]
        wiring.record_findings(ledger, unread_findings(listed))
    log.info("%d vendor invoices at Microsoft, %d fetches are due", len(listed), len(due))
    return due


def _refuse_unknown(wanted: Collection[str], listed: Collection[ListedInvoice]) -> None:
    """A number that Microsoft doesn't list is a slip of the key: the run would be green and fetch nothing."""
    if unknown := sorted(set(wanted) - {each.invoice_id for each in listed}):
        raise NotListed(f"Microsoft lists no vendor invoice {unknown[0]}; `csp microsoft invoices` shows them")


def ask_for_export(invoice: Plain, context: Context) -> str:
    """Ask for one export; returns the address of its operation, "" for an invoice that is never exported."""
    if listed_invoice(invoice).commerce is Commerce.LEGACY:
        return ""
    with at_microsoft(context) as (settings, ledger, reader):
        operation = _fetch(settings, ledger, reader, kind_of(invoice)).exports.ask(invoice["invoice_id"])
    log.info("asked for %s of %s", kind_of(invoice).value, invoice["invoice_id"])
    return operation


def look_at_export(invoice: Plain, operation: str, starts: int) -> dict[str, str | int]:
    """Look once, without keeping anything: the triggerer calls it."""
    with at_microsoft(None) as (settings, ledger, reader):
        _, move = _fetch(settings, ledger, reader, kind_of(invoice)).judge(listed_invoice(invoice), operation, starts)
    return {"move": move.move.value, "after": int(move.after.total_seconds()), "because": move.because}


def import_charges(export: Plain, context: Context) -> Told:
    """Download what is ready, and import it; what came to nothing is kept with its reason."""
    invoice, kind = listed_invoice(export), kind_of(export)
    with at_microsoft(context) as (settings, ledger, reader):
        fetched = _fetch(settings, ledger, reader, kind).fetch(invoice, export["operation"])
    log.info("%s of %s: %s, %s", kind.value, fetched.invoice_id, fetched.outcome.value, fetched.because)
    told: Told = {"invoice": fetched.invoice_id, "kind": kind.value, "outcome": fetched.outcome.value}
    return told | {
        "because": fetched.because,
        "new_facts": fetched.new_facts,
        "findings": len(fetched.findings),
    }


def watch_consents(context: Context) -> Told:
    """Tell of every consent that lies unused for so long that it may soon be dead: the actor's may rest for months."""
    from csp_receivables import wiring

    with at_work() as (settings, ledger):
        _refuse_the_past(context, settings)
        told = [aged for hook in map(PartnerCenterHook, (READER, ACTOR)) if (aged := _aged(hook, settings))]
        wiring.record_findings(ledger, [aging_finding(aged) for aged in told])
    return {"aging": len(told)}


def _aged(hook: PartnerCenterHook, settings: Settings) -> AgingToken | None:
    if not hook.is_set() or not hook.identity().with_user:
        return None
    kept = hook.refresh_tokens(settings.clock).load()
    return aging(hook.conn_id, kept, settings.clock()) if kept else None


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
            microsoft_wiring.tell_of_credit_limit(settings, ledger, refused)
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


def plain(invoice: ListedInvoice, kind: FetchKind = FetchKind.CHARGES) -> Plain:
    """The fetch of an invoice as text."""
    return {
        "invoice_id": invoice.invoice_id,
        "kind": kind.value,
        "commerce": invoice.commerce.value,
        "invoiced_at": invoice.invoiced_at.isoformat() if invoice.invoiced_at else "",
        "document_type": invoice.document_type,
        "amends": invoice.amends,
        "charge_lists": json.dumps([[each.provider, each.kind, each.currency] for each in invoice.charge_lists]),
        "document": invoice.document,
    }


def listed_invoice(told: Plain) -> ListedInvoice:
    """The invoice out of its text."""
    return ListedInvoice(
        invoice_id=told["invoice_id"],
        commerce=Commerce(told["commerce"]),
        invoiced_at=datetime.fromisoformat(told["invoiced_at"]) if told["invoiced_at"] else None,
        document_type=told["document_type"],
        amends=told["amends"],
        charge_lists=tuple(
            ChargeList(provider=provider, kind=kind, currency=currency)
            for provider, kind, currency in json.loads(told.get("charge_lists", "[]"))
        ),
        document=told["document"],
    )


def kind_of(told: Plain) -> FetchKind:
    """What of the invoice its text asks for."""
    return FetchKind(told.get("kind", "charges"))


def is_final(move: str) -> bool:
    """Does this move end the waiting?"""
    return Move(move) is not Move.LOOK_AGAIN


def _fetch(settings: Settings, ledger: Ledger, reader: Reader, kind: FetchKind = FetchKind.CHARGES) -> ChargeFetch:
    from csp_receivables import microsoft_wiring

    return microsoft_wiring.charge_fetch(settings, ledger, reader, kind=kind)


def _refuse_the_past(context: Context, settings: Settings) -> None:
    refuse_to_outrun_the_clock(context, settings)
    if is_backfill(context):
        skip("a backfill asks Microsoft nothing: what it knew then lies in the ledger")
