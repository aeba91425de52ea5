"""### Raise receivables from a vendor invoice's charges

Started by hand, with a form. It shows the invoices and credit notes that a vendor invoice wants by the price book, and
issues exactly these once a named person has confirmed them: numbered without gaps, in one transaction.

**Readiness first.** Nothing is raised from an invoice that is late, partial or voided (`csp charges ready`): the log
says what is missing and until when Microsoft makes it good.

**The form.** *Vendor invoice*: `G…` or `D…`. *What*: first *Show only*, and read the log of `preview`, which ends with
a code for what it shows. Then start it again with *Issue*, that *Code*, and a *Reason*. Where anything changed in
between, the code is another and nothing is issued. *Issued on*: the day on the documents; empty: today.

**What it touches.** The ledger: receivables, their lines and numbers. Nothing leaves the house; the documents are
printed and sent by whoever does so today.

**No backfill, no past.** A run for another day than today shows and issues nothing.

**When it fails.** The log of the red task says what is wrong and the remedy. Clearing it is safe: what was issued is
not issued again, a crash leaves all of the documents or none. A mistake in a document is a credit note, never a
change. `csp raise` is the same without Airflow.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import raising_tasks
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, task

FORM = {
    "vendor_invoice": Param("", type="string", title="Vendor invoice", description="Such as G012345678."),
    "what": Param(raising_tasks.SHOW, enum=raising_tasks.WHATS, title="What", description="Show before anything."),
    "code": Param("", type="string", title="Code", description="Of what was shown; only that is issued."),
    "issued_on": Param(
        None, type=["null", "string"], format="date", title="Issued on", description="Empty: today. Also for the code."
    ),
    "reason": Param("", type="string", title="Reason", description="Why; not needed to show."),
}


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    dagrun_timeout=timedelta(hours=2),
    deadline=deadline(timedelta(minutes=30), "half an hour longer than usual"),
    default_args=DEFAULT_ARGS,
    params=FORM,
    tags=[Tag.BILL, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def raise_receivables() -> None:
    @task
    def preview(**context: Any) -> dict[str, Any]:
        """The documents that the invoice wants now, and the code for them; keeps nothing."""
        return raising_tasks.preview(context)

    @task
    def issue(**context: Any) -> dict[str, Any]:
        """Issue what a named person confirmed by its code; skipped when only to show was asked for."""
        return raising_tasks.issue(context)

    preview() >> issue()


raise_receivables()
