"""### The escalation report, every day

What left automation's hands and waits for a person: debts at the end of the ladder, our own dues to Microsoft that are
not covered, suspensions that wait or are kept back, actions in doubt or failed, support cases, money not applied,
findings; each with its age, amount, owner and next step, and what changed since yesterday. Runs at 07:00 in the
partner's time zone, after `reconcile_daily`, and speaks for the day before.

`hand_over_packs` hands the pack of each customer whom the day's decisions hand over to the house, once for each stage.

**What it touches.** The ledger (the report is kept), files under `outputs/escalation`, and mail to the readers that
`include/policies/escalation.yaml` names (`report`, `packs`), by the connection `smtp_default`. Outside production
everything goes to the catch-all address (`CSP_CATCH_ALL`), or waits.

**Backfill.** `compile` makes a past day's report again, as it is known now or, with `known` *then*, as it was known;
`send` and `hand_over_packs` are skipped.

    airflow backfill create --dag-id escalation_report_daily \\
        --from-date 2026-10-26 --to-date 2026-10-30T23:59 --dag-run-conf '{"known": "then"}'

**When it fails.** The log of the red task names what was found and the remedy. Clearing it is safe: a report is kept
under what it says, and each reader is told once a day; a letter that may have been handed over is *in doubt* and never
sent again by itself (`csp outbox settle`).
"""

from __future__ import annotations

from csp_airflow.escalation_dag import report_dag

report_dag("daily", "0 7 * * *", __doc__, with_packs=True)
