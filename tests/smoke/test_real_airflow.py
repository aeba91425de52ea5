"""The real thing: a newcomer's clone runs the day, and then, in its home, Airflow stays up: processes, scheduler, REST.

A five-day backfill, mail, Microsoft, a form, and nothing left behind.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page

from csp_airflow.local import processes as local_processes
from csp_airflow.local.api import ENDED, AirflowApi, CallRefused
from csp_airflow.local.environment import DEMO_TENANT, Place, airflow_environment, passwords
from csp_airflow.local.launcher import AIRFLOW
from csp_airflow.local.processes import ProcessDied
from csp_airflow.local.service import is_up, launch, processes_of, signed_in
from csp_receivables import cli, collections_wiring, mail_wiring, wiring
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.microsoft.sign_in import RefreshToken, kept_text
from csp_receivables.domain.run_plan import plan_run
from csp_receivables.settings import write_demo_clock
from tests.airflow_home import ROOT
from tests.forks import forked
from tests.left_behind import left_behind
from tests.live_policy import go_live, shipped_include
from tests.mail_server import MailServer, mail_server
from tests.ports import free_airflow_port
from tests.sample_people import personal_data
from tests.smoke.newcomer import Newcomer, make_run
from tests.smoke.test_page_in_browser import browser

__all__ = ["browser"]  # the fixture

pytestmark = [pytest.mark.smoke, pytest.mark.timeout(1500)]

CATCH_ALL = "catch@partner.example"
AFTER_THE_QUIET_HOURS = datetime.fromisoformat("2026-11-01T10:00:00+01:00")
DAYS = [
    date(2026, 10, 27) + timedelta(days=day) for day in range(5)
]  # what the backfilled runs speak for; the last is the clock's yesterday

AIRFLOWS_OWN = ("ObjectDeletedError", "PendingRollbackError", "database is locked")  # of Airflow 3.3.2 on SQLite
RESTARTS_MAX = 2


@dataclass(frozen=True)
class Shell:
    """Commands as a user gives them, in a home of their own."""

    home: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    def airflow(self, command: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "csp_airflow.local", command)

    def csp(self, *commands: str) -> list[Any]:
        """The JSON answers of `csp` commands. An interpreter of their own would take longer to start than to answer."""
        return list(forked(lambda: [self._answer(command) for command in commands]))

    def _answer(self, command: str) -> Any:
        os.environ.clear()
        os.environ.update(self.environment)
        sys.argv = ["csp", *command.split(), "--json"]
        with redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, f"{command} ended with {end.value.code}"
        return json.loads(said.getvalue())

    def place(self) -> Place:
        return Place.from_environment(self.environment)

    def wait_until(self, done: Callable[[], bool], seconds: float = 800) -> None:
        """Until it is done; fails at once when one of Airflow's processes has ended by itself.

        Airflow's scheduler may end itself when a run of a backfill changes under its hands, or when SQLite keeps it
        waiting (`AIRFLOWS_OWN`). Then it is started again, as a service manager would, twice at most.
        """
        died: list[ProcessDied] = []

        def done_by_the_living() -> bool:
            try:
                processes_of(self.place()).check()
            except ProcessDied as death:
                if len(died) == RESTARTS_MAX or not any(name in str(death) for name in AIRFLOWS_OWN):
                    raise
                died.append(death)
                again = self.airflow("up")
                assert again.returncode == 0, again.stdout + again.stderr
                warnings.warn(f"started Airflow again: {death}", stacklevel=2)
            return done()

        # Each look is a call that Airflow's server answers with the time that the tasks need.
        assert local_processes._wait(done_by_the_living, seconds, poll_seconds=1), "it took too long"


@pytest.fixture(scope="module")
def outgoing() -> Iterator[MailServer]:
    """The mail server that Airflow's connection names."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """`make run` in an empty clone."""
    return make_run(tmp_path_factory.mktemp("csp"))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, outgoing: MailServer, newcomer: Newcomer) -> Iterator[Shell]:
    """This checkout's commands in the newcomer's home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CSP_"))}
    given = {"CSP_HOME": str(newcomer.home), "CSP_ROOT": str(ROOT), "CSP_AIRFLOW_PORT": str(free_airflow_port())}
    letters = {
        "AIRFLOW_CONN_SMTP_DEFAULT": f"smtp://127.0.0.1:{outgoing.port}?disable_ssl=true&disable_tls=true",
        "CSP_MAIL_FROM": "Partner <accounts@partner.example>",
        "CSP_CATCH_ALL": CATCH_ALL,
        "CSP_INCLUDE": str(shipped_include(tmp_path_factory.mktemp("kept"))),
    }
    shell = Shell(newcomer.home, kept | given | letters)
    yield shell
    shell.airflow("down")


@pytest.fixture(scope="module")
def started(shell: Shell) -> subprocess.CompletedProcess[str]:
    """Airflow as `make ui` starts it, here a second time in the same home."""
    return shell.airflow("up")


@pytest.fixture(scope="module")
def second_run(shell: Shell, started: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """The day as `make run` runs it, again, and by an Airflow that is up."""
    assert started.returncode == 0, started.stdout + started.stderr
    return shell.airflow("run")


@pytest.fixture(scope="module")
def running(shell: Shell, second_run: subprocess.CompletedProcess[str]) -> AirflowApi:
    """Airflow that is up, after the second run."""
    return signed_in(shell.place())


def test_make_run_in_an_empty_clone_shows_the_day_and_stops_what_it_started(newcomer: Newcomer) -> None:
    assert "as of 2026-10-31" in newcomer.told
    for line in ("received", "allocated", "unapplied", "overdue", "Vendor invoices", "findings", "Workbook", "Page"):
        assert line in newcomer.told
    assert "Ties to the cent: yes" in newcomer.told
    assert "Allocations booked now: 26" in newcomer.told
    assert "Nothing new" not in newcomer.told
    for kind in ("xlsx", "html"):
        assert (newcomer.home / f"outputs/2026-10-31/reconciliation-2026-10-31.{kind}").is_file()
    assert newcomer.left == []


def test_the_same_again_changes_nothing_and_leaves_what_was_up_as_it_was(
    shell: Shell, second_run: subprocess.CompletedProcess[str]
) -> None:
    assert second_run.returncode == 0, second_run.stdout + second_run.stderr
    assert "as of 2026-10-31" in second_run.stdout
    assert "Nothing new: ledger and outputs as they were." in second_run.stdout
    assert "Allocations booked now: 0" in second_run.stdout
    assert is_up(shell.place())


def test_nothing_listens_beyond_loopback(shell: Shell, running: AirflowApi) -> None:
    alive = {process.pid for process in processes_of(shell.place()).alive()}
    listening = [each for each in psutil.net_connections("inet") if each.pid in alive and each.status == "LISTEN"]

    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
    started = {each.pid for each in processes_of(shell.place()).recorded()}
    assert started <= {process.pid for process in left_behind(shell.home)}, "one that stays would not be seen"


def test_a_backfill_shows_each_day_as_the_command_line_does(shell: Shell, running: AirflowApi) -> None:
    runs_before = {run["dag_run_id"] for run in running.runs("reconcile_daily")}
    running.backfill("reconcile_daily", "2026-10-28T00:00:00Z", "2026-11-01T23:59:00Z", {"known": "now"})

    def since() -> list[dict[str, Any]]:
        return [run for run in running.runs("reconcile_daily") if run["dag_run_id"] not in runs_before]

    def all_ended() -> bool:
        runs = since()
        return len(backfilled(runs)) == len(DAYS) and all(run["state"] in ENDED for run in runs)

    shell.wait_until(all_ended)
    # After a backfill Airflow also starts the newest scheduled run, weeks later than the demonstration's clock stands.
    assert {run["state"] for run in since()} == {"success"}

    shown = {}
    for run in backfilled(since()):
        told = running.returned("reconcile_daily", run["dag_run_id"], "reconcile")
        assert told["mode"] == "historical"
        shown[told["as_of"]] = told["digest"]
        states = {task.task_id: task.state for task in running.tasks("reconcile_daily", run["dag_run_id"])}
        assert states["publish_actions"] == "skipped"
    by_command = shell.csp(*[f"reconcile --as-of {day} --historical" for day in DAYS])
    assert shown == {f"{day}": told["digest"] for day, told in zip(DAYS, by_command, strict=True)}


def backfilled(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [run for run in runs if run["run_type"] == "backfill"]


def test_a_run_can_be_cleared_and_runs_again_to_the_same_end(shell: Shell, running: AirflowApi) -> None:
    run_id = running.runs("reconcile_daily")[0]["dag_run_id"]
    before = running.returned("reconcile_daily", run_id, "reconcile")["digest"]

    running.clear("reconcile_daily", run_id)

    shell.wait_until(lambda: running.run_state("reconcile_daily", run_id) in ENDED)
    assert running.run_state("reconcile_daily", run_id) == "success"
    assert running.returned("reconcile_daily", run_id, "reconcile")["digest"] == before


def pass_the_deadline(database: Path, run_id: str) -> None:
    """An hour longer than usual is too long for a test: Airflow's own deadline of the run is set to a second ago."""
    passed = """UPDATE deadline SET deadline_time = datetime('now', '-1 second')
        WHERE NOT missed AND dagrun_id = (SELECT id FROM dag_run WHERE run_id = ?)"""
    with closing(sqlite3.connect(database, timeout=60)) as airflow, airflow:
        assert airflow.execute(passed, [run_id]).rowcount == 1


def decide_notices(shell: Shell) -> int:
    """Let the policy go live and decide the clock's yesterday, past the breaker. Returns how many notices wait."""
    go_live(shell.place().settings.include, working_days_only="false")  # the sample's clock stands on a Sunday
    write_demo_clock(shell.home, shell.environment, AFTER_THE_QUIET_HOURS)
    settings = shell.place().settings
    ledger = wiring.open_ledger(settings)
    desk, ada = mail_wiring.outbox_desk(ledger), Person(name="Ada Lund", why="looked at all of them")
    desk.approve_policy(wiring.collections_policy(settings).version, ada)
    plan = plan_run(now=settings.clock(), zone=settings.time_zone, as_of=DAYS[-1])
    collections_wiring.decider(settings, ledger).decide(plan)
    desk.release_all(ada)
    waiting = [row for row in desk.listed() if row.kind == "send_notice"]
    ledger.engine.dispose()
    return len(waiting)


def ended(shell: Shell, running: AirflowApi, dag_id: str, run_id: str) -> str:
    shell.wait_until(lambda: running.run_state(dag_id, run_id) in ENDED)
    return running.run_state(dag_id, run_id)


def test_decided_notices_reach_a_mail_server_through_the_scheduler_once(
    shell: Shell, running: AirflowApi, outgoing: MailServer
) -> None:
    assert outgoing.accepted == []  # neither the live days nor the backfilled ones of before handed anything over
    waiting = decide_notices(shell)
    running.unpause("send_notices")

    first = running.trigger("send_notices", {})
    assert ended(shell, running, "send_notices", first) == "success"
    again = running.trigger("send_notices", {})
    assert ended(shell, running, "send_notices", again) == "success"

    assert waiting > 3
    assert running.returned("send_notices", first, "send")["accepted"] == waiting
    assert "accepted" not in running.returned("send_notices", again, "send")
    assert [each.recipients for each in outgoing.accepted] == [[CATCH_ALL]] * waiting
    assert len(set(outgoing.message_ids)) == waiting


@dataclass(frozen=True)
class PastDay:
    """A run for a day that has passed, which ended later than its deadline."""

    run_id: str
    accepted_before: int  # letters at the mail server


@pytest.fixture(scope="module")
def past_day(shell: Shell, running: AirflowApi, outgoing: MailServer) -> PastDay:
    accepted_before = len(outgoing.accepted)
    run_id = running.trigger("reconcile_daily", {"as_of": f"{DAYS[0]}"})
    pass_the_deadline(shell.place().home / "airflow.db", run_id)
    assert ended(shell, running, "reconcile_daily", run_id) == "success"
    return PastDay(run_id, accepted_before)


def test_a_late_run_leaves_a_finding_by_the_scheduler(shell: Shell, past_day: PastDay) -> None:
    def late() -> list[str]:
        with closing(sqlite3.connect(shell.home / "ledger.db")) as ledger:
            return [subject for (subject,) in ledger.execute("SELECT subject FROM finding WHERE code = 'run.late'")]

    shell.wait_until(lambda: bool(late()), seconds=300)
    assert late() == [f"reconcile_daily/{past_day.run_id}"]


def test_a_historical_day_hands_nothing_to_the_mail_server(
    shell: Shell, running: AirflowApi, outgoing: MailServer, past_day: PastDay
) -> None:
    relay = running.trigger("send_notices", {})
    assert ended(shell, running, "send_notices", relay) == "success"

    assert len(outgoing.accepted) == past_day.accepted_before > 0


@pytest.mark.parametrize(
    ("conf", "logical_date"), [({"as_of": "2026-10-28"}, None), ({}, "2026-10-28T06:00:00Z")], ids=["as_of", "date"]
)
def test_sending_that_is_started_for_a_backfilled_day_refuses(
    shell: Shell, running: AirflowApi, outgoing: MailServer, conf: dict[str, str], logical_date: str | None
) -> None:
    before = len(outgoing.accepted)

    run_id = running.trigger("send_notices", conf, logical_date)

    assert ended(shell, running, "send_notices", run_id) == "failed"
    assert [(task.state, task.tries) for task in running.tasks("send_notices", run_id)] == [("failed", 1)]
    assert "NotForThePast" in running.log_tail("send_notices", run_id, running.tasks("send_notices", run_id)[0], 200)
    assert len(outgoing.accepted) == before


def test_sending_can_not_be_backfilled(running: AirflowApi) -> None:
    with pytest.raises(CallRefused, match=r"422|backfill"):
        running.backfill("send_notices", "2026-10-28T00:00:00Z", "2026-10-29T23:59:00Z", {})


def at_emulator(shell: Shell, method: str, path: str, told: Any = None) -> Any:
    """One of the emulator's own controls."""
    answer = httpx.request(method, f"{shell.place().emulator_url}/_emulator/{path}", json=told, timeout=30)
    answer.raise_for_status()
    return answer.json()


def states(running: AirflowApi, run_id: str, task_id: str) -> list[str]:
    return [task.state for task in running.tasks("import_microsoft", run_id) if task.task_id == task_id]


def at_work(running: AirflowApi, run_id: str) -> set[str]:
    """The tasks of a run of `import_microsoft` that a worker has or is about to have."""
    return {task.task_id for task in running.tasks("import_microsoft", run_id) if task.state in {"running", "queued"}}


def test_an_export_parks_without_a_worker_and_goes_on_after_the_triggerer_was_killed(
    shell: Shell, running: AirflowApi
) -> None:
    at_emulator(shell, "PATCH", "behaviour", {"polls_until_done": 1_000_000})
    running.unpause("import_microsoft")
    run_id = running.trigger("import_microsoft", {"invoices": ["G112804417", "G113950301"]})
    shell.wait_until(lambda: states(running, run_id, "export_charges") == ["deferred"] * 2, seconds=300)
    shell.wait_until(lambda: states(running, run_id, "sync_subscriptions") == ["success"], seconds=300)
    shell.wait_until(lambda: not at_work(running, run_id), seconds=300)  # other tasks of the night come to their end
    assert states(running, run_id, "export_charges") == ["deferred"] * 2

    processes, place = processes_of(shell.place()), shell.place()
    triggerer = next(started for started in processes.recorded() if started.name == "triggerer")
    for process in processes.alive():
        if os.getsid(process.pid) == triggerer.pid:
            process.kill()
    launch(place, {"triggerer": AIRFLOW["triggerer"]}, airflow_environment(place, shell.environment))
    at_emulator(shell, "PATCH", "behaviour", {"polls_until_done": 0})

    assert ended(shell, running, "import_microsoft", run_id) == "success"
    assert states(running, run_id, "import_charges") == ["success"] * 2


FORM = {"connection_id": "partner_center_actor", "login": "actor-app", "password": "typed-secret"}


def add_connection(page: Page, place: Place) -> None:
    """Type a connection of our type into Airflow's form and save it."""
    page.goto(place.url)
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", passwords(place)["admin"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/")
    page.goto(f"{place.url}/connections")
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.locator("[name=connection_id]").fill(FORM["connection_id"])
    form.get_by_role("combobox").click()
    page.keyboard.type("Microsoft Partner")
    page.get_by_role("option", name="Microsoft Partner Center").click()
    form.locator("[name=login]").fill(FORM["login"])
    form.locator("[name=password]").fill(FORM["password"])
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    form.locator("[name=element_tenant_id]").fill("partner.example")
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")


def test_what_is_typed_into_the_form_is_kept_as_the_hook_reads_it(
    shell: Shell, running: AirflowApi, browser: Browser
) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)

    add_connection(page, shell.place())

    kept = running.connection(FORM["connection_id"])
    assert (kept["conn_type"], kept["login"]) == ("partner_center", FORM["login"])
    assert json.loads(kept["extra"]) == {
        "tenant_id": "partner.example",
        "private_key": None,
        "thumbprint": None,
        "cloud": "global",
        "with_user": False,
        "base": None,
    }
    assert "typed-secret" not in json.dumps(kept)
    page.close()


def test_a_refresh_token_that_was_revoked_ends_in_one_clear_alert(shell: Shell, running: AirflowApi) -> None:
    place = shell.place()
    token = RefreshToken(token="a-token-that-was-revoked", stored_at=place.settings.clock())
    running.put_variable("partner_center_reader_refresh_token", kept_text(token))
    running.put_connection(
        "partner_center_reader",
        conn_type="partner_center",
        login="reader",
        password="a-secret-of-the-test",
        extra={"tenant_id": DEMO_TENANT, "base": place.emulator_url, "with_user": "true"},
    )

    at_emulator(shell, "PUT", "sign-in", {"consent": token.token})
    at_emulator(shell, "PUT", "sign-in", {"revoke": True})
    run_id = running.trigger("import_microsoft", {})

    assert ended(shell, running, "import_microsoft", run_id) == "failed"
    asked = {task.task_id: (task.state, task.tries) for task in running.tasks("import_microsoft", run_id)}
    assert asked["list_invoices"] == asked["sync_subscriptions"] == ("failed", 1)  # no retry: it can't help
    with closing(sqlite3.connect(shell.home / "ledger.db")) as ledger:
        told = ledger.execute("SELECT found, remedy FROM finding WHERE code = 'microsoft.consent_lost'").fetchall()
    assert len(told) == 1
    assert "Consent again with MFA" in told[0][1]
    assert "a-token-that-was-revoked" not in "".join(told[0])


def test_what_airflow_keeps_is_read_by_its_owner_only(shell: Shell, running: AirflowApi) -> None:
    open_to_others = [path for path in shell.home.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_symlink()]

    assert open_to_others == []


def test_no_log_holds_personal_data(shell: Shell, running: AirflowApi) -> None:
    logs = [path for folder in ("logs", "process_logs") for path in (shell.home / "airflow" / folder).rglob("*.log")]
    people = personal_data()

    assert len(logs) > 20
    assert len(people) > 50
    leaks = {path.name: each for path in logs for each in people if each in path.read_text(errors="replace")}
    assert leaks == {}


def test_down_ends_every_process_and_may_be_said_twice(shell: Shell, running: AirflowApi) -> None:
    assert len(processes_of(shell.place()).alive()) >= 4

    first, second = shell.airflow("down"), shell.airflow("down")

    assert (first.returncode, second.returncode) == (0, 0)
    assert "processes ended" in first.stdout
    assert "Airflow was not running" in second.stdout
    assert left_behind(shell.home) == []
