"""The DAG of the escalation report, daily or weekly: the files in `dags/` say which and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, dag

from csp_airflow import escalation_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task
from csp_airflow.roles import MAY_START_REPORTS

PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of",
        description="Empty: the day before the logical date.",
    ),
    "known": Param("now", enum=["now", "then"], title="Known", description="Use what is known now, or was known then."),
    "mode": Param("auto", enum=["auto", "historical"], title="Mode", description="Historical tells nobody."),
}


def report_dag(kind: str, cron: str, doc: str, *, with_packs: bool) -> DAG:
    """The DAG that compiles the report of `kind` and sends it; `with_packs`: and packs of whom the day hands over."""

    @dag(  # type: ignore[untyped-decorator]
        dag_id=f"escalation_report_{kind}",
        schedule=schedule(cron),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=2),
        deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
        default_args=DEFAULT_ARGS,
        params=PARAMS,
        tags=[Tag.REPORT, Tag.MAIL],
        access_control=MAY_START_REPORTS,
        doc_md=doc,
    )
    def escalation_report() -> None:
        @task(task_id="compile")  # type: ignore[untyped-decorator]
        def compile_report(**context: Any) -> dict[str, Any]:
            """Compile the report, keep it, write its files."""
            return escalation_tasks.compile_report(kind, context)

        @task
        def send(run: dict[str, Any], **context: Any) -> dict[str, Any]:
            """Hand it over to its readers; skipped unless this run is live."""
            return escalation_tasks.send_report(run, context)

        @task
        def hand_over_packs(run: dict[str, Any], **context: Any) -> dict[str, Any]:
            """Hand over the packs of who came to the end of the ladder, once; skipped unless this run is live."""
            return escalation_tasks.hand_over_packs(run, context)

        run = compile_report()
        send(run)
        if with_packs:
            hand_over_packs(run)

    return escalation_report()
