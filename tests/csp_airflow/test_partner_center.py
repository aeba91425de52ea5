"""Airflow's connection as an identity at Microsoft, its form, and the Variable that keeps the rolling token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import airflow_home

airflow_home.use()

from csp_airflow import connections, partner_center  # noqa: E402 - Airflow's home comes first
from csp_airflow.partner_center import PartnerCenterHook, VariableTokens, whole_pem  # noqa: E402
from csp_airflow.provider import provider_info  # noqa: E402
from csp_receivables.domain.microsoft.sign_in import RefreshToken  # noqa: E402
from csp_receivables.settings import BadSetting  # noqa: E402

NOW = datetime(2026, 11, 10, tzinfo=UTC)
KEY = "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\nBB==\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n"
ADDRESS = "partner-center://app:other@partner.example"


def given(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any] | None, **values: Any) -> None:
    usual = {"login": "app", "password": "s3cret", "extra_dejson": extra}
    found = None if extra is None else SimpleNamespace(**(usual | values))
    monkeypatch.setattr(connections, "connection", lambda _: found)


def test_a_connection_with_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"tenant_id": "partner.example", "cloud": None, "with_user": True})

    identity = PartnerCenterHook().identity()

    assert (identity.name, identity.tenant_id, identity.client_id) == (
        "partner_center_reader",
        "partner.example",
        "app",
    )
    assert (identity.cloud.name, identity.with_user, identity.secret) == ("global", True, "s3cret")
    assert "s3cret" not in repr(identity)


def test_a_connection_as_airflows_form_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    left_empty = dict.fromkeys(("private_key", "thumbprint", "base"))
    given(monkeypatch, {"tenant_id": "partner.example", "cloud": "global", "with_user": False, **left_empty})

    identity = PartnerCenterHook("partner_center_actor").identity()

    assert (identity.cloud.name, identity.cloud.is_emulator, identity.with_user) == ("global", False, False)


def test_a_connection_with_a_certificate_at_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    base = "http://127.0.0.1:8480/"
    squeezed = (KEY + CERTIFICATE).replace("\n", " ")
    given(monkeypatch, {"tenant_id": "partner.example", "private_key": squeezed, "base": base}, password=None)

    identity = PartnerCenterHook("partner_center_actor").identity()

    assert identity.certificate is not None
    assert identity.certificate.pem == KEY + CERTIFICATE
    assert identity.cloud.graph_at == identity.cloud.authority_at == "http://127.0.0.1:8480"


@pytest.mark.parametrize("written", [KEY, KEY.replace("\n", " "), KEY.replace("\n", "\\n"), KEY.replace("\n", "\r\n")])
def test_a_pem_gets_its_line_ends_back(written: str) -> None:
    assert whole_pem(written + CERTIFICATE) == KEY + CERTIFICATE
    assert whole_pem("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({}, "names no tenant"),
        ({"tenant_id": "common"}, "names no tenant"),
        ({"tenant_id": "t.example", "cloud": "mars"}, "mars"),
        ({"tenant_id": "t.example", "private_key": KEY + CERTIFICATE}, "either a secret or a certificate"),
        ({"tenant_id": "t.example", "base": "http://elsewhere.example"}, "must be https"),
    ],
)
def test_a_wrong_connection_says_what_to_do(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], said: str) -> None:
    given(monkeypatch, extra)

    with pytest.raises(BadSetting, match=said) as refused:
        PartnerCenterHook().identity()

    assert "s3cret" not in str(refused.value)


def test_without_a_connection_the_command_lines_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, None)

    assert PartnerCenterHook().identity({"CSP_PARTNER_CENTER_READER": ADDRESS}).tenant_id == "partner.example"
    with pytest.raises(BadSetting, match="add one of type Microsoft Partner Center"):
        PartnerCenterHook("partner_center_actor").identity({"CSP_PARTNER_CENTER_READER": ADDRESS})


def test_the_reader_is_no_actor() -> None:
    with pytest.raises(BadSetting, match="only reads"):
        PartnerCenterHook().actor(None, None)  # type: ignore[arg-type]


class Variables:
    """Airflow's Variables, kept in memory. `hides`: another backend that answers first."""

    def __init__(self, hides: str = "") -> None:
        self.kept: dict[str, str] = {}
        self.hides = hides

    def get(self, key: str, default: Any = None) -> Any:
        return self.hides or self.kept.get(key, default)

    def set(self, key: str, value: str, description: str) -> None:
        self.kept[key] = value


def test_the_rolling_token_is_kept_in_a_variable_that_airflow_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

    kept, store = Variables(), VariableTokens("partner_center_reader", lambda: NOW)
    monkeypatch.setattr("airflow.sdk.Variable", kept)
    assert store.load() is None
    kept.kept[store.key] = " token-of-a-person\n"
    assert store.load() == RefreshToken(token="token-of-a-person", stored_at=NOW)

    newer = RefreshToken(token="token-2", stored_at=NOW - timedelta(days=1))
    store.store(newer)

    assert store.load() == newer
    assert store.key == "partner_center_reader_refresh_token"
    assert should_hide_value_for_key(store.key)
    assert should_hide_value_for_key("private_key")


def test_a_token_that_is_not_read_back_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.sdk.Variable", Variables(hides="the one of the environment"))

    with pytest.raises(RuntimeError, match="another backend hides it"):
        VariableTokens("partner_center_reader", lambda: NOW).store(RefreshToken(token="new", stored_at=NOW))


def test_a_damaged_token_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.sdk.Variable", Variables(hides='{"token": "t-secret"'))

    with pytest.raises(ValueError, match="damaged") as damaged:
        VariableTokens("partner_center_reader", lambda: NOW).load()

    assert "t-secret" not in str(damaged.value)


def test_airflow_builds_the_form_from_what_we_tell() -> None:
    """By the code that Airflow's API server runs."""
    import json
    from pathlib import Path

    import airflow
    import jsonschema
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    manager.initialize_providers_hooks()
    (told,) = provider_info()["connection-types"]

    fields = {name: widget for name, widget in manager.connection_form_widgets.items() if "__partner_center__" in name}
    assert {each.hook_class_name for each in fields.values()} == {f"{partner_center.__name__}.PartnerCenterHook"}
    assert sorted(each.field_name for each in fields.values()) == sorted(told["conn-fields"])
    assert [each.field_name for each in fields.values() if each.is_sensitive] == ["private_key"]
    behaviour = manager.field_behaviours["partner_center"]
    assert behaviour["relabeling"]["login"] == "Client id"
    schema = Path(airflow.__file__).parent / "customized_form_field_behaviours.schema.json"
    jsonschema.validate(behaviour, json.loads(schema.read_text()))
