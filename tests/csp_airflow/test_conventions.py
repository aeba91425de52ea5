"""Retrying is for what passes by itself; everything else fails at once."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy.exc

from tests import airflow_home

airflow_home.use()

pytestmark = pytest.mark.airflow


def failures() -> list[tuple[BaseException, str]]:
    from airflow.sdk.exceptions import AirflowTaskTimeout

    from csp_airflow.troubles import PassingTrouble
    from csp_receivables.adapters.ledger import LedgerRefused
    from csp_receivables.domain.run_plan import NoDay
    from csp_receivables.settings import BadSetting

    busy = sqlalchemy.exc.OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))
    return [
        (busy, "retry"),
        (sqlite3.OperationalError("database is locked"), "retry"),
        (PassingTrouble("server closed the connection unexpectedly"), "retry"),
        (ConnectionResetError("the database went away"), "retry"),
        (OSError(28, "No space left on device"), "retry"),
        (AirflowTaskTimeout("30 minutes"), "retry"),
        (PermissionError("inbox"), "fail"),
        (FileNotFoundError("include/templates"), "fail"),
        (BadSetting("CSP_TIME_ZONE"), "fail"),
        (LedgerRefused("demo"), "fail"),
        (NoDay("as_of"), "fail"),
        (KeyError("a bug"), "fail"),
    ]


def test_only_what_passes_by_itself_is_retried() -> None:
    from csp_airflow.conventions import RETRY_POLICY

    for failure, action in failures():
        decided = RETRY_POLICY.evaluate(failure, try_number=1, max_tries=2)
        assert decided.action.value == action, f"{failure!r}: {decided.reason}"
