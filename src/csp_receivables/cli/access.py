"""`csp access`: propose, answer, suspend, give back, watch, undo, history. What the DAGs do, without Airflow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from csp_receivables import access_wiring, microsoft_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_findings, show_table
from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.access.history import exported
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.money import to_text
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.settings import Settings

access_app = typer.Typer(
    help="Take access away and give it back, with a named person's word and a way back.\n\n"
    "Of an action's id its beginning is enough. Every answer needs --by and --why; both are kept for ever. "
    "`csp stop` holds everything within seconds.",
    no_args_is_help=True,
)
ActionId = Annotated[str, typer.Argument(metavar="ACTION", help="The action's id, or how it begins.")]
By = Annotated[str, typer.Option("--by", help="Who decides: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]
HERE = "cli"  # where an answer was given, and who vouches for the person: the machine's own accounts


@access_app.command("propose")
def propose(as_json: JsonOption = False) -> None:
    """List what people are asked now: whom to suspend, for what, and what it would do. Nothing is suspended."""
    settings, ledger = _opened()
    asked = access_wiring.questions(settings, ledger)
    rows = [
        {
            "action": due.action_id,
            "customer": due.decision.customer_id,
            "overdue": f"{to_text(due.decision.overdue, due.decision.currency)} {due.decision.currency}",
            "days": due.decision.days_overdue,
            "subscriptions": len(due.proposal.targets),
            "left out": len(due.proposal.left_out),
            "because": due.open_because,
        }
        for due in asked
    ]
    if as_json:
        emit_json([row | {"digest": due.proposal.digest} for row, due in zip(rows, asked, strict=True)])
        return
    columns = ("action", "customer", "overdue", "days", "subscriptions", "left out", "because")
    shown = [[str(row[name]) for name in columns] for row in rows]
    show_table(f"{len(rows)} suspensions to decide", columns, shown, right=["overdue", "days"])


@access_app.command("show")
def show(action: ActionId, as_json: JsonOption = False) -> None:
    """Show the question about ACTION as a person is asked it, by the facts of now."""
    settings, ledger = _opened()
    found = [each for each in access_wiring.proposer(settings, ledger).due() if each.action_id.startswith(action)]
    if len(found) != 1:
        raise Refused(f"{len(found)} suspensions that are due begin with {action!r}; csp access propose lists them")
    text = access_wiring.question_text(found[0], settings.clock())
    if as_json:
        told = {"action": found[0].action_id, "digest": found[0].proposal.digest, "open": found[0].open_because}
        emit_json(told | {"question": text})
        return
    print(text)
    ends = found[0].gone and f"it began, and ends: {found[0].gone}"
    print(f"\nNow: {ends or found[0].open_because or 'approved'}")


@access_app.command("approve")
def approve(action: ActionId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Say yes to what was asked about ACTION. It holds until a fact under it changes."""
    _answer(action, Word.SUSPEND, by, why, as_json=as_json)


@access_app.command("decline")
def decline(action: ActionId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Say no: nothing is suspended for this round."""
    _answer(action, Word.DECLINE, by, why, as_json=as_json)


@access_app.command("hold")
def hold(
    action: ActionId,
    *,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")],
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Leave the customer alone until a day; then it is asked again if it is still due."""
    _answer(action, Word.HOLD, by, why, until=until.date(), as_json=as_json)


@access_app.command("perform")
def perform(as_json: JsonOption = False) -> None:
    """Suspend what is approved, as far as it may go now; says what waits and why. Repeating it is safe."""
    with _acting() as (settings, ledger, actor):
        done = access_wiring.performer(settings, ledger, actor).perform()
    _told(done.ended, done.because, done.findings, "nothing was suspended", as_json=as_json, waits=done.waits)


@access_app.command("restore")
def restore(as_json: JsonOption = False) -> None:
    """Give access back to who has paid, and to whom a person says so. Repeating it is safe."""
    with _acting() as (settings, ledger, actor):
        done = access_wiring.restorer(settings, ledger, actor).restore()
    _told(done.ended, done.because, done.findings, "nothing was to give back", as_json=as_json, waits={})


@access_app.command("watch")
def watch(as_json: JsonOption = False) -> None:
    """Compare what is suspended at Microsoft with what we suspended. Changes nothing."""
    with _acting() as (settings, ledger, actor):
        seen = access_wiring.watch(settings, ledger, actor)
    if as_json:
        emit_json({"read": seen.read, "unread": seen.unread, "findings": len(seen.findings)})
        return
    print(f"{seen.read} suspended subscriptions read, {seen.unread} could not be read")
    show_findings(seen.findings)


@access_app.command("undo")
def undo(
    *,
    run: Annotated[str, typer.Option("--run", help="As csp access history names it: decided in, asked in, or worker.")],
    by: Annotated[str, typer.Option("--by", help="Who decides: a person's name. Without it: only list.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")] = "",
    chase_anew: Annotated[
        bool, typer.Option("--chase-anew", help="Warn anew about what it gave back, the only way to take it again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what a run took and gave back; with --by and --why give back all that it took (the next `restore` does it).

    What it gave back is never taken directly: with --chase-anew the debt gets a new warning, and then a new question.
    """
    settings, ledger = _opened()
    did = "list"
    changed: tuple[str, ...] = ()
    if by or why or chase_anew:
        who, did = person(by, why), "chased anew" if chase_anew else "asked back"
        change = access_wiring.chase_anew if chase_anew else access_wiring.undo
        changed = change(settings, ledger, run, who)
        if not changed:
            nothing = "gave back can be chased anew" if chase_anew else "took is away"
            raise Refused(f"nothing that the run {run!r} {nothing}; csp access history names the runs")
    deeds = access_wiring.deeds(settings, ledger, run)
    if as_json:
        emit_json({"did": did, "actions": changed, "deeds": [asdict(each) for each in deeds]})
        return
    rows = [
        [each.deed.value, each.customer_id, each.round_id, ", ".join(each.subscriptions), each.now.value]
        for each in deeds
    ]
    show_table(f"{len(rows)} customers", ("did", "customer", "round", "subscriptions", "now"), rows)
    if did == "asked back":
        print(f"{len(changed)} customers get access back with the next csp access restore")
    if did == "chased anew":
        print(f"{len(changed)} debts are warned about with the next decisions; nothing is taken before a new answer")


@access_app.command("history")
def history(
    *,
    customer: Annotated[str, typer.Option("--customer", help="Of this customer.")] = "",
    subscription: Annotated[str, typer.Option("--subscription", help="Of this subscription.")] = "",
    export: Annotated[Path | None, typer.Option("--export", help="Write it all into this file, as JSON.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell everything that happened to a customer's or subscription's access, with who, why and on what ground."""
    if not customer and not subscription:
        raise Refused("say whose: --customer or --subscription")
    settings, ledger = _opened()
    entries = access_wiring.access_desk(settings, ledger).history(subscription_id=subscription, customer_id=customer)
    text = exported(entries, subscription or customer)
    if export:
        export.write_text(text, encoding="utf-8")
    if as_json:
        emit_json(json.loads(text))
        return
    rows = [[each.at[:19], each.what, each.about, each.who, str(each.told.get("why", ""))] for each in entries]
    show_table(f"{len(rows)} entries", ("at", "what", "about", "by", "why"), rows)


@access_app.command("release-breaker")
def release_breaker(*, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Let the approved suspensions that wait now go past the breaker. Not for who approved any of them."""
    settings, ledger = _opened()
    who = person(by, why)
    released = access_wiring.release_breaker(settings, ledger, _approver(who.name), who.why)
    if as_json:
        emit_json({"did": "released", "actions": released})
        return
    print(f"{len(released)} suspensions released")


def _answer(name: str, word: Word, by: str, why: str, *, until: date | None = None, as_json: bool) -> None:
    settings, ledger = _opened()
    who = person(by, why)
    asked = access_wiring.access_desk(settings, ledger).asked(name)
    approval = Approval(
        action_id=asked.action_id,
        digest=asked.digest,
        word=word,
        who=_approver(who.name),
        why=who.why,
        asked_in=HERE,
        until=until,
    )
    access_wiring.record_answer(settings, ledger, approval, asked.customer_id)
    if as_json:
        emit_json({"did": word.value, "action_id": asked.action_id})
        return
    print(f"{asked.action_id}: {word.value.replace('_', ' ')}")


def _approver(name: str) -> Approver:
    return Approver(id=f"{HERE}:{name.casefold()}", name=name, auth_manager=HERE)


def _told(
    ended: dict[str, int], because: str, findings: list[Any], nothing: str, *, as_json: bool, waits: dict[str, int]
) -> None:
    if as_json:
        emit_json({"ended": ended, "waits": waits, "because": because, "findings": len(findings)})
        return
    print(", ".join(f"{count} {name}" for name, count in ended.items()) or nothing)
    for reason, count in waits.items():
        print(f"{count} wait: {reason}")
    if because:
        print(f"ended early: {because}")
    show_findings(findings)


def _opened() -> tuple[Settings, wiring.Ledger]:
    settings = Settings.from_environment()
    return settings, wiring.open_ledger(settings)


@contextmanager
def _acting() -> Iterator[tuple[Settings, wiring.Ledger, microsoft_wiring.Actor]]:
    """The actor; what Microsoft refuses is told in a sentence."""
    settings, ledger = _opened()
    try:
        with access_wiring.acting(settings, ledger, microsoft_wiring.actor_identity(os.environ)) as actor:
            yield settings, ledger, actor
    except MicrosoftRefused as refusal:
        microsoft_wiring.tell_of_credit_limit(settings, ledger, refusal)
        raise Refused(str(refusal)) from None
