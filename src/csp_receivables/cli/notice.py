"""`csp notice`: what customers would read. Nothing is sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import notices_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json
from csp_receivables.domain.run_plan import NoDay, plan_run
from csp_receivables.settings import Settings

notice_app = typer.Typer(help="What customers would read. Nothing is sent.", no_args_is_help=True)
Out = Annotated[Path, typer.Option("--out", help="The folder to write into.")]
AS_OF = typer.Option(formats=["%Y-%m-%d"], help="The day the notice is dated (its end). Default: yesterday.")


@notice_app.command("preview")
def preview(
    customer: Annotated[str, typer.Option("--customer", help="Its customer_id in the customers file.")],
    stage: Annotated[str, typer.Option("--stage", help="A stage of the policy, or a notice: statement, suspension …")],
    out: Out,
    *,
    as_of: Annotated[datetime | None, AS_OF] = None,
    language: Annotated[str, typer.Option("--language", help="Instead of the customer's own.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write one notice to one customer as text, HTML and attachments, from what the ledger knows. Only reads."""
    settings = Settings.from_environment()
    try:
        day = as_of.date() if as_of else settings.yesterday()
        plan = plan_run(now=settings.clock(), zone=settings.time_zone, as_of=day, historical=True)
        ledger = wiring.open_ledger(settings)
        notice = notices_wiring.preview(settings, ledger, plan, customer, stage=stage, language=language)
    except (NoDay, *notices_wiring.REFUSALS) as problem:
        raise Refused(str(problem)) from None
    files = notices_wiring.keep(notice, out, f"{customer}-{stage}-{plan.as_of}-{notice.language}")
    if as_json:
        emit_json({"subject": notice.subject, "language": notice.language, "files": [str(file) for file in files]})
        return
    print(notice.subject)
    for file in files:
        print(file)


@notice_app.command("gallery")
def gallery(out: Out, as_json: JsonOption = False) -> None:
    """Write every notice in every language on made-up awkward cases, with an index page to look at."""
    try:
        index, shown = notices_wiring.gallery(Settings.from_environment(), out)
    except notices_wiring.REFUSALS as problem:
        raise Refused(str(problem)) from None
    if as_json:
        emit_json({"index": str(index), "notices": shown})
        return
    print(f"{shown} notices: {index}")
