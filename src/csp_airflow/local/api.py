"""The few calls of Airflow's REST API that running a day needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

SECONDS_PER_CALL = 90.0  # longer than SQLite may keep a write waiting
PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
ENDED = frozenset({"success", "failed"})


class CallRefused(RuntimeError):
    """Airflow refused a call; the message holds what it answered."""


class DatabaseBusy(CallRefused):
    """Airflow's SQLite was locked by Airflow itself: nothing was done, and the same call may be made again.

    Either it says so (503), or its audit log, which comes first, could not be written within the time that SQLite waits
    (500): its server stood still, because the call that held the lock waited for the same thread.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task of a run as Airflow sees it; `state` is "" before it is scheduled."""

    task_id: str
    state: str
    tries: int
    map_index: int = -1  # -1 for a task that is not mapped
    shown: str = ""  # what a mapped task is called

    @property
    def name(self) -> str:
        return f"{self.task_id} {self.shown}" if self.map_index >= 0 else self.task_id


class AirflowApi:
    """Airflow's REST API at one address, as one user."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(base_url=url, timeout=SECONDS_PER_CALL, transport=transport, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def unhealthy_parts(self) -> list[str]:
        """The parts of Airflow that are not up yet; all of them while nothing answers."""
        try:
            answer = self._client.get("/api/v2/monitor/health")
            parts = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return ["api_server"]
        return [part for part in PARTS if (parts.get(part) or {}).get("status") != "healthy"]

    def sign_in(self, user: str, password: str) -> None:
        """Every later call is made as this user."""
        token = self._call("POST", "/auth/token", json={"username": user, "password": password})["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def knows_dag(self, dag_id: str) -> bool:
        return self._client.get(f"/api/v2/dags/{dag_id}").status_code == httpx.codes.OK

    def import_errors(self) -> list[str]:
        """The DAG files that can't be read, each with the end of why."""
        errors = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def make_pool(self, name: str, slots: int, why: str) -> None:
        """Make the pool, or give it these slots."""
        body = {"name": name, "slots": slots, "description": why, "include_deferred": False}
        if self._client.get(f"/api/v2/pools/{name}").status_code != httpx.codes.OK:
            self._call("POST", "/api/v2/pools", json=body)

    def put_variable(self, key: str, value: str) -> None:
        """Make a Variable."""
        self._call("POST", "/api/v2/variables", json={"key": key, "value": value})

    def put_connection(self, conn_id: str, *, extra: Mapping[str, str], **fields: str) -> None:
        """Make a connection."""
        body = {"connection_id": conn_id, "extra": json.dumps(dict(extra)), **fields}
        self._call("POST", "/api/v2/connections", json=body)

    def connection(self, conn_id: str) -> dict[str, Any]:
        """A connection as Airflow shows it: secrets are masked."""
        kept: dict[str, Any] = self._call("GET", f"/api/v2/connections/{conn_id}")
        return kept

    def trigger(self, dag_id: str, conf: Mapping[str, Any], logical_date: str | None = None) -> str:
        """Start a run; returns its id."""
        body = {"logical_date": logical_date, "conf": dict(conf)}
        run_id: str = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"]
        return run_id

    def backfill(self, dag_id: str, from_date: str, to_date: str, conf: Mapping[str, Any]) -> int:
        """Ask for a backfill; returns its id. A `to_date` without a time leaves its own day out."""
        body = {"dag_id": dag_id, "from_date": from_date, "to_date": to_date, "dag_run_conf": dict(conf)}
        backfill_id: int = self._call("POST", "/api/v2/backfills", json=body)["id"]
        return backfill_id

    def clear(self, dag_id: str, run_id: str) -> None:
        """Let all tasks of a run run again."""
        self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False})

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Every run of a DAG, oldest first."""
        query = {"limit": "100", "order_by": "run_after"}
        runs: list[dict[str, Any]] = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns", params=query)["dag_runs"]
        return runs

    def run_state(self, dag_id: str, run_id: str) -> str:
        state: str = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The tasks of a run in the order of their names."""
        answer = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": "100"})
        found = [
            TaskState(
                task_id=task["task_id"],
                state=task["state"] or "",
                tries=task["try_number"],
                map_index=task["map_index"],
                shown=task.get("rendered_map_index") or str(task["map_index"]),
            )
            for task in answer["task_instances"]
        ]
        return sorted(found, key=lambda task: (task.task_id, task.map_index))

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned (its XCom)."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._call("GET", path)["value"]

    def log_tail(self, dag_id: str, run_id: str, task: TaskState, lines: int = 30) -> str:
        """The end of a task's newest log."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}/logs/{max(task.tries, 1)}"
        query = {"full_content": "true", "map_index": str(task.map_index)}
        content = self._call("GET", path, params=query).get("content", [])
        return "\n".join([_line(entry) for entry in content][-lines:])

    # On SQLite Airflow makes a backfill, or a run, only when nothing else writes just then.
    @retry(retry=retry_if_exception_type(DatabaseBusy), stop=stop_after_attempt(10), wait=wait_fixed(2), reraise=True)
    def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError as trouble:
            raise CallRefused(f"{method} {path}: {trouble}") from trouble
        if answer.is_error:
            refusal = DatabaseBusy if _is_busy(answer) else CallRefused
            raise refusal(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
        return answer.json()


def _is_busy(answer: httpx.Response) -> bool:
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return True
    return answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR and '"reason":"Database error"' in answer.text


def _line(entry: Any) -> str:
    """A line of a log: text, or a structured event with its error."""
    if isinstance(entry, str):
        return entry
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or []]
    return " ".join([str(entry.get("event", "")), *errors])
