"""`csp outbox`: what waits to leave the house, what left, and what a person says to that. `csp stop`, `csp start`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from csp_receivables import mail_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.matching_by_hand.requests import Person, person
from csp_receivables.domain.outbox.states import State
from csp_receivables.settings import Settings

outbox_app = typer.Typer(
    help="What is meant for the outside: actions with their story, and what a person decides about them.\n\n"
    "Of an action's id its beginning is enough. Every decision needs --by and --why; both are kept for ever.",
    no_args_is_help=True,
)

ActionId = Annotated[str, typer.Argument(metavar="ACTION", help="The action's id, or how it begins.")]
By = Annotated[str, typer.Option("--by", help="Who decides: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]


@outbox_app.command("list")
def list_actions(
    state: Annotated[list[State] | None, typer.Option("--state", help="Only these; may be given again.")] = None,
    customer: Annotated[str, typer.Option("--customer", help="Only of this customer.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List actions with their state, the newest first."""
    desk = _desk()
    rows = desk.listed(state or (), customer)
    stop = desk.stopped()
    if as_json:
        stopped = {"by": stop.said_by, "why": stop.why, "since": stop.recorded_at} if stop else None
        emit_json({"stopped": stopped, "actions": [_action_json(row) for row in rows]})
        return
    if stop:
        print(f"EVERYTHING IS STOPPED since {stop.recorded_at[:16]} by {stop.said_by}: {stop.why}")
    columns = ("action", "kind", "state", "since", "again at", "decided on")
    shown = [
        (row.action_id, row.kind, row.state, row.since[:16], row.retry_at[:16], f"{row.decided_on}") for row in rows
    ]
    show_table(f"{len(rows)} actions", columns, shown)


@outbox_app.command("show")
def show(action: ActionId, as_json: JsonOption = False) -> None:
    """Show one action: what it names, its events with who and why, its letters and what became of them."""
    found, events, messages, words = _desk().shown(action)
    if as_json:
        told = {name: [dict(row._mapping) for row in rows] for name, rows in _parts(events, messages, words)}
        emit_json({"action": _action_json(found) | {"payload": found.payload}, **told})
        return
    print(f"{found.action_id}: {found.state.replace('_', ' ')} since {found.since[:16]}")
    print(found.payload)
    columns = ("at", "event", "by", "why")
    show_table("events", columns, [(row.recorded_at[:19], row.event, row.said_by, row.why) for row in events])
    letters = [(row.message_id[:12], str(row.attempt), row.recipient, row.sent_to, row.subject) for row in messages]
    show_table("letters", ("message", "attempt", "meant for", "sent to", "subject"), letters)
    said = [(row.recorded_at[:19], row.message_id[:12], row.event, row.code, row.said) for row in words]
    show_table("what became of them", ("at", "message", "event", "code", "said"), said)


@outbox_app.command("release")
def release(action: ActionId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Let ACTION go ahead: past the breaker, or after it was held, cancelled or given up."""
    _did("released", _desk().release(action, person(by, why)), as_json=as_json)


@outbox_app.command("release-breaker")
def release_breaker(*, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Let every notice that waits now go ahead, though they are more than usual. Later ones are asked for again."""
    count = _desk().release_all(person(by, why))
    if as_json:
        emit_json({"did": "released", "actions": count})
        return
    print(f"{count} actions released")


@outbox_app.command("hold")
def hold(action: ActionId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Keep ACTION back until it is released."""
    _did("held", _desk().hold(action, person(by, why)), as_json=as_json)


@outbox_app.command("cancel")
def cancel(action: ActionId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Never perform ACTION, unless somebody releases it."""
    _did("cancelled", _desk().cancel(action, person(by, why)), as_json=as_json)


@outbox_app.command("settle")
def settle(
    action: ActionId,
    *,
    accepted: Annotated[bool | None, typer.Option("--accepted/--not-accepted", help="Did the letter arrive?")] = None,
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Say what became of a letter in doubt: accepted, and it counts; or not, and it is sent again."""
    if accepted is None:
        raise Refused("say --accepted or --not-accepted: a letter that may have arrived is never sent again by itself")
    settings = Settings.from_environment()
    today = settings.clock().astimezone(settings.time_zone).date()
    name = _desk(settings).settle(action, person(by, why), accepted=accepted, on=today)
    _did("settled as " + ("accepted" if accepted else "not accepted"), name, as_json=as_json)


def stop(*, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Stop everything that would leave the house, within seconds, also in the middle of a run."""
    _stop_or_start(person(by, why), stopped=True, as_json=as_json)


def start(*, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Let what waits leave again."""
    _stop_or_start(person(by, why), stopped=False, as_json=as_json)


def _stop_or_start(who: Person, *, stopped: bool, as_json: bool) -> None:
    desk = _desk()
    if stopped:
        desk.stop(who)
    else:
        desk.start(who)
    if as_json:
        emit_json({"stopped": stopped})
        return
    print("stopped: nothing leaves until csp start" if stopped else "started: the next run sends what waits")


def _desk(settings: Settings | None = None) -> Any:
    found = settings or Settings.from_environment()
    return mail_wiring.outbox_desk(wiring.open_ledger(found))


def _did(did: str, action_id: str, *, as_json: bool) -> None:
    if as_json:
        emit_json({"did": did, "action_id": action_id})
        return
    print(f"{action_id} {did}")


def _action_json(row: Any) -> dict[str, Any]:
    names = ("action_id", "kind", "customer_id", "round_id", "stage", "decided_on", "state", "since", "retry_at")
    return {name: getattr(row, name) for name in names}


def _parts(*rows: list[Any]) -> list[tuple[str, list[Any]]]:
    return list(zip(("events", "messages", "words"), rows, strict=True))
