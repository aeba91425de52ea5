"""`python -m csp_airflow.local run | up | down | status | airflow …`: Airflow here, without `airflow standalone`."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console

from csp_airflow.local.api import CallRefused
from csp_airflow.local.day import DAY, RunFailed, fetch, returned, run_dag, wait_for_dag
from csp_airflow.local.environment import FAB_USERS, USERS, Place, airflow_environment, passwords
from csp_airflow.local.processes import ProcessDied
from csp_airflow.local.service import (
    CannotStart,
    airflow_for_a_while,
    components,
    is_up,
    one_at_a_time,
    processes_of,
)
from csp_receivables.microsoft_settings import READER
from csp_receivables.settings import BadSetting

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()
INTERRUPTED = 130  # what typer answers to a Ctrl-C, in place of raising it


@app.command()
def run() -> None:
    """Run the day through Airflow's scheduler, stop Airflow again, and print what the day came to."""
    from csp_airflow.local.headline import show_day, what_would_leave
    from csp_airflow.local.ledger_state import prepare, state_of
    from csp_receivables.wiring import mark_of

    place = Place.from_environment()
    with one_at_a_time(place):
        place = prepare(place)
        before = state_of(place.settings)
        as_of = place.settings.yesterday()
        with airflow_for_a_while(place, console) as api:
            check, amiss = processes_of(place).check, ""
            if place.is_demo or os.environ.get(READER):
                console.print(f"import_microsoft, from {_whom(place)}", highlight=False)
                amiss = fetch(api, console, check)
            console.print(f"reconcile_daily as of {as_of}, in {place.settings.home}", highlight=False)
            run_id = run_dag(api, DAY, {"as_of": as_of.isoformat()}, console, check)
            told, decided, issued = (returned(api, run_id, task) for task in ("reconcile", "decide", "issue_outputs"))
        show_day(place.settings, told, issued, changed=state_of(place.settings) != before)
        for line in what_would_leave(decided, is_demo=mark_of(place.settings) == "demo"):
            console.print(line, highlight=False, soft_wrap=True)
    if amiss:
        raise RunFailed(amiss)


def _whom(place: Place) -> str:
    return f"the emulator of Microsoft at {place.emulator_url}" if place.is_demo else "Microsoft"


@app.command()
def up() -> None:
    """Start Airflow with its user interface, on the loopback interface only."""
    from csp_airflow.local.ledger_state import prepare

    place = Place.from_environment()
    with one_at_a_time(place):
        place = prepare(place)
        with airflow_for_a_while(place, console, stays=True) as api:
            wait_for_dag(api, DAY, console)
    secrets = passwords(place)
    console.print(f"Airflow: {place.url}", highlight=False)
    for user, role in (FAB_USERS if place.has_roles else USERS).items():
        told = role if isinstance(role, str) else ", ".join(role)
        console.print(f"  user {user}, password {secrets[user]} ({told})", highlight=False, markup=False)
    if place.is_demo:
        console.print(f"A demonstration: Microsoft is the emulator at {place.emulator_url}.", highlight=False)
    console.print(
        "Notices wait in the outbox (csp outbox list); the DAG send_notices, once it is on, relays them.",
        highlight=False,
    )
    console.print("Stop it with `make down`.", highlight=False)


@app.command()
def down() -> None:
    """Stop every process of this home's Airflow; nothing to do is fine."""
    place = Place.from_environment()
    ended = processes_of(place).stop()
    console.print(f"{ended} processes ended" if ended else "Airflow was not running", highlight=False)


@app.command()
def status() -> None:
    """Which of Airflow's processes are alive."""
    place = Place.from_environment()
    alive = processes_of(place).running()
    for name in components(place):
        console.print(f"{name:<14} {'up' if name in alive else 'down'}", highlight=False)
    if not is_up(place):
        raise SystemExit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def airflow(context: typer.Context) -> None:
    """Airflow's own command, told where this home's Airflow is: `airflow backfill create --dag-id …`."""
    place = Place.from_environment()
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *context.args], airflow_environment(place))  # noqa: S606 - no shell is wanted


def main() -> None:
    """Refusals end with exit code 1 or 2 and one clear message, never a traceback."""
    os.umask(0o077)
    try:
        code = app(standalone_mode=False)
    except (RunFailed, ProcessDied, CallRefused) as failure:
        console.print(f"csp: {failure}", markup=False, highlight=False)
        raise SystemExit(1) from None
    except Exception as trouble:
        if not (why := _why_not(trouble)):
            raise
        console.print(f"csp: {why}", markup=False, highlight=False)
        raise SystemExit(2) from None
    if code == INTERRUPTED:
        console.print("interrupted; everything that was started is stopped")
    raise SystemExit(code)


def _why_not(trouble: Exception) -> str:
    """What to tell a person: a refusal, a ledger or a folder that can't be used; "" for a mistake of ours.

    Asked when something was raised: the ledger takes seconds to import, and stopping needs none.
    """
    from csp_receivables.wiring import LedgerRefused, why_unavailable

    if isinstance(trouble, BadSetting | CannotStart | LedgerRefused):
        return str(trouble)
    return why_unavailable(trouble)


if __name__ == "__main__":
    main()
