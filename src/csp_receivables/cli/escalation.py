"""`csp escalation`: the report of what must reach a person, and the pack of one customer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from csp_receivables import escalation_wiring, mail_wiring, support_wiring, wiring
from csp_receivables.cli.agency import agency_app
from csp_receivables.cli.allowed import Asks, allow
from csp_receivables.cli.decide import AS_OF, KNOWN_AT, plan_of_day
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.cli.write_off import write_off_app
from csp_receivables.domain.escalation.items import Item, ReportKind
from csp_receivables.domain.money import to_text
from csp_receivables.domain.support.roles import Right
from csp_receivables.settings import Settings

escalation_app = typer.Typer(
    help="What left automation's hands: the report, and one customer with everything in hand.", no_args_is_help=True
)


escalation_app.add_typer(agency_app, name="agency")
escalation_app.add_typer(write_off_app, name="write-off")


@escalation_app.callback()
def escalation() -> None:
    """See the help of `escalation_app`."""


@escalation_app.command("report")
def report(
    *,
    kind: Annotated[ReportKind, typer.Option("--kind", help="Daily or weekly.")] = ReportKind.DAILY,
    as_of: Annotated[datetime | None, AS_OF] = None,
    known_at: Annotated[str, KNOWN_AT] = "",
    historical: Annotated[bool, typer.Option("--historical", help="Only look; tell nobody.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Hand over what waits, as far as the gate lets it.")] = False,
    by: Asks = "",
    as_json: JsonOption = False,
) -> None:
    """Compile the escalation report, keep it, and write its page, workbook and PDF. Repeating it is safe.

    Yesterday is live: its readers' letters wait in the outbox. Any other day, or --known-at, is historical.
    """
    settings = Settings.from_environment()
    allow(settings, by, Right.SEE_REPORT)
    roles = support_wiring.roles(settings)
    plan, ledger = plan_of_day(settings, as_of, known_at, historical=historical), wiring.open_ledger(settings)
    try:
        reported = escalation_wiring.escalation_reporter(settings, ledger).report(kind, plan)
    except escalation_wiring.NotTheDayAnyMore as passed:
        raise Refused(str(passed)) from None
    told = _sent(settings, ledger) if send else {}
    made = reported.report
    shown = [item for item in made.items if roles.sees(by, item.customer_id)]
    files = () if roles.is_limited(by) else reported.files  # they tell of everybody
    if as_json:
        emit_json(
            {
                "run_id": reported.run_id,
                "as_of": made.as_of,
                "mode": made.mode.value,
                "digest": made.digest,
                "files": [str(path) for path in files],
                "proposed": reported.proposed,
                "items": [_as_json(item) for item in shown],
                "sent": told,
            }
        )
        return
    rows = [_row(item) for item in shown]
    columns = ("section", "age", "customer", "what", "amount", "owner", "next step")
    show_table(f"{len(rows)} waiting as of {made.as_of} ({made.mode.value})", columns, rows, right=("age", "amount"))
    for path in files:
        print(path)
    for name, value in told.items():
        print(f"{name}: {value}")


@escalation_app.command("pack")
def pack(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    *,
    as_of: Annotated[datetime | None, AS_OF] = None,
    by: Asks = "",
    as_json: JsonOption = False,
) -> None:
    """Write one customer with everything in hand, as page, PDF and workbook. Nothing is decided or sent."""
    settings = Settings.from_environment()
    allow(settings, by, Right.SEE_PACKS, customer)
    plan, ledger = plan_of_day(settings, as_of, "", historical=True), wiring.open_ledger(settings)
    try:
        files = escalation_wiring.escalation_pack(settings, ledger, plan, customer)
    except escalation_wiring.NoSuchCustomer as unknown:
        raise Refused(str(unknown)) from None
    if as_json:
        emit_json({"customer": customer, "as_of": plan.as_of, "files": [str(path) for path in files]})
        return
    for path in files:
        print(path)


@escalation_app.command("packs")
def packs(as_json: JsonOption = False) -> None:
    """Hand over the packs of whom yesterday's decisions hand over, each once, as far as the gate lets them pass."""
    settings = Settings.from_environment()
    ledger, mail = wiring.open_ledger(settings), mail_wiring.mail_of_environment()
    proposed = escalation_wiring.propose_packs(settings, ledger, settings.yesterday())
    sent = escalation_wiring.pack_sender(settings, ledger, mail).send()
    told = {"proposed": proposed, "ended": dict(sent.ended), "waits": dict(sent.waits), "because": sent.because}
    if as_json:
        emit_json(told)
        return
    for name, value in told.items():
        print(f"{name}: {value}")


def _sent(settings: Settings, ledger: wiring.Ledger) -> dict[str, Any]:
    sent = escalation_wiring.report_sender(settings, ledger, mail_wiring.mail_of_environment()).send()
    return {"ended": dict(sent.ended), "waits": dict(sent.waits), "because": sent.because}


def _as_json(item: Item) -> dict[str, Any]:
    return {
        "section": item.section.value,
        "key": item.key,
        "about": item.about,
        "customer": item.customer_id,
        "amount": None if item.amount is None else to_text(item.amount, item.currency),
        "currency": item.currency,
        "since": item.since,
        "age_days": item.age_days,
        "owner": item.owner,
        "next_step": item.next_step,
    }


def _row(item: Item) -> tuple[str, ...]:
    amount = "" if item.amount is None else f"{to_text(item.amount, item.currency)} {item.currency}"
    who = item.customer_name or item.customer_id
    section = item.section.value.replace("_", " ")
    return section, str(item.age_days), who, item.about, amount, item.owner, item.next_step
