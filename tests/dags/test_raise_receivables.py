"""Raising through Airflow's own task machinery: shown first, issued by a named person, exactly what was shown."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.tables import customer, customer_tenant, receivable
from csp_receivables.settings import Settings
from csp_receivables.steps.raise_receivables import NotToBeRaised
from tests.adapters.microsoft_files.recon_files import CONTOSO, row, write
from tests.airflow_home import ROOT
from tests.dags.running import run_once
from tests.ledgers_with_debtors import rows_of

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]

INVOICE = "G000000001"
NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)
FORM = {"vendor_invoice": INVOICE, "what": "Show only", "code": "", "issued_on": None, "reason": ""}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Of a home with prices of its own, a customer, and one vendor invoice of a hundred euros."""
    include = shutil.copytree(ROOT / "include", tmp_path / "include")
    book = include / "price_book.yaml"
    book.write_text(book.read_text(encoding="utf-8").replace("is_example: true", "is_example: false"), encoding="utf-8")
    given = {"CSP_HOME": str(tmp_path / "home"), "CSP_INCLUDE": str(include), "CSP_CLOCK": NOW.isoformat()}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment(given)
    opened = wiring.open_ledger(settings)
    with opened.writing() as writing:
        at = {"recorded_at": writing.recorded_at}
        who = {"customer_id": "K1", "name": "Contoso", "org_number": "", "country": "SE", "language": "sv"}
        writing.connection.execute(insert(customer).values(**who, party_kind="company", **at))
        mapped = {"tenant_id": CONTOSO, "customer_id": "K1", "mapped": True}
        writing.connection.execute(insert(customer_tenant).values(**mapped, **at))
    import_charges(settings, opened, tmp_path, "100")
    return opened


def import_charges(settings: Settings, ledger: Ledger, folder: Path, total: str) -> None:
    stated = {"id": INVOICE, "totalCharges": total, "currencyCode": "EUR", "invoiceDate": "2026-11-07T00:00:00Z"}
    (folder / f"{INVOICE}.invoice.json").write_text(json.dumps(stated), encoding="utf-8")
    charges = write(folder, [row(Subtotal=total, Total=total)], f"{INVOICE}.csv")
    assert wiring.microsoft_import(settings, ledger).import_file(charges).outcome.value == "imported"


def run(dag_bag: DagBag, **form: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """The states of a run's tasks, and what `preview` told."""
    done = run_once(dag_bag.dags["raise_receivables"], FORM | form, logical_date=NOW)
    states = {each.task_id: str(each.state) for each in done.get_task_instances()}
    return states, done.get_task_instance("preview").xcom_pull(task_ids="preview") or {}


def by(person: str, **form: Any) -> dict[str, Any]:
    """The context of a run that a person started."""
    started = SimpleNamespace(triggering_user_name=person, run_type="manual")
    return {"params": FORM | form, "dag_run": started, "logical_date": None}


def numbers(ledger: Ledger) -> list[str]:
    return [number for (number,) in rows_of(ledger, receivable, "number")]


def test_it_is_shown_first_and_issued_once_by_a_named_person(dag_bag: DagBag, ledger: Ledger) -> None:
    from csp_airflow import raising_tasks

    states, told = run(dag_bag)
    assert states == {"preview": "success", "issue": "skipped"}
    assert told["documents"] == 1
    assert json.dumps(told).count("Contoso") == 0

    confirmed = {"what": "Issue", "code": told["code"], "reason": "October"}
    with pytest.raises(PermissionError, match="nobody is named"):
        raising_tasks.issue(by("", **confirmed))
    with pytest.raises(raising_tasks.NotConfirmed):
        raising_tasks.issue(by("ada", what="Issue", reason="October"))
    with pytest.raises(NotToBeRaised, match="is not what G000000001 wants now"):
        raising_tasks.issue(by("ada", **confirmed | {"code": "000000000000"}))
    assert numbers(ledger) == []

    assert run(dag_bag, **confirmed)[0] == {"preview": "success", "issue": "success"}
    assert numbers(ledger) == ["900001"]
    assert raising_tasks.issue(by("ada", **confirmed))["issued"] == 0, "the task was cleared"
    assert numbers(ledger) == ["900001"]


def test_what_was_confirmed_is_not_issued_once_the_charges_are_others(
    dag_bag: DagBag, ledger: Ledger, tmp_path: Path
) -> None:
    from csp_airflow import raising_tasks

    code = run(dag_bag)[1]["code"]
    import_charges(Settings.from_environment(), ledger, tmp_path, "120")

    with pytest.raises(NotToBeRaised, match="confirm the new code"):
        raising_tasks.issue(by("ada", what="Issue", code=code, reason="October"))
    assert numbers(ledger) == []


def test_an_invoice_that_is_not_whole_is_not_even_shown(dag_bag: DagBag, ledger: Ledger, tmp_path: Path) -> None:
    late = write(tmp_path, [row(InvoiceNumber="G000000002")], "G000000002.csv")
    wiring.microsoft_import(Settings.from_environment(), ledger).import_file(late)

    states, _ = run(dag_bag, vendor_invoice="G000000002")

    assert states == {"preview": "failed", "issue": "upstream_failed"}


def test_a_run_for_another_day_does_nothing(ledger: Ledger) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from csp_airflow import raising_tasks

    past = by("ada") | {"dag_run": SimpleNamespace(triggering_user_name="ada", run_type="backfill")}
    with pytest.raises(AirflowSkipException, match="raised now only"):
        raising_tasks.preview(past)
