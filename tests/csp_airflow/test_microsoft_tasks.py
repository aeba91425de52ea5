"""What a task at Microsoft tells people: a consent that ages, one that is lost, and what is retried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import airflow_home

airflow_home.use()

from csp_airflow import microsoft_tasks  # noqa: E402 - Airflow's home comes first
from csp_airflow.charge_exports import ExportCharges  # noqa: E402
from csp_airflow.partner_center import PartnerCenterHook  # noqa: E402
from csp_airflow.troubles import PassingTrouble  # noqa: E402
from csp_receivables import wiring  # noqa: E402
from csp_receivables.domain.microsoft.fetches import FetchKind  # noqa: E402
from csp_receivables.domain.microsoft.invoices import ChargeList, Commerce, ListedInvoice  # noqa: E402
from csp_receivables.domain.microsoft.sign_in import AgingToken, RefreshToken  # noqa: E402
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused  # noqa: E402

AGED = AgingToken(identity="partner_center_reader", since=datetime(2026, 9, 10, tzinfo=UTC))


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


@pytest.mark.parametrize(("days", "codes"), [(59, []), (60, ["microsoft.consent_ages"])])
def test_a_consent_that_nobody_uses_is_told_without_using_it(
    monkeypatch: pytest.MonkeyPatch, days: int, codes: list[str]
) -> None:
    now, told = datetime(2026, 11, 10, tzinfo=UTC), list[str]()
    settings = SimpleNamespace(clock=lambda: now)
    tokens = {"partner_center_actor": RefreshToken(token="t", stored_at=now - timedelta(days=days))}
    monkeypatch.setattr(microsoft_tasks, "at_work", lambda: nullcontext((settings, None)))
    monkeypatch.setattr(microsoft_tasks, "_refuse_the_past", lambda *_: None)
    monkeypatch.setattr(PartnerCenterHook, "is_set", lambda _: True)
    monkeypatch.setattr(PartnerCenterHook, "identity", lambda _: SimpleNamespace(with_user=True))
    monkeypatch.setattr(
        PartnerCenterHook, "refresh_tokens", lambda hook, _: SimpleNamespace(load=lambda: tokens.get(hook.conn_id))
    )
    monkeypatch.setattr(wiring, "record_findings", lambda _, found: told.extend(each.code for each in found))

    assert microsoft_tasks.watch_consents({}) == {"aging": len(codes)}  # type: ignore[typeddict-item]
    assert told == codes


LISTED = ListedInvoice(
    invoice_id="D02005YFHI",
    commerce=Commerce.LEGACY,
    invoiced_at=datetime(2026, 11, 7, tzinfo=UTC),
    document_type="invoice",
    amends="",
    charge_lists=(ChargeList(provider="office", kind="billinglineitems", currency="EUR"),),
    document="{}",
)


@pytest.mark.parametrize("kind", list(FetchKind))
def test_an_invoice_comes_back_from_its_text(kind: FetchKind) -> None:
    told = microsoft_tasks.plain(LISTED, kind)

    assert (microsoft_tasks.listed_invoice(told), microsoft_tasks.kind_of(told)) == (LISTED, kind)
    assert all(isinstance(value, str) for value in told.values())


def test_what_was_parked_before_the_text_knew_kinds_goes_on() -> None:
    told = microsoft_tasks.plain(LISTED)
    del told["kind"], told["charge_lists"]

    assert microsoft_tasks.kind_of(told) is FetchKind.CHARGES
    assert microsoft_tasks.listed_invoice(told).charge_lists == ()


def test_a_legacy_invoice_is_handed_on_without_parking() -> None:
    told = microsoft_tasks.plain(LISTED)

    assert ExportCharges(task_id="export", invoice=told).execute({}) == told | {"operation": ""}


def test_an_invoice_that_microsoft_does_not_list_is_refused_and_blank_lines_of_the_form_are_none(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    reads(monkeypatch)
    fetch = SimpleNamespace(listed=lambda: [LISTED], due=lambda listed, wanted: listed if not wanted else [])
    monkeypatch.setattr(microsoft_tasks, "_fetch", lambda *_: fetch)
    monkeypatch.setattr(microsoft_tasks, "_refuse_the_past", lambda *_: None)

    def due(*invoices: str) -> list[Any]:
        return microsoft_tasks.list_invoices({"params": {"invoices": [*invoices], "daily_usage": False}})  # type: ignore[typeddict-item]

    with pytest.raises(microsoft_tasks.NotListed, match="lists no vendor invoice G999"):
        due("G999", LISTED.invoice_id)
    assert due("", " ") == [microsoft_tasks.plain(LISTED)]
