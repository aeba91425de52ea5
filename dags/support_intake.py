"""### Support requests come in

Reads the mailbox of support and files in `inbox/support` every five minutes: each request joins its case or opens one,
is sorted by the rules of `include/policies/support.yaml`, and gets its clock. Then cases go on to the providers that
`include/policies/support_terms.yaml` names, and letters that wait leave.

**What it touches.** The mailbox of the connection `imap_support` (read mails are moved to its folder *Processed*), the
ledger, `inbox/support` and its archive; mail by `smtp_default`: to customers only what a person put into the outbox or
the policy names by topic, to a provider the requests it takes; through the gate: outside production to the catch-all
address, or nowhere.

**Nothing in a mail is believed.** Attachments are named and measured, never opened; HTML is read as text; automatic
mail opens no case and is never answered. A mail that can't be read is the finding `support.unreadable`.

**When it fails.** The log of the red task names what was found and the remedy. Repeating it is safe: a mail is known by
its Message-ID.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import support_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task
from csp_airflow.roles import MAY_START_SUPPORT


@dag(
    schedule=schedule("*/5 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(minutes=50),
    deadline=deadline(timedelta(minutes=20), "twenty minutes longer than usual"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.SUPPORT, Tag.MAIL],
    access_control=MAY_START_SUPPORT,
    doc_md=__doc__,
)
def support_intake() -> None:
    @task
    def read_mailbox(**context: Any) -> dict[str, Any]:
        """Take what is new in the mailbox; skipped where none is set."""
        return support_tasks.read_mailbox(context)

    @task
    def take_files(**context: Any) -> dict[str, Any]:
        """Take requests from files in `inbox/support`."""
        return support_tasks.take_files(context)

    @task(trigger_rule="none_failed")
    def send_replies(**context: Any) -> dict[str, Any]:
        """Hand cases on to their providers; hand over the letters that wait."""
        return support_tasks.send_replies(context)

    [read_mailbox(), take_files()] >> send_replies()


support_intake()
