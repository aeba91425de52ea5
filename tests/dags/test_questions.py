"""Airflow takes any answer to a question (its REST API validates none): what its own operator and we make of each."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

pytestmark = pytest.mark.airflow
QUESTION = {"action_id": "a1", "customer_id": "K1", "digest": "d1"}
ADA = {"id": "7", "name": "ada"}
FORM: dict[str, Any] = {"reason": "agreed", "until": None}

# What a client may send, and where it ends: the operator refuses it (the task fails, and its retry asks again), our own
# task does (kept as no answer, and asked again the next morning), or it is an answer.
SENT: list[tuple[list[str], dict[str, Any], str]] = [
    (["Suspend"], FORM, "suspend"),
    (["Hold until"], FORM | {"until": "2026-12-01"}, "hold"),
    (["Approve"], FORM, "operator"),
    (["Suspend", "Decline"], FORM, "ours"),
    ([], FORM, "ours"),
    (["Suspend"], FORM | {"reason": ""}, "ours"),
    (["Suspend"], FORM | {"reason": 7}, "operator"),
    (["Suspend"], {}, "ours"),  # without its form there is no reason
    (["Suspend"], {"reason": "agreed"}, "operator"),
    (["Suspend"], FORM | {"action_id": "another"}, "operator"),
    (["Hold until"], FORM, "ours"),
    (["Hold until"], FORM | {"until": "next year"}, "operator"),
]


@pytest.mark.parametrize(("options", "params", "ends"), SENT)
def test_whatever_is_sent_only_an_answer_is_one(
    dag_bag: DagBag, options: list[str], params: dict[str, Any], ends: str
) -> None:
    from csp_airflow.access_tasks import BadAnswer, approval_of

    ask: Any = deepcopy(dag_bag.dags["change_access"].get_task("customer.ask"))
    event = {"chosen_options": options, "params_input": params, "responded_by_user": ADA}

    try:
        answer = ask.execute_complete({}, event | {"responded_at": datetime(2026, 11, 3, 9, tzinfo=UTC)})
    except Exception as refused:
        assert ends == "operator", refused
        return
    try:
        assert approval_of(QUESTION, answer, "here").word.value == ends
    except BadAnswer:
        assert ends == "ours"
