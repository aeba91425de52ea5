"""`csp microsoft`: what is asked of Microsoft itself, as the reader."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import microsoft_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_findings, show_table
from csp_receivables.domain.access.azure_pack import azure_pack
from csp_receivables.domain.microsoft.fetches import Fetched, FetchKind, unread_findings
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import Suspending, suspending
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.settings import Settings
from csp_receivables.steps.fetch_unbilled import Period

microsoft_app = typer.Typer(help="Ask Microsoft: invoices and their charges. Reads only.", no_args_is_help=True)
Wanted = Annotated[
    list[str] | None, typer.Argument(metavar="[INVOICE]…", help="Vendor invoices; none: all that are new or may change")
]
DailyUsageOption = Annotated[
    bool, typer.Option("--daily-usage/--charges-only", help="Fetch what charges for usage are made of, too.")
]
CONSENT_PORT = 8400


class Who(StrEnum):
    """Whose consent."""

    READER = "reader"
    ACTOR = "actor"


IdentityOption = Annotated[Who, typer.Option("--identity", help="For which of the two apps.")]
PortOption = Annotated[int, typer.Option("--port", help="The app's redirect address is http://localhost:PORT.")]
MinutesOption = Annotated[int, typer.Option("--minutes", help="How long to wait for the person.", min=0)]
CurrencyOption = Annotated[str, typer.Option("--currency", help="Of what is billed in this currency, as in EUR.")]
PeriodOption = Annotated[Period, typer.Option("--period", help="Which month, as Microsoft counts it.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder to write it into.", file_okay=False)]
UnbilledUsageOption = Annotated[bool, typer.Option("--usage", help="Daily usage instead of charges.")]
TenantOption = Annotated[str, typer.Option("--tenant", help="Of this tenant only.")]
RefreshOption = Annotated[bool, typer.Option("--refresh", help="Read them from Microsoft first.")]


@microsoft_app.command("fetch")
def fetch(wanted: Wanted = None, daily_usage: DailyUsageOption = True, as_json: JsonOption = False) -> None:
    """Fetch charges and daily usage and import them; waits until Microsoft has made each export."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    fetched: list[Fetched] = []
    with _reader(settings, ledger) as reader:
        listed = microsoft_wiring.charge_fetch(settings, ledger, reader).listed()
        if unknown := sorted(set(wanted or ()) - {each.invoice_id for each in listed}):
            raise Refused(f"Microsoft lists no vendor invoice {unknown[0]}; `csp microsoft invoices` shows them")
        wiring.record_findings(ledger, unread_findings(listed))
        for kind in FetchKind if daily_usage else [FetchKind.CHARGES]:
            step = microsoft_wiring.charge_fetch(settings, ledger, reader, kind=kind)
            fetched += [step.fetch(each) for each in step.due(listed, wanted)]
    _answer(fetched, as_json=as_json)


@microsoft_app.command("unbilled")
def unbilled(
    currency: CurrencyOption,
    out: OutOption,
    period: PeriodOption = Period.CURRENT,
    usage: UnbilledUsageOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write Microsoft's estimate of what is not billed yet into a CSV to look at. It counts nowhere."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    kind = FetchKind.DAILY_USAGE if usage else FetchKind.CHARGES
    if not re.fullmatch("[A-Z]{3}", currency := currency.upper()):
        raise Refused(f"{currency!r} is no currency; name it by its three letters, as in EUR")
    with _reader(settings, ledger) as reader:
        lines, path = microsoft_wiring.fetch_unbilled(
            settings, reader, out, kind=kind, currency=currency, period=period
        )
    if as_json:
        emit_json({"lines": lines, "file": str(path) if lines else None})
    elif lines:
        print(f"{lines} lines that are not billed, an estimate: {path}\nThey count nowhere; no import takes them.")
    else:
        print(f"Microsoft has nothing unbilled in {currency} for the {period} month.")


@microsoft_app.command("invoices")
def invoices(as_json: JsonOption = False) -> None:
    """List the vendor invoices at Microsoft, and what is known of each here."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    with _reader(settings, ledger) as reader:
        step = microsoft_wiring.charge_fetch(settings, ledger, reader)
        listed = step.listed()
        known = {each.invoice_id: step.book.known(each.invoice_id, FetchKind.CHARGES) for each in listed}
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


@microsoft_app.command("consent")
def consent(who: IdentityOption = Who.READER, port: PortOption = CONSENT_PORT, minutes: MinutesOption = 10) -> None:
    """Let a person consent, with a second factor, for an app that works with a user; keeps the refresh token."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    identity = microsoft_wiring.reader_identity() if who is Who.READER else microsoft_wiring.actor_identity()
    microsoft_wiring.refuse_wrong_world(ledger, identity)
    tokens = microsoft_wiring.token_file(settings, identity)
    try:
        microsoft_wiring.consent(
            identity, tokens, _show_address, clock=settings.clock, port=port, patience=timedelta(minutes=minutes)
        )
    except (MicrosoftRefused, TimeoutError, OSError) as refused:
        raise Refused(f"No consent was kept: {refused}") from None
    print(f"{identity.name} has its consent; the refresh token is kept, and renews itself with each use.")


def _show_address(address: str) -> None:
    print(
        f"Open this address in a browser on this machine, and sign in with a second factor:\n\n{address}\n", flush=True
    )


@microsoft_app.command("subscriptions")
def subscriptions(tenant: TenantOption = "", refresh: RefreshOption = False, as_json: JsonOption = False) -> None:
    """List subscriptions as last read, and what suspending each would and wouldn't save."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    if refresh:
        with _reader(settings, ledger) as reader:
            show_findings(microsoft_wiring.subscription_sync(ledger, reader).run().findings)
    now = settings.clock()
    known = [(each, suspending(each, now)) for each in microsoft_wiring.known_subscriptions(ledger, tenant.lower())]
    if as_json:
        emit_json([_subscription(each, answer) for each, answer in known])
        return
    columns = ["tenant", "subscription", "offer", "seats", "status", "renews", "term ends", "suspending it"]
    rows = [
        [
            each.tenant_id,
            each.subscription_id,
            each.offer_name,
            str(each.quantity),
            each.status,
            {True: "yes", False: "no", None: ""}[each.auto_renew],
            f"{each.commitment_ends_at:%Y-%m-%d}" if each.commitment_ends_at else "",
            answer.because,
        ]
        for each, answer in known
    ]
    show_table("Subscriptions at Microsoft", columns, rows, right=["seats"])


@microsoft_app.command("azure")
def azure(
    *,
    tenant: Annotated[str, typer.Option("--tenant", help="Whose plan.")],
    plan: Annotated[str, typer.Option("--plan", help="The Azure plan: the id of its subscription.")],
    as_json: JsonOption = False,
) -> None:
    """Read what runs under an Azure plan, and say how a person stops it and gives it back. Nothing here does it."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    with _reader(settings, ledger) as reader:
        found = reader.subscriptions.entitlements(tenant, plan)
    if as_json:
        emit_json([{name: getattr(each, name) for name in each.__slots__} for each in found])
        return
    print(azure_pack(tenant, plan, found))


def _subscription(each: Subscription, answer: Suspending) -> dict[str, Any]:
    told = {name: getattr(each, name) for name in each.__slots__ if name != "document"}
    return told | {"suspending": {name: getattr(answer, name) for name in answer.__slots__}}


@contextmanager
def _reader(settings: Settings, ledger: wiring.Ledger) -> Iterator[microsoft_wiring.Reader]:
    """The reader; what Microsoft refuses is told in a sentence."""
    try:
        with microsoft_wiring.reading(settings, ledger, microsoft_wiring.reader_identity(os.environ)) as reader:
            yield reader
    except MicrosoftRefused as refusal:
        microsoft_wiring.tell_of_credit_limit(settings, ledger, refusal)
        raise Refused(str(refusal)) from None


def _answer(fetched: list[Fetched], *, as_json: bool) -> None:
    findings = [finding for each in fetched for finding in each.findings]
    if as_json:
        emit_json([_plain(each) for each in fetched])
    elif not fetched:
        print("Nothing new at Microsoft.")
    else:
        rows = [
            [each.invoice_id, each.kind.value.replace("_", " "), each.outcome.value.replace("_", " "), each.because]
            for each in fetched
        ]
        show_table("Fetched from Microsoft", ["invoice", "what", "outcome", "because"], rows)
        show_findings(findings)
    if any(each.needs_a_person for each in fetched):
        raise SystemExit(2)


def _plain(each: Fetched) -> dict[str, Any]:
    return {
        "invoice": each.invoice_id,
        "kind": each.kind.value,
        "outcome": each.outcome.value,
        "because": each.because,
        "version": each.version,
        "new_facts": each.new_facts,
    }
