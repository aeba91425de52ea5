"""Access through real Airflow with real roles: asked, approved by the right one, suspended, paid, given back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from csp_airflow.local.api import ENDED, AirflowApi, CallRefused
from csp_airflow.local.environment import Place, passwords
from csp_airflow.local.processes import ProcessDied
from csp_airflow.local.service import processes_of, signed_in
from csp_receivables import mail_wiring, wiring
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.settings import write_demo_clock
from tests.airflow_home import ROOT
from tests.camt_files import Detail, Entry, camt
from tests.live_policy import live_include
from tests.mail_server import mail_server
from tests.ports import free_airflow_port
from tests.smoke.test_real_airflow import AIRFLOWS_OWN, RESTARTS_MAX

pytestmark = [pytest.mark.smoke, pytest.mark.timeout(1500)]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WARNED = datetime(2026, 11, 2, 10, 0, tzinfo=STOCKHOLM)  # a Monday
ASKED = WARNED + timedelta(days=15)
SECONDS_AFTER_PARKING = 7  # an answer within six seconds of asking can be lost in Airflow 3.3
INVOICE = "G113950301"  # one of the sample's three: nobody asks here what Microsoft charges
AT_ONCE = "Decline"  # what the first question is answered in the very second in which it is asked


class Person_(AirflowApi):
    """What a person does with questions."""

    def questions(self) -> list[dict[str, Any]]:
        """Those that nobody answered."""
        path = "/api/v2/dags/change_access/dagRuns/~/hitlDetails"
        return list(self._call("GET", path, params={"response_received": "false", "limit": "100"})["hitl_details"])

    def answer(self, question: dict[str, Any], option: str, **params: Any) -> None:
        told = {"chosen_options": [option], "params_input": {"reason": "looked at it", "until": None} | params}
        self._call("PATCH", f"{_task(question)}/hitlDetails", json=told)

    def mark_as_done(self, question: dict[str, Any]) -> None:
        self._call("PATCH", _task(question), json={"new_state": "success"})


def _task(question: dict[str, Any]) -> str:
    task = question["task_instance"]
    run = f"/api/v2/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}"
    return f"{run}/taskInstances/{task['task_id']}/{task['map_index']}"


def is_parked(question: dict[str, Any]) -> bool:
    """What is answered even before, in the blink in which it is written down, counts only when its time is over."""
    return bool(question["task_instance"]["state"] == "awaiting_input")


@dataclass(frozen=True)
class House:
    """Airflow with roles, in a home of its own, and the emulator beside it."""

    environment: dict[str, str]
    died: list[ProcessDied] = field(default_factory=list)

    @property
    def place(self) -> Place:
        return Place.from_environment(self.environment)

    def local(self, command: str) -> subprocess.CompletedProcess[str]:
        command_line = [sys.executable, "-m", "csp_airflow.local", command]
        return subprocess.run(command_line, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)

    def clock_to(self, moment: datetime) -> None:
        write_demo_clock(self.place.settings.home, self.environment, moment)

    def person(self, name: str) -> Person_:
        api = Person_(self.place.url)
        api.sign_in(name, passwords(self.place)[name])
        return api

    def emulator(self, path: str) -> Any:
        return httpx.get(f"{self.place.emulator_url}/_emulator/{path}", timeout=30).json()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.place.settings.home / "ledger.db", timeout=60)) as ledger:
            return ledger.execute(query).fetchall()

    def wait(self, done: Callable[[], Any], seconds: float = 400, look_every: float = 1) -> Any:
        until = time.monotonic() + seconds
        while not (found := done()):
            self.must_live()
            assert time.monotonic() < until, "it took too long"
            time.sleep(look_every)
        return found

    def must_live(self) -> None:
        """Of Airflow's own accord its scheduler may end under a backfill on SQLite: then it is started again, twice."""
        try:
            processes_of(self.place).check()
        except ProcessDied as death:
            if len(self.died) == RESTARTS_MAX or not any(name in str(death) for name in AIRFLOWS_OWN):
                raise
            self.died.append(death)
            assert self.local("up").returncode == 0

    def run(self, admin: AirflowApi, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Trigger, and wait for the end."""
        run_id = admin.trigger(dag_id, conf or {})
        self.wait(lambda: admin.run_state(dag_id, run_id) in ENDED)
        failed = [task for task in admin.tasks(dag_id, run_id) if task.state == "failed"]
        assert not failed, "\n".join(admin.log_tail(dag_id, run_id, each) for each in failed)
        assert admin.run_state(dag_id, run_id) == "success", dag_id
        return run_id


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("csp") / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CSP_"))}
    include = live_include(tmp_path_factory.mktemp("live"), feed_hours_max="744")
    with mail_server() as server:
        house = House(
            kept
            | {
                "CSP_HOME": str(home),
                "CSP_ROOT": str(ROOT),
                "CSP_AIRFLOW_PORT": str(free_airflow_port()),
                "CSP_AIRFLOW_AUTH": "fab",
                "CSP_INCLUDE": str(include),
                "AIRFLOW_CONN_SMTP_DEFAULT": f"smtp://127.0.0.1:{server.port}?disable_ssl=true&disable_tls=true",
                "CSP_MAIL_FROM": "Partner <accounts@partner.example>",
                "CSP_CATCH_ALL": "catch@partner.example",
            }
        )
        up = house.local("up")
        assert up.returncode == 0, up.stdout + up.stderr
        yield house
        house.local("down")


@pytest.fixture(scope="module")
def admin(house: House) -> AirflowApi:
    api = signed_in(house.place)
    for dag_id in ("import_microsoft", "reconcile_daily", "send_notices", "change_access", "restore_access"):
        house.wait(lambda dag_id=dag_id: api.knows_dag(dag_id))
        api.unpause(dag_id)
    api.unpause("import_payments")
    return api


def decide(house: House, admin: AirflowApi, moment: datetime) -> None:
    """A morning: the clock moves, the day is reconciled and decided."""
    house.clock_to(moment)
    house.run(admin, "reconcile_daily", {"as_of": f"{moment.date() - timedelta(days=1)}"})


@dataclass(frozen=True)
class Asked:
    """The questions. `at_once`: the first, answered AT_ONCE; `others`: those that wait, those who owe SEK first."""

    at_once: dict[str, Any]
    others: list[dict[str, Any]]


@pytest.fixture(scope="module")
def questions(house: House, admin: AirflowApi) -> Asked:
    """Warned on a Monday, still unpaid fifteen days later, and asked about."""
    settings = house.place.settings
    ledger = wiring.open_ledger(settings)
    ada = Person(name="Ada Lund", why="looked at all of them")
    house.run(admin, "import_microsoft", {"invoices": [INVOICE], "daily_usage": False})  # and every subscription
    mail_wiring.outbox_desk(ledger).approve_policy(wiring.collections_policy(settings).version, ada)
    decide(house, admin, WARNED)
    mail_wiring.outbox_desk(ledger).release_all(ada)
    ledger.engine.dispose()
    house.run(admin, "send_notices")
    decide(house, admin, ASKED)
    approver = house.person("approver")

    seen: dict[str, dict[str, Any]] = {}
    proposed = "SELECT DISTINCT action_id FROM access_proposal"

    def all_asked() -> bool:
        """The news of published actions has started the run that asks."""
        if not house.rows(proposed):
            return False  # no call for each look: Airflow's server would answer with the time that the tasks need
        for each in filter(is_parked, approver.questions()):
            if not seen:
                approver.answer(each, AT_ONCE)
            seen.setdefault(_task(each), each)
        return 0 < len(seen) == len(house.rows(proposed))

    house.wait(all_asked, look_every=0.1)
    time.sleep(SECONDS_AFTER_PARKING)
    first, *others = seen.values()
    return Asked(
        at_once=first, others=sorted(others, key=lambda one: (" SEK overdue" not in one["body"], one["subject"]))
    )


@pytest.fixture
def asked(questions: Asked) -> list[dict[str, Any]]:
    return questions.others


def test_an_answer_in_the_second_of_asking_counts_once_or_is_asked_again(house: House, questions: Asked) -> None:
    """Airflow 3.3 may take the word of a worker that has just parked for that of one that has just answered, and fail
    the task. Then the answer is lost and the question is asked again; nothing counts that nobody said.
    """
    approver, task = house.person("approver"), _task(questions.at_once)
    kept = "SELECT word, person_name FROM access_approval"
    asked_again: list[float] = []
    lost: list[str] = []

    def counted() -> list[tuple[Any, ...]]:
        for each in approver.questions():
            if _task(each) == task and is_parked(each):
                asked_again.append(time.monotonic())
                if asked_again[-1] > asked_again[0] + SECONDS_AFTER_PARKING:
                    approver.answer(each, AT_ONCE)
                    asked_again.clear()
                    lost.append(task)
        return house.rows(kept)

    assert house.wait(counted) == [("decline", "approver")]
    print(f"the answer in the second of asking: {'lost, and asked again' if lost else 'counted'}")
    assert house.rows("SELECT count(*) FROM access_change") == [(0,)]


def test_a_question_shows_the_evidence_and_holds_up_no_other_run(
    house: House, admin: AirflowApi, asked: list[dict[str, Any]]
) -> None:
    assert len(asked) >= 2
    assert len(house.person("approver").questions()) == len(asked)
    assert "overdue" in asked[0]["body"] and "What would be suspended" in asked[0]["body"]
    assert asked[0]["options"] == ["Suspend", "Decline", "Hold until"]
    assert asked[0]["defaults"] == ["Decline"]

    house.run(admin, "change_access")  # asks nobody anew, and ends while the first still waits

    assert len(house.person("approver").questions()) == len(asked)


def test_only_the_right_person_may_answer_and_nobody_marks_a_question_as_done(
    house: House, asked: list[dict[str, Any]]
) -> None:
    with pytest.raises(CallRefused, match="403"):
        house.person("viewer").answer(asked[0], "Suspend")
    with pytest.raises(CallRefused, match="403"):
        house.person("approver").mark_as_done(asked[0])


def test_what_was_approved_is_suspended_and_what_was_paid_is_given_back(
    house: House, admin: AirflowApi, asked: list[dict[str, Any]]
) -> None:
    approver = house.person("approver")
    approver.answer(asked[0], "Suspend")
    began = time.monotonic()

    def suspended() -> list[tuple[Any, ...]]:
        return house.rows(
            "SELECT DISTINCT c.customer_id, c.subscription_id FROM access_change c "
            "JOIN access_event e USING (change_id) WHERE e.event = 'verified' AND c.direction = 'suspend'"
        )

    taken = house.wait(suspended)
    print(f"from the answer to the suspension: {time.monotonic() - began:.0f} s")
    who = house.rows("SELECT word, person_id, person_name, auth_manager FROM access_approval ORDER BY recorded_at")
    assert {row[0] for row in who} == {"suspend", "decline"}
    assert {row[3] for row in who} == {"FabAuthManager"}
    assert all(row[1].isdigit() and row[2] == "approver" for row in who)
    shown = {own: house.emulator(f"subscriptions/{own}")["document"] for _, own in taken}
    assert {one["status"] for one in shown.values()} == {"suspended"}
    assert {one["autoRenewEnabled"] for one in shown.values()} == {False}
    assert len({customer for customer, _ in taken}) == 1  # who was declined, or not answered yet, kept access

    pay_everything(house, taken[0][0])
    began = time.monotonic()
    house.run(admin, "import_payments")

    def given_back() -> bool:
        now = [house.emulator(f"subscriptions/{own}")["document"] for own in shown]
        return all(one["status"] == "active" and one["autoRenewEnabled"] for one in now)

    house.wait(given_back)
    print(f"from the payment's import to restored access: {time.monotonic() - began:.0f} s")


def test_the_button_gives_back_what_a_run_took(house: House, admin: AirflowApi, asked: list[dict[str, Any]]) -> None:
    """Of the same run one customer paid and has access again; another has not."""
    taken = (
        "SELECT c.subscription_id, count(*) FROM access_change c JOIN access_event e USING (change_id) "
        "WHERE e.event = 'verified' GROUP BY c.subscription_id HAVING count(DISTINCT c.direction) = 1"
    )
    under_way = (
        "SELECT action_id FROM access_approval JOIN action_state USING (action_id) "
        "WHERE word = 'suspend' AND state <> 'done'"
    )
    house.person("approver").answer(asked[1], "Suspend")
    house.wait(lambda: house.rows(taken) and not house.rows(under_way))
    away = house.rows(taken)
    house.wait(lambda: admin.knows_dag("undo_access"))
    admin.unpause("undo_access")
    run = f"change_access/{asked[1]['task_instance']['dag_run_id']}"
    second = house.person("second")

    house.run(second, "undo_access", {"run": run, "what": "List only", "reason": ""})
    assert house.rows(taken) == away
    why = "it was the wrong company"
    house.run(second, "undo_access", {"run": run, "what": "Give back what it took", "reason": why})

    assert house.rows(taken) == []
    shown = [house.emulator(f"subscriptions/{own}")["document"] for own, _ in away]
    assert {(one["status"], one["autoRenewEnabled"]) for one in shown} == {("active", True)}
    said = house.rows("SELECT said_by FROM action_event WHERE event = 'approved' AND why = 'it was the wrong company'")
    assert said == [("second",)]


def test_a_batch_past_the_breaker_goes_on_by_a_second_person_s_word(
    house: House, admin: AirflowApi, asked: list[dict[str, Any]]
) -> None:
    """Two customers were suspended on this day, as many as are let go alone: one more asks for another person."""
    approver, second = house.person("approver"), house.person("second")
    taken = "SELECT 1 FROM access_change JOIN access_event USING (change_id) WHERE event = 'verified' AND direction = "
    before = house.rows(f"{taken} 'suspend'")
    approver.answer(asked[2], "Suspend")
    house.wait(lambda: house.rows("SELECT 1 FROM finding WHERE code = 'access.breaker'"))
    house.wait(lambda: admin.knows_dag("release_suspensions"))
    admin.unpause("release_suspensions")
    form = {"what": "Release what waits", "reason": "all three were looked at"}
    with pytest.raises(CallRefused, match="403"):
        house.person("viewer").trigger("release_suspensions", form)

    refused = approver.trigger("release_suspensions", form)
    house.wait(lambda: admin.run_state("release_suspensions", refused) in ENDED)
    assert admin.run_state("release_suspensions", refused) == "failed"
    assert "released by a second person" in admin.log_tail("release_suspensions", refused, _failed(admin, refused))
    assert house.rows(f"{taken} 'suspend'") == before

    released = second.trigger("release_suspensions", form)
    house.wait(lambda: admin.run_state("release_suspensions", released) in ENDED)
    assert admin.run_state("release_suspensions", released) == "success"
    house.run(admin, "change_access")
    assert len(house.rows(f"{taken} 'suspend'")) > len(before)


def _failed(admin: AirflowApi, run: str) -> Any:
    return next(task for task in admin.tasks("release_suspensions", run) if task.state == "failed")


def pay_everything(house: House, customer: str) -> None:
    """The bank's file of a payment for each open receivable of the customer, with its reference."""
    paid = house.rows(
        "SELECT number, currency, amount, reference FROM receivable "
        f"WHERE customer_id = '{customer}' AND kind = 'invoice' ORDER BY number"
    )
    details = [
        Detail(amount=f"{Decimal(amount) / 100:.2f}", text=f"Faktura {number}", reference=reference)
        for number, _, amount, reference in paid
    ]
    entries = [
        Entry(amount=each.amount, ref=f"late-{place}", booked_on=ASKED.date(), details=[each])
        for place, each in enumerate(details)
    ]
    account, closing = house.rows(
        "SELECT account, closing FROM statement WHERE currency = 'SEK' ORDER BY until_on DESC, ordinal DESC LIMIT 1"
    )[0]
    opening = f"{Decimal(closing) / 100:.2f}"
    text = camt(entries, account=account, opening=opening, first=date(2026, 11, 1), last=ASKED.date())
    inbox = house.place.settings.inbox / "bank"
    (inbox / "paid.part").write_bytes(text)
    (inbox / "paid.part").rename(inbox / "paid.xml")


def test_a_backfill_and_a_run_for_the_past_ask_and_change_nothing(house: House, admin: AirflowApi) -> None:
    before, known = house.emulator("log"), counts(house)
    waiting = len(house.person("approver").questions())

    with pytest.raises(CallRefused, match=r"422|backfill"):
        admin.backfill("change_access", "2026-11-10T00:00:00Z", "2026-11-11T23:59:00Z", {})
    admin.backfill("reconcile_daily", "2026-11-10T00:00:00Z", "2026-11-10T23:59:00Z", {})
    house.wait(lambda: backfilled(admin) == ["success"])
    house.run(admin, "reconcile_daily", {"as_of": "2026-11-10"})
    past = admin.trigger("change_access", {}, "2026-11-10T06:00:00Z")
    house.wait(lambda: admin.run_state("change_access", past) in ENDED)

    assert counts(house) == known
    assert len(house.person("approver").questions()) == waiting
    assert house.emulator("log")["effects"] == before["effects"]


def counts(house: House) -> list[list[tuple[Any, ...]]]:
    """How much was decided to do, asked, answered and changed."""
    proposed = "action WHERE kind = 'propose_suspension'"
    tables = (proposed, "access_proposal", "access_approval", "access_change", "access_event")
    return [house.rows(f"SELECT count(*) FROM {table}") for table in tables]


def backfilled(admin: AirflowApi) -> list[str]:
    """Where the backfilled runs stand."""
    return [run["state"] for run in admin.runs("reconcile_daily") if run["run_type"] == "backfill"]
