"""### The daily reconciliation

Imports what lies ready, reconciles payments with receivables and with what Microsoft charges, decides what follows for
who is late, and issues the day's workbook, page and tables. Runs every morning at 06:00 in the partner's time zone and
speaks for the day before.

**What it touches.** The ledger and the files under `CSP_HOME`. Nothing leaves the house: no mail, no call to Microsoft.

**Live or historical.** A run is *live* when its day is the partner's yesterday: it takes files from the inbox, books
allocations and publishes actions. Any other run is *historical* (a backfill always is): it computes the same from what
is in the ledger, writes a snapshot of its own, and leaves the inbox, the books and the outside alone.
`publish_actions` asks again right before it publishes, so a run cleared weeks later stays silent.

**Decisions.** Every run keeps its decisions with their reasons. A live one opens rounds and proposes notices and
suspensions to the outbox, once the collections policy is live and a person has approved what it would send. A policy
file with a fault makes `decide` fail with its line; the day is issued all the same and nothing is published.

**Parameters.** `as_of`: the day to speak for (empty: the day before the logical date). `known`: with what we know *now*
or what was known *then*: by that day's own live run, else when it was due. `mode`: *historical* keeps a run for
yesterday from booking and publishing.
`customers`: show these customers only; such a run is historical.

**Backfill.** The last day needs its time, or it is left out:

    airflow backfill create --dag-id reconcile_daily \\
        --from-date 2026-10-26 --to-date 2026-10-30T23:59 --dag-run-conf '{"known": "now"}'

Days may run in any order and again and again; each gives the same bytes.

**When it fails.** The log of the red task names what was found and the remedy; clear the task once that is done. A
database that was busy is retried by itself; a wrong setting or a refused ledger is not. A run that takes an hour
longer than usual leaves the finding `run.late`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import tasks
from csp_airflow.conventions import ACTIONS_PUBLISHED, DEFAULT_ARGS, Tag, deadline, schedule, task

PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of",
        description="Empty: the day before the logical date.",
    ),
    "known": Param("now", enum=["now", "then"], title="Known", description="Use what is known now, or was known then."),
    "mode": Param(
        "auto", enum=["auto", "historical"], title="Mode", description="Historical books and publishes nothing."
    ),
    "customers": Param(
        None,
        type=["null", "array"],
        items={"type": "string"},
        title="Customers",
        description="Customer ids; empty: all.",
    ),
}


@dag(
    schedule=schedule("0 6 * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    deadline=deadline(timedelta(hours=1), "an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    params=PARAMS,
    tags=[Tag.IMPORT, Tag.RECONCILE, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def reconcile_daily() -> None:
    @task
    def import_microsoft(**context: Any) -> dict[str, Any]:
        """Take reconciliation files of Microsoft from `inbox/microsoft`."""
        return tasks.import_inbox("microsoft", context)

    @task
    def import_accounting(**context: Any) -> dict[str, Any]:
        """Take customers and receivables from `inbox/accounting`."""
        return tasks.import_inbox("accounting", context)

    @task
    def import_bank(**context: Any) -> dict[str, Any]:
        """Take bank statements from `inbox/bank`."""
        return tasks.import_inbox("bank", context)

    @task(trigger_rule="none_failed")
    def reconcile(**context: Any) -> dict[str, Any]:
        """Match, book when live, and compute the day."""
        return tasks.reconcile_day(context)

    @task
    def decide(run: dict[str, Any]) -> dict[str, Any]:
        """Decide every customer; live, propose what the policy asks for."""
        return tasks.decide_day(run)

    @task
    def issue_outputs(run: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Write the workbook, the page and the tables."""
        return tasks.issue_outputs(run, context)

    @task(outlets=[ACTIONS_PUBLISHED])
    def publish_actions(run: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Tell those who act; silent unless this run is live."""
        return tasks.publish_actions(run, context)

    run = reconcile()
    [import_microsoft(), import_accounting(), import_bank()] >> run
    decided = decide(run)
    issued = issue_outputs(run)
    [decided, issued] >> publish_actions(run)


reconcile_daily()
