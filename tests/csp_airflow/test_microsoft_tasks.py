"""What a task at Microsoft tells people: a consent that ages, one that is lost, and what is retried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import airflow_home

airflow_home.use()

from csp_airflow import microsoft_tasks  # noqa: E402 - Airflow's home comes first
from csp_airflow.partner_center import PartnerCenterHook  # noqa: E402
from csp_airflow.troubles import PassingTrouble  # noqa: E402
from csp_receivables import wiring  # noqa: E402
from csp_receivables.domain.microsoft.sign_in import AgingToken  # noqa: E402
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused  # noqa: E402

AGED = AgingToken(identity="partner_center_reader", unused=timedelta(days=61))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes of findings that were recorded, with a ledger and a reader that do nothing."""
    codes: list[str] = []

    def record(_: Any, findings: list[Any]) -> None:
        codes.extend(finding.code for finding in findings)

    @contextmanager
    def at_work() -> Iterator[tuple[None, None]]:
        yield None, None

    monkeypatch.setattr(microsoft_tasks, "at_work", at_work)
    monkeypatch.setattr(PartnerCenterHook, "is_set", lambda _: True)
    monkeypatch.setattr(wiring, "record_findings", record)
    return codes


def reads(monkeypatch: pytest.MonkeyPatch, aging: AgingToken | None = None) -> None:
    reader = SimpleNamespace(sign_in=SimpleNamespace(aging=aging))
    monkeypatch.setattr(PartnerCenterHook, "reader", lambda *_: nullcontext(reader))


@pytest.mark.parametrize(("aging", "codes"), [(None, []), (AGED, ["microsoft.consent_ages"])])
def test_an_aging_consent_is_told(
    monkeypatch: pytest.MonkeyPatch, told: list[str], aging: AgingToken | None, codes: list[str]
) -> None:
    reads(monkeypatch, aging)

    with microsoft_tasks.at_microsoft(None):
        pass

    assert told == codes


def test_a_lost_consent_is_told_and_not_retried(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    reads(monkeypatch)

    with pytest.raises(ConsentLost), microsoft_tasks.at_microsoft(None):
        raise ConsentLost("AADSTS50173", "it ended", "Consent again")

    assert told == ["microsoft.consent_lost"]


@pytest.mark.parametrize(("passes", "kind"), [(True, PassingTrouble), (False, MicrosoftRefused)])
def test_only_what_passes_is_retried(
    monkeypatch: pytest.MonkeyPatch, told: list[str], *, passes: bool, kind: type[Exception]
) -> None:
    reads(monkeypatch)

    with pytest.raises(kind), microsoft_tasks.at_microsoft(None):
        raise MicrosoftRefused("x", "no", "Wait", passes=passes)

    assert told == []
