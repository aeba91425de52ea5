"""### Bounces, through the day

Reads the mailbox that bounces come to, and takes files from `inbox/bounces`. A notice that came back did not happen:
its level does not count, the address is not written to again, and the next contact is.

**What it touches.** The mailbox, by the connection `imap_bounces` (read mails are moved to its folder *Processed*); the
ledger and the files under `CSP_HOME`. Nothing leaves the house.

**No backfill.** A bounce counts from the day it is read.

**When it fails.** The log of the red task names what was found and the remedy. What lies in the mailbox stays there,
and the next run takes it. A mail that is no bounce is the finding `outbox.no_bounce`: a customer may have answered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from csp_airflow import mail_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task


@dag(
    schedule=schedule("*/30 * * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(minutes=50),
    deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.IMPORT, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def read_bounces() -> None:
    @task
    def read_mailbox(**context: Any) -> dict[str, Any]:
        """Read the mailbox; skipped where none is set."""
        return mail_tasks.read_mailbox(context)

    @task
    def import_bounces(**context: Any) -> dict[str, Any]:
        """Take files with bounces from `inbox/bounces`."""
        return mail_tasks.import_bounces(context)

    read_mailbox()
    import_bounces()


read_bounces()
