"""Every DAG file with what it holds. A file, DAG, task or tag that is not listed here fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.airflow_home import DAGS

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk import DAG

pytestmark = pytest.mark.airflow

ANY_TYPE = None


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What one DAG file must hold. `then` maps a task to what comes after it."""

    dag_id: str
    cron: str  # "": it has no schedule
    tags: set[str]
    run_types: set[str] | None
    run_limit: timedelta
    deadline: timedelta
    then: dict[str, set[str]] = field(default_factory=dict)
    woken_by: set[str] = field(default_factory=set)  # assets whose news start it early
    runs_at_once: int = 1
    asks: set[str] = field(default_factory=set)  # tasks that wait for people: their limit is the time to answer


CENSUS = {
    "import_microsoft.py": Expected(
        dag_id="import_microsoft",
        cron="0 4 * * *",
        tags={"does:import", "effects:none"},
        run_types={"scheduled", "manual"},  # asks Microsoft, which knows no past: no backfill
        run_limit=timedelta(hours=12),
        deadline=timedelta(hours=2),
        then={
            "list_invoices": {"export_charges"},
            "export_charges": {"import_charges"},
            "import_charges": set(),
            "sync_subscriptions": set(),
            "watch_consents": set(),
        },
    ),
    "reconcile_daily.py": Expected(
        dag_id="reconcile_daily",
        cron="0 6 * * *",
        tags={"does:import", "does:reconcile", "effects:none"},
        run_types=ANY_TYPE,  # a backfill must be possible
        run_limit=timedelta(hours=2),
        deadline=timedelta(hours=1),
        then={
            "import_microsoft": {"reconcile"},
            "import_accounting": {"reconcile"},
            "import_bank": {"reconcile"},
            "reconcile": {"decide", "issue_outputs", "publish_actions"},
            "decide": {"publish_actions"},
            "issue_outputs": {"publish_actions"},
            "publish_actions": set(),
        },
    ),
    "change_access.py": Expected(
        dag_id="change_access",
        cron="*/15 * * * *",
        tags={"does:access", "effects:microsoft"},
        run_types={"scheduled", "manual", "asset_triggered"},  # takes access away: no backfill
        run_limit=timedelta(days=3),
        deadline=timedelta(days=2),
        then={
            "find_questions": {"customer.ask", "customer.keep_answer"},
            "customer.ask": {"customer.keep_answer"},
            "customer.keep_answer": {"customer.perform"},
            "customer.perform": set(),
            "perform_what_waits": set(),
        },
        woken_by={"actions_published"},
        runs_at_once=200,  # a run waits for its answers, and holds no other up
        asks={"customer.ask"},
    ),
    "undo_access.py": Expected(
        dag_id="undo_access",
        cron="",  # a person starts it
        tags={"does:access", "effects:microsoft"},
        run_types={"manual"},
        run_limit=timedelta(hours=1),
        deadline=timedelta(minutes=20),
        then={"list_deeds": {"undo"}, "undo": {"restore"}, "restore": set()},
    ),
    "release_suspensions.py": Expected(
        dag_id="release_suspensions",
        cron="",  # a second person starts it
        tags={"does:access", "effects:none"},
        run_types={"manual"},
        run_limit=timedelta(hours=1),
        deadline=timedelta(minutes=20),
        then={"list_waiting": {"release"}, "release": set()},
    ),
    "raise_receivables.py": Expected(
        dag_id="raise_receivables",
        cron="",  # a person starts it
        tags={"does:bill", "effects:none"},
        run_types={"manual"},  # bills for now: no backfill
        run_limit=timedelta(hours=2),
        deadline=timedelta(minutes=30),
        then={"preview": {"issue"}, "issue": set()},
    ),
    "watch_access.py": Expected(
        dag_id="watch_access",
        cron="40 * * * *",
        tags={"does:access", "effects:none"},
        run_types={"scheduled", "manual"},
        run_limit=timedelta(hours=2),
        deadline=timedelta(minutes=30),
        then={"watch": set()},
    ),
    "restore_access.py": Expected(
        dag_id="restore_access",
        cron="*/15 * * * *",
        tags={"does:access", "effects:microsoft"},
        run_types={"scheduled", "manual", "asset_triggered"},
        run_limit=timedelta(hours=1),
        deadline=timedelta(minutes=20),
        then={"restore": set()},
        woken_by={"payments_booked"},
    ),
    "import_payments.py": Expected(
        dag_id="import_payments",
        cron="10 * * * *",
        tags={"does:import", "effects:none"},
        run_types={"scheduled", "manual"},  # books for now: no backfill
        run_limit=timedelta(minutes=50),
        deadline=timedelta(minutes=30),
        then={"import_bank": {"book_payments"}, "book_payments": set()},
    ),
    "send_notices.py": Expected(
        dag_id="send_notices",
        cron="*/15 * * * *",
        tags={"does:notify", "effects:mail"},
        run_types={"scheduled", "manual", "asset_triggered"},  # writes to customers: no backfill
        run_limit=timedelta(hours=3),
        deadline=timedelta(hours=1),
        then={"send": set()},
        woken_by={"actions_published"},
    ),
    "escalation_report_daily.py": Expected(
        dag_id="escalation_report_daily",
        cron="0 7 * * *",
        tags={"does:report", "effects:mail"},
        run_types=ANY_TYPE,  # a past day's report can be made again; its sending is skipped
        run_limit=timedelta(hours=2),
        deadline=timedelta(minutes=30),
        then={"compile": {"send", "hand_over_packs"}, "send": set(), "hand_over_packs": set()},
    ),
    "escalation_report_weekly.py": Expected(
        dag_id="escalation_report_weekly",
        cron="30 7 * * 1",
        tags={"does:report", "effects:mail"},
        run_types=ANY_TYPE,
        run_limit=timedelta(hours=2),
        deadline=timedelta(minutes=30),
        then={"compile": {"send"}, "send": set()},
    ),
    "support_intake.py": Expected(
        dag_id="support_intake",
        cron="*/5 * * * *",
        tags={"does:support", "effects:mail"},
        run_types={"scheduled", "manual"},  # speaks for now: no backfill
        run_limit=timedelta(minutes=50),
        deadline=timedelta(minutes=20),
        then={"read_mailbox": {"send_replies"}, "take_files": {"send_replies"}, "send_replies": set()},
    ),
    "poll_support.py": Expected(
        dag_id="poll_support",
        cron="20 * * * *",
        tags={"does:support", "effects:none"},
        run_types={"scheduled", "manual"},  # asks Microsoft, which knows no past
        run_limit=timedelta(minutes=50),
        deadline=timedelta(minutes=20),
        then={"poll": set()},
    ),
    "read_bounces.py": Expected(
        dag_id="read_bounces",
        cron="*/30 * * * *",
        tags={"does:import", "effects:none"},
        run_types={"scheduled", "manual"},
        run_limit=timedelta(minutes=50),
        deadline=timedelta(minutes=30),
        then={"read_mailbox": set(), "import_bounces": set()},
    ),
}
EACH = pytest.mark.parametrize("expected", CENSUS.values(), ids=[each.dag_id for each in CENSUS.values()])


@pytest.fixture
def dag(dag_bag: DagBag, expected: Expected) -> DAG:
    return dag_bag.dags[expected.dag_id]


def test_every_file_is_listed_and_holds_its_dag_and_no_other(dag_bag: DagBag) -> None:
    found = {dag.fileloc: dag.dag_id for dag in dag_bag.dags.values()}

    assert {path.name for path in DAGS.glob("**/*.py")} == set(CENSUS)
    assert found == {str(DAGS / name): each.dag_id for name, each in CENSUS.items()}


def test_every_file_can_be_read(dag_bag: DagBag) -> None:
    assert dag_bag.import_errors == {}


@EACH
def test_a_dag_has_its_tasks_in_their_order(dag: DAG, expected: Expected) -> None:
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == expected.then
    assert len(dag.tasks) <= 20


@EACH
def test_a_dag_carries_only_tags_of_the_vocabulary(dag: DAG, expected: Expected) -> None:
    from csp_airflow.conventions import Tag

    assert set(dag.tags) == expected.tags
    assert expected.tags <= {tag.value for tag in Tag}


@EACH
def test_the_docstring_of_a_file_is_the_page_of_its_dag(dag: DAG, expected: Expected) -> None:
    told = dag.doc_md or ""

    assert told.startswith("### ")
    for part in ("What it touches", "When it fails"):
        assert part in told, f"the runbook of {dag.dag_id} lacks {part!r}"


@EACH
def test_every_task_has_an_owner_retries_and_a_time_limit(dag: DAG, expected: Expected) -> None:
    from csp_airflow.conventions import RETRY_POLICY

    for task in dag.tasks:
        assert task.owner == "receivables"
        assert task.retries == 2
        assert task.retry_policy == RETRY_POLICY
        limit = task.response_timeout if task.task_id in expected.asks else task.execution_timeout
        assert limit is not None
        assert limit < expected.run_limit
        assert task.doc_md or getattr(task, "python_callable", type(task)).__doc__


@EACH
def test_what_a_task_returns_is_kept_once(dag: DAG, expected: Expected) -> None:
    assert [task.task_id for task in dag.tasks if getattr(task, "multiple_outputs", False)] == []


@EACH
def test_a_dag_runs_once_at_a_time_within_limits_and_tells_when_it_is_late(dag: DAG, expected: Expected) -> None:
    assert dag.max_active_runs == expected.runs_at_once
    assert dag.catchup is False
    assert dag.dagrun_timeout == expected.run_limit
    assert [alert.interval for alert in dag.deadline or []] == [expected.deadline]


@EACH
def test_only_what_may_be_repeated_for_the_past_can_be_backfilled(dag: DAG, expected: Expected) -> None:
    allowed = None if dag.allowed_run_types is None else {kind.value for kind in dag.allowed_run_types}

    assert allowed == expected.run_types


@EACH
def test_a_schedule_speaks_the_partners_time(dag: DAG, expected: Expected) -> None:
    cron = getattr(dag.timetable, "timetable", dag.timetable)  # of a schedule that assets may wake
    if not expected.cron:
        assert dag.timetable.can_be_scheduled is False
        return

    assert (cron.expression, str(cron.timezone)) == (expected.cron, "Europe/Stockholm")


@EACH
def test_only_the_assets_that_are_listed_wake_a_dag(dag: DAG, expected: Expected) -> None:
    condition = getattr(dag.timetable, "asset_condition", None)
    found = {asset.name for asset in condition.objects} if condition else set()

    assert found == expected.woken_by


def test_a_role_may_start_the_dags_that_are_its_own_and_no_other(dag_bag: DagBag) -> None:
    """Beside Airflow's Op and Admin, who may start everything."""
    from csp_airflow.roles import APPROVER, FINANCE, HELPDESK

    own = {name: sorted(dag.access_control) for name, dag in dag_bag.dags.items() if dag.access_control}

    assert own == {
        "change_access": [APPROVER],  # answers, which Airflow counts as editing
        "release_suspensions": [APPROVER],
        "undo_access": [APPROVER],
        "escalation_report_daily": [FINANCE],
        "escalation_report_weekly": [FINANCE],
        "support_intake": [HELPDESK],
        "poll_support": [HELPDESK],
    }


@EACH
@pytest.mark.parametrize("minutes_after_the_tick", [1, 59, 24 * 60 - 1])
def test_unpausing_waits_for_the_next_tick(
    dag: DAG, expected: Expected, minutes_after_the_tick: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that starts by itself as somebody opens the user interface would take files and book."""
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables import trigger
    from airflow.timetables.base import TimeRestriction

    now = datetime(2026, 11, 1, 6, 10, tzinfo=ZoneInfo("Europe/Stockholm")) + timedelta(minutes=minutes_after_the_tick)
    monkeypatch.setattr(trigger, "utcnow", lambda: now)
    scheduler_side = decode_timetable(encode_timetable(dag.timetable))

    first = scheduler_side.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=dag.start_date, latest=dag.end_date, catchup=dag.catchup),
    )

    if not expected.cron:
        assert first is None
        return
    assert first is not None
    assert first.run_after > now
