"""`csp airflow consent`: the token of a connection's consent lies where its tasks look for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from csp_airflow import consent
from csp_receivables import wiring
from csp_receivables.settings import BadSetting, Settings
from emulator.server import Emulator
from tests.consenting_person import consents
from tests.emulator.serving import empty_world

pytestmark = pytest.mark.airflow
CONNECTION = "partner_center_reader"


@pytest.fixture
def emulator(metadata_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.setenv("CSP_HOME", str(tmp_path))
    wiring.open_ledger(Settings.from_environment(), kind="demo").engine.dispose()
    with Emulator(empty_world()) as running:
        yield running


def asks() -> None:
    consent.consent(
        CONNECTION,
        lambda address: Thread(target=consents, args=(address,)).start(),
        port=0,
        patience=timedelta(seconds=10),
    )


def test_the_consent_of_a_connection_is_found_by_its_tasks(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models import Connection, Variable

    extra = {"tenant_id": "partner.example", "base": emulator.url, "with_user": True}
    given = Connection(conn_id=CONNECTION, conn_type="partner_center", login="reader", password="secret", extra=extra)
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_READER", given.as_json())

    asks()

    key = "partner_center_reader_refresh_token"
    token = consent.DatabaseTokens(CONNECTION, Settings.from_environment().clock).load()
    assert token is not None
    assert token.token in emulator.world.sign_in.refresh_tokens
    assert token.token in Variable.get(key)
    Variable.delete(key)


def test_without_the_connection_it_says_what_to_add(emulator: Emulator) -> None:
    with pytest.raises(BadSetting, match="add one of type Microsoft Partner Center"):
        asks()
