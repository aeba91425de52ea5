"""The partner's credit limit, met by a call: told once a month, from the reader's tasks and from the actor's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from tests import airflow_home

airflow_home.use()

from csp_airflow import access_tasks, microsoft_tasks  # noqa: E402
from csp_airflow.partner_center import PartnerCenterHook  # noqa: E402
from csp_receivables.adapters.ledger import Ledger  # noqa: E402
from csp_receivables.adapters.ledger.tables import finding  # noqa: E402
from csp_receivables.microsoft_ports import MicrosoftRefused  # noqa: E402
from csp_receivables.settings import Settings  # noqa: E402
from tests.ledgers_with_debtors import rows_of  # noqa: E402

SETTINGS = Settings.from_environment({"CSP_CLOCK": "2026-11-09T06:00:00+00:00"})
LATER = Settings.from_environment({"CSP_CLOCK": "2026-12-01T06:00:00+00:00"})


def at_microsoft(
    monkeypatch: pytest.MonkeyPatch, ledger: Ledger, settings: Settings, identity: str
) -> AbstractContextManager[Any]:
    """A task's stay at Microsoft as the identity, on this ledger."""

    @contextmanager
    def at_work() -> Iterator[tuple[Settings, Ledger]]:
        yield settings, ledger

    for tasks in (access_tasks, microsoft_tasks):
        monkeypatch.setattr(tasks, "at_work", at_work)
    monkeypatch.setattr(access_tasks, "_speaks_for_now", lambda *_: None)
    monkeypatch.setattr(PartnerCenterHook, "is_set", lambda _: True)
    quiet = SimpleNamespace(sign_in=SimpleNamespace(aging=None))
    for name in ("reader", "actor"):
        monkeypatch.setattr(PartnerCenterHook, name, lambda *_: nullcontext(quiet))
    return microsoft_tasks.at_microsoft(None) if identity == "reader" else access_tasks.acting({})


@pytest.mark.parametrize("identity", ["reader", "actor"])
def test_the_limit_is_told_once_a_month_and_ends_the_task(
    monkeypatch: pytest.MonkeyPatch, ledger: Ledger, identity: str
) -> None:
    for settings, code in ((SETTINGS, "900121"), (SETTINGS, "900121"), (LATER, "800023"), (LATER, "900419")):
        with pytest.raises(MicrosoftRefused), at_microsoft(monkeypatch, ledger, settings, identity):
            raise MicrosoftRefused(code, "no", "do something")

    told = rows_of(ledger, finding, "code", "severity", "subject")
    assert sorted(told) == [("microsoft.credit_limit", "held", month) for month in ("2026-11", "2026-12")]
