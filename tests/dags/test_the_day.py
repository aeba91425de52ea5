"""The day on the sample month through Airflow's own task machinery (`dag.test`), without a scheduler."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from csp_airflow.local.environment import Place
from csp_airflow.local.ledger_state import State, prepare, state_of
from csp_receivables.settings import Settings
from tests.airflow_home import ROOT
from tests.dags.running import run_once
from tests.sample_people import personal_data

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dagrun import DagRun

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

THE_LAST_DAY = {"as_of": "2026-10-31"}
TAKES_FILES = ("import_microsoft", "import_accounting", "import_bank")


@dataclass(frozen=True)
class Home:
    """A demonstration that nothing has run in yet, and its DAGs."""

    settings: Settings
    bag: DagBag

    def run(self, dag_id: str = "reconcile_daily", **conf: Any) -> DagRun:
        """One run of a DAG with these parameters, in this process."""
        return run_once(self.bag.dags[dag_id], conf)


@pytest.fixture(scope="module")
def home(dag_bag: DagBag, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    given = {"CSP_HOME": str(folder), "CSP_INCLUDE": str(ROOT / "include"), "CSP_ROOT": str(ROOT)}
    place = prepare(Place.from_environment(given), given)
    # No emulator runs here: Microsoft's files come by the inbox, as they do for who downloads them by hand.
    shutil.copytree(ROOT / "include/sample/inbox/microsoft", place.settings.inbox / "microsoft", dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        yield Home(place.settings, dag_bag)


@pytest.fixture(scope="module")
def first_run(home: Home) -> DagRun:
    return home.run(**THE_LAST_DAY)


@pytest.fixture(scope="module")
def state_after(home: Home, first_run: DagRun) -> State:
    return state_of(home.settings)


def states(run: DagRun) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def told(run: DagRun) -> dict[str, Any]:
    """What each task handed on."""
    values = {task.task_id: task.xcom_pull(task_ids=task.task_id) for task in run.get_task_instances()}
    return {task_id: value for task_id, value in values.items() if value is not None}


def test_a_live_day_goes_green_from_the_inbox_to_the_actions(first_run: DagRun) -> None:
    assert set(states(first_run).values()) == {"success"}
    assert told(first_run)["reconcile"]["mode"] == "live"


def test_every_file_of_the_sample_is_taken_once(home: Home, first_run: DagRun) -> None:
    taken = told(first_run)

    for task_id in TAKES_FILES:
        assert taken[task_id]["files"] > 0
        assert taken[task_id]["refused"] == 0
    assert [path for path in home.settings.inbox.rglob("*") if path.is_file()] == []


def test_the_day_lies_where_the_run_says(home: Home, first_run: DagRun) -> None:
    issued = told(first_run)["issue_outputs"]

    for name in ("workbook", "page"):
        assert not Path(issued[name]).is_absolute()
        assert (home.settings.home / issued[name]).stat().st_size > 0
    assert issued["digest"] == told(first_run)["reconcile"]["digest"]


def test_tasks_hand_on_text_and_whole_numbers_and_no_personal_data(first_run: DagRun) -> None:
    handed_on = told(first_run)
    text = json.dumps(handed_on, ensure_ascii=False)

    assert {type(value) for each in handed_on.values() for value in each.values()} <= {str, int}
    assert [each for each in personal_data() if each in text] == []


def test_every_customer_is_decided_and_a_dry_policy_proposes_nothing(first_run: DagRun) -> None:
    decided = told(first_run)["decide"]

    assert decided["customers"] > 0
    assert decided["proposed"] == 0
    assert decided["run_id"].startswith("decisions:live:")


def test_a_second_run_changes_nothing(home: Home, first_run: DagRun, state_after: State) -> None:
    second = home.run(**THE_LAST_DAY)

    assert set(states(second).values()) == {"success"}
    assert told(second)["reconcile"]["digest"] == told(first_run)["reconcile"]["digest"]
    assert state_of(home.settings) == state_after


@pytest.mark.parametrize(
    ("why", "conf"),
    [
        ("a past day", {"as_of": "2026-10-20"}),
        ("historical asked for", {**THE_LAST_DAY, "mode": "historical"}),
        ("a few customers", {**THE_LAST_DAY, "customers": ["K1001"]}),
    ],
)
def test_a_historical_run_takes_books_and_publishes_nothing(
    home: Home, state_after: State, why: str, conf: dict[str, Any]
) -> None:
    before = state_of(home.settings)

    run = home.run(**conf)

    found = states(run)
    assert [found[task_id] for task_id in (*TAKES_FILES, "publish_actions")] == ["skipped"] * 4, why
    assert [found[name] for name in ("reconcile", "decide", "issue_outputs")] == ["success"] * 3, why
    after = state_of(home.settings)
    added = {table for table, rows in after.rows.items() if rows != before.rows[table]}
    assert added <= {"reconciliation_run", "daily_standing", "decision_run", "decision"}, why
    assert {name: digest for name, digest in after.outputs.items() if name in before.outputs} == before.outputs, why


def test_a_customer_whom_nobody_knows_is_refused_before_anything_is_shown(home: Home, state_after: State) -> None:
    from csp_airflow.tasks import reconcile_day
    from csp_receivables.wiring import UnknownCustomer

    before = state_of(home.settings)
    run = SimpleNamespace(run_type="manual")

    with pytest.raises(UnknownCustomer, match="'K0000'"):
        reconcile_day({"params": {"as_of": "2026-10-20", "customers": ["K1001", "K0000"]}, "dag_run": run})

    assert state_of(home.settings) == before


def test_a_historical_day_shows_what_the_step_itself_computes(home: Home, state_after: State) -> None:
    from csp_receivables import wiring
    from csp_receivables.domain.run_plan import plan_run

    digest = told(home.run(as_of="2026-10-15"))["reconcile"]["digest"]

    plan = plan_run(now=home.settings.clock(), zone=home.settings.time_zone, as_of=date(2026, 10, 15))
    with_no_airflow = wiring.reconciler(home.settings, wiring.open_ledger(home.settings)).look(plan)
    assert digest == with_no_airflow.digest


def test_a_day_as_known_then_is_what_its_own_run_had_shown(home: Home, first_run: DagRun, state_after: State) -> None:
    """The files of that day were taken by its run, after the moment at which it was due."""
    from csp_airflow.tasks import reconcile_day

    context = {"params": {**THE_LAST_DAY, "known": "then"}, "dag_run": SimpleNamespace(run_type="manual")}

    again = reconcile_day(context)

    assert again["mode"] == "historical"
    assert again["digest"] == told(first_run)["reconcile"]["digest"]


def test_clearing_the_last_task_of_an_older_run_puts_no_older_page_back(home: Home, first_run: DagRun) -> None:
    from csp_airflow.tasks import issue_outputs

    newest = told(first_run)["reconcile"]
    an_hour_before = datetime.fromisoformat(newest["known_at"]) - timedelta(hours=1)
    older = newest | {"known_at": an_hour_before.isoformat(), "digest": "of what was known an hour before"}

    before = state_of(home.settings)

    issued = issue_outputs(older, {"params": dict(THE_LAST_DAY)})

    assert issued["digest"] == newest["digest"]
    assert state_of(home.settings) == before


def test_payments_are_booked_within_the_hour_and_only_once(home: Home, state_after: State) -> None:
    run = home.run("import_payments")

    assert set(states(run).values()) == {"success"}
    assert told(run)["book_payments"] == {"allocations_booked": 0}
    assert state_of(home.settings).rows["allocation"] == state_after.rows["allocation"]


def test_the_escalation_report_is_kept_and_waits_where_nothing_may_leave(home: Home, first_run: DagRun) -> None:
    run = home.run("escalation_report_daily", **THE_LAST_DAY)
    handed_on = told(run)

    assert states(run) == {"compile": "success", "send": "success", "hand_over_packs": "success"}
    assert handed_on["compile"]["mode"] == "live"
    assert handed_on["send"]["waits"] == handed_on["compile"]["proposed"] > 0, "a demonstration writes to nobody"
    assert (home.settings.home / handed_on["compile"]["page"]).stat().st_size > 0
    assert [each for each in personal_data() if each in json.dumps(handed_on, ensure_ascii=False)] == []


def test_a_past_week_s_report_is_made_again_and_told_to_nobody(home: Home, first_run: DagRun) -> None:
    run = home.run("escalation_report_weekly", as_of="2026-10-20", known="now")

    assert states(run) == {"compile": "success", "send": "skipped"}
    assert told(run)["compile"]["proposed"] == 0
