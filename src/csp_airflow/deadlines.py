"""What happens when a run is late: a line in the log and a finding in the ledger. Nobody is mailed yet.

Airflow imports the callback by its name in whatever process runs it, so it lives here and not in `dags/`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from csp_receivables.domain.findings import Finding, Severity

log = logging.getLogger(__name__)


def report_late_run(context: Mapping[str, Any], deadline_name: str) -> None:
    """Called by Airflow once for each run that missed its deadline."""
    from csp_receivables.settings import Settings
    from csp_receivables.wiring import open_ledger, record_findings

    settings = Settings.from_environment()
    finding = late_run(context, deadline_name)
    record_findings(open_ledger(settings), [finding])
    log.warning("%s", finding)


def late_run(context: Mapping[str, Any], deadline_name: str) -> Finding:
    """The finding for a late run, from the two things Airflow hands a deadline callback: `dag_run` and `deadline`."""
    run, due = context["dag_run"], context["deadline"]["deadline_time"]
    return Finding(
        code="run.late",
        severity=Severity.WARNING,
        subject=f"{run['dag_id']}/{run['dag_run_id']}",
        found=f"not done by {due} ({deadline_name})",
        remedy="look at its grid in Airflow: a task that failed, waits, hangs or retries says why in its log",
    )
