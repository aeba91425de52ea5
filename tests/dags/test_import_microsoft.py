"""A night at Microsoft through Airflow's own task machinery: an export, daily usage, and a legacy invoice's lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from csp_airflow.local.environment import Place
from csp_airflow.local.ledger_state import prepare
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.microsoft_tables import charge_fetch, usage_detail
from csp_receivables.adapters.ledger.tables import vendor_invoice
from emulator.server import Emulator
from tests.airflow_home import ROOT
from tests.dags.running import run_once
from tests.emulator.serving import LEGACY
from tests.faults.month_under_faults import USED, fresh_world

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(600)]


def test_a_night_brings_charges_usage_and_legacy_lists(
    dag_bag: DagBag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"CSP_HOME": str(tmp_path), "CSP_INCLUDE": str(ROOT / "include"), "CSP_ROOT": str(ROOT)}
    with Emulator(fresh_world(None)) as emulator:
        given["CSP_PARTNER_CENTER_READER"] = f"partner-center://reader:secret@partner.example?base={emulator.url}"
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        settings = prepare(Place.from_environment(given), given).settings

        run = run_once(dag_bag.dags["import_microsoft"], {"invoices": [USED, LEGACY]})

    assert {(each.task_id, str(each.state)) for each in run.get_task_instances()} >= {
        ("export_charges", "success"),
        ("import_charges", "success"),
    }
    assert len([each for each in run.get_task_instances() if each.task_id == "import_charges"]) == 3
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    with ledger.reading() as connection:
        invoices = {row.invoice_id: row.tie_out for row in connection.execute(select(vendor_invoice))}
        used = [row.invoice_id for row in connection.execute(select(usage_detail))]
        fetched = {(row.invoice_id, row.outcome) for row in connection.execute(select(charge_fetch))}
    ledger.engine.dispose()
    assert invoices == {USED: "ties", LEGACY: "ties"}
    assert used == [USED]
    assert fetched == {(USED, "imported"), (f"{USED}:daily_usage", "imported"), (LEGACY, "imported")}
