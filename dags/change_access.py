"""### Taking access away, when a person agrees

Asks people about each customer whose suspension is due, keeps what they answer, and suspends what a named person
approved. Each customer is a question of its own under **Required Actions**: what is owed, which notices were accepted,
which subscriptions would be suspended, what that does to their users and to our bill.

**Answers.** *Suspend*, *Decline* or *Hold until* a day, each with a reason. Whoever does not answer within two days has
said no. An answer without a named person counts for nothing, so marking the task as done suspends nobody.

**What it touches.** Microsoft: one subscription at a time is read, noted down, suspended, and read again. Right before
that everything is looked at anew: money that came in, a hold, an old bank feed or a fact that changed since the answer
stop it. More than the policy's number or share of customers stops all of it until a second person releases them
(`release_suspensions`, or `csp access release-breaker`). The first few are done and checked before the rest follows.

**To stop everything.** `csp stop --by NAME --why REASON`, at any moment; it holds within seconds.

**To undo.** The DAG `undo_access`, or `csp access undo --run RUN`, lists and reverses what a run did. Access comes back
by itself when the debt is paid (`restore_access`).

**No backfill, no past.** A run for another day than today asks and suspends nothing.

**When it fails.** A red `keep_answer` got no answer (its log says what lacked): that is a no, and the next morning asks
again. A red `perform` may be cleared at any time: what was begun is settled by reading at Microsoft, never by
repeating. docs/SUSPENSION.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task_group

from csp_airflow import access_tasks
from csp_airflow.conventions import ACTIONS_PUBLISHED, DEFAULT_ARGS, Tag, deadline, task, woken_by
from csp_airflow.pools import MICROSOFT
from csp_airflow.roles import MAY_ANSWER

ANSWER_WITHIN = timedelta(days=2)
FORM = {
    "reason": Param("", type="string", title="Reason", description="Why; kept with your name."),
    "until": Param(None, type=["null", "string"], format="date", title="Hold until", description="Only for a hold."),
}


@dag(
    schedule=woken_by(ACTIONS_PUBLISHED, "*/15 * * * *"),
    catchup=False,
    max_active_runs=200,  # a run waits for its answers; the others must not wait for it
    allowed_run_types=["scheduled", "manual", "asset_triggered"],
    dagrun_timeout=timedelta(days=3),
    deadline=deadline(ANSWER_WITHIN, "two days longer than usual"),
    default_args=DEFAULT_ARGS,
    access_control=MAY_ANSWER,
    tags=[Tag.ACCESS, Tag.MICROSOFT],
    doc_md=__doc__,
)
def change_access() -> None:
    @task
    def find_questions(**context: Any) -> list[dict[str, str]]:
        """Whom to ask about, with the evidence."""
        return access_tasks.questions(context, ANSWER_WITHIN)

    @task_group
    def customer(subject: str, body: str, action_id: str, customer_id: str, digest: str) -> None:
        """One customer: asked, and the answer kept."""
        ask = HITLOperator(
            task_id="ask",
            subject=subject,
            body=body,
            options=access_tasks.OPTIONS,
            defaults=[access_tasks.DECLINE],
            params=FORM,
            response_timeout=ANSWER_WITHIN,
            execution_timeout=None,
            map_index_template="{{ task.subject }}",
            doc_md="Asks a person; the default is no.",
        )

        @task
        def keep_answer(answer: Any, action_id: str, customer_id: str, digest: str, **context: Any) -> dict[str, Any]:
            """Keep what a named person answered."""
            question = {"action_id": action_id, "customer_id": customer_id, "digest": digest}
            return access_tasks.record_answer(question, answer, context)

        @task(pool=MICROSOFT)
        def perform(**context: Any) -> dict[str, Any]:
            """Suspend what is approved and due."""
            return access_tasks.perform(context)

        keep_answer(ask.output, action_id, customer_id, digest) >> perform()

    @task(pool=MICROSOFT)
    def perform_what_waits(**context: Any) -> dict[str, Any]:
        """Go on with what was approved before: after the canaries, in better hours, after a release."""
        return access_tasks.perform(context)

    customer.expand_kwargs(find_questions())
    perform_what_waits()


change_access()
