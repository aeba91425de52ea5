"""### The escalation report, every day

What left automation's hands and waits for a person: debts at the end of the ladder, our own dues to Microsoft that are
not covered, suspensions that wait or are kept back, actions in doubt or failed, support cases, money not applied,
findings; each with its age, amount, owner and next step, and what changed since yesterday. Runs at 07:00 in the
partner's time zone, after `reconcile_daily`, and speaks for the day before.

**What it touches.** The ledger (the report is kept), files under `outputs/escalation`, and mail to the readers that
`include/policies/escalation.yaml` names, by the connection `smtp_default`. Outside production everything goes to the
catch-all address (`CSP_CATCH_ALL`), or waits.

**Backfill.** `compile` makes a past day's report again, as it is known now or, with `known` *then*, as it was known;
`send` is skipped.

    airflow backfill create --dag-id escalation_report_daily \\
        --from-date 2026-10-26 --to-date 2026-10-30T23:59 --dag-run-conf '{"known": "then"}'

**When it fails.** The log of the red task names what was found and the remedy. Clearing it is safe: a report is kept
under what it says, and each reader is told once a day; a letter that may have been handed over is *in doubt* and never
sent again by itself (`csp outbox settle`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from csp_airflow import escalation_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule

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


@dag(
    schedule=schedule("0 7 * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    params=PARAMS,
    tags=[Tag.REPORT, Tag.MAIL],
    doc_md=__doc__,
)
def escalation_report_daily() -> None:
    @task(task_id="compile")
    def compile_report(**context: Any) -> dict[str, Any]:
        """Compile the report, keep it, write its files."""
        return escalation_tasks.compile_report("daily", context)

    @task
    def send(run: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Hand it over to its readers; skipped unless this run is live."""
        return escalation_tasks.send_report(run, context)

    send(compile_report())


escalation_report_daily()
