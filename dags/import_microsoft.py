"""### Microsoft's invoices and subscriptions, every night

Asks Microsoft which vendor invoices there are, has the charges and daily usage of each new or changed one exported,
downloads and imports them, and reads every customer's subscriptions. While Microsoft makes an export the task is
parked: no worker waits for it. A legacy invoice (`D…`) is never exported: its lists of charges are read page by page.
The daily reconciliation then finds charges and subscriptions in the ledger.

**What it touches.** Reads Partner Center and Graph as the *reader*, an identity that can't write. Writes the ledger,
the lake and `CSP_HOME/downloads`. Nothing else leaves the house.

**When there is nothing yet.** A fresh invoice's data may take days: the export is asked for again each night until
eleven days after the invoice date; then the finding `microsoft.no_charges` asks a person to look. Data that Microsoft
makes again within a hundred days is imported again, as a new version; a legacy invoice is read again for eleven days.
An invoice without daily usage needs nobody.

**Parameters.** `invoices`: fetch these, whatever is known of them (empty: all that are new or may have changed).
`daily_usage`: off where nobody looks at it; it is many times the charges.

**No backfill.** Microsoft tells what it knows now; what it told before lies in the ledger.

**Consents.** `microsoft.consent_ages` names an identity with user that nothing has signed in as for sixty days; the
actor's may rest that long.

**When it fails.** The log of the red task names the code, what it means and the remedy. *Consent lost*
(`microsoft.consent_lost`) needs a person: no retry helps. One invoice's trouble holds up no other. Clear the red task
once the cause is gone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag

from csp_airflow import microsoft_tasks
from csp_airflow.charge_exports import ExportCharges
from csp_airflow.conventions import DEFAULT_ARGS, Tag, deadline, schedule, task
from csp_airflow.pools import MICROSOFT

PARAMS = {
    "invoices": Param(
        None,
        type=["null", "array"],
        items={"type": "string"},
        title="Invoices",
        description="Ids of vendor invoices; empty: all that are new or may have changed.",
    ),
    "daily_usage": Param(
        True, type="boolean", title="Daily usage", description="Fetch what charges for usage are made of, too."
    ),
}


@dag(
    schedule=schedule("0 4 * * *"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    dagrun_timeout=timedelta(hours=12),
    deadline=deadline(timedelta(hours=2), "two hours longer than usual"),
    default_args=DEFAULT_ARGS | {"pool": MICROSOFT},
    params=PARAMS,
    tags=[Tag.IMPORT, Tag.NO_EFFECTS],
    doc_md=__doc__,
)
def import_microsoft() -> None:
    @task
    def list_invoices(**context: Any) -> list[dict[str, str]]:
        """What of which vendor invoices is new or may have changed."""
        return microsoft_tasks.list_invoices(context)

    @task(
        trigger_rule="none_failed",
        map_index_template="{{ export['invoice_id'] }} {{ export['kind'] }}",
        execution_timeout=timedelta(hours=6),
    )
    def import_charges(export: dict[str, str], **context: Any) -> dict[str, Any]:
        """Download the charges or the daily usage of one invoice and import them."""
        return microsoft_tasks.import_charges(export, context)

    @task(execution_timeout=timedelta(hours=6))
    def sync_subscriptions(**context: Any) -> dict[str, Any]:
        """Read every customer's subscriptions."""
        return microsoft_tasks.sync_subscriptions(context)

    @task
    def watch_consents(**context: Any) -> dict[str, Any]:
        """Tell of consents that nobody has used for long."""
        return microsoft_tasks.watch_consents(context)

    exports = ExportCharges.partial(
        task_id="export_charges", map_index_template="{{ task.invoice['invoice_id'] }} {{ task.invoice['kind'] }}"
    ).expand(invoice=list_invoices())
    import_charges.expand(export=exports.output)
    sync_subscriptions()
    watch_consents()


import_microsoft()
