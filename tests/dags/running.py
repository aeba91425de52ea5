"""A DAG run once in this process by Airflow's own task machinery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG


def run_once(dag: DAG, conf: dict[str, Any], **when: Any) -> DagRun:
    """The run of `dag` with the form `conf`.

    Without its deadline, as `conventions.deadline` makes it under `airflow dags test`; every test file shares the DAGs,
    so it is put back.
    """
    deadline, dag.deadline = dag.deadline, None
    try:
        run = dag.test(run_conf=conf, **when)
    finally:
        dag.deadline = deadline
    assert run is not None
    return run
