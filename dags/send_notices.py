"""### Notices to customers

Relays what is due in the outbox: each action is looked at once more, put into the customer's language, passed through
the gate, and handed to the mail server. Runs when `reconcile_daily` publishes actions, and every quarter of an hour.

**What it touches.** Mail to customers, by the connection `smtp_default`; the ledger; `messages/` under `CSP_HOME`.
Outside production everything goes to the catch-all address (`CSP_CATCH_ALL`), or waits. A demonstration writes to
nobody else.

**What holds it back.** `csp stop --by … --why …` stops everything before the next letter. A policy that is not live or
not approved, quiet hours and days off, a run that wants more than usual (the finding `outbox.breaker`;
`csp outbox release-breaker` lets it go ahead), the first few letters not accepted. What waits is sent by a later run.

**No backfill, and no other day.** The run speaks for now. One that is started for a past day refuses.

**When it fails.** The log of the red task names what was found and the remedy. Repeating it is safe: a letter that may
have been handed over is *in doubt* and never sent again by itself (`csp outbox settle`). `csp outbox list` shows
everything with its state.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import mail_tasks
from csp_airflow.conventions import ACTIONS_PUBLISHED, DEFAULT_ARGS, Tag, deadline, task, woken_by

PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of",
        description="Empty, or yesterday: notices speak for now, and any other day is refused.",
    )
}


@dag(
    schedule=woken_by(ACTIONS_PUBLISHED, "*/15 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual", "asset_triggered"],
    dagrun_timeout=timedelta(hours=3),
    deadline=deadline(timedelta(hours=1), "an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    params=PARAMS,
    tags=[Tag.NOTIFY, Tag.MAIL],
    doc_md=__doc__,
)
def send_notices() -> None:
    @task(execution_timeout=timedelta(hours=2))
    def send(**context: Any) -> dict[str, Any]:
        """Hand over what is due, one letter after the other."""
        return mail_tasks.send_notices(context)

    send()


send_notices()
