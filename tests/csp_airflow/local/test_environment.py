"""The local Airflow listens on loopback only, keeps its secrets to its owner, and names the setting that is wrong."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from csp_airflow.local.environment import Place, airflow_environment, passwords, port_is_free
from csp_receivables.settings import BadSetting
from tests.ports import free_port


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "dags").mkdir()
    return Place.from_environment(
        {"CSP_HOME": str(tmp_path / "home"), "CSP_ROOT": str(tmp_path), "CSP_AIRFLOW_PORT": "8123"}
    )


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80.5", "²"])
def test_a_port_that_is_none_is_refused_by_the_name_of_its_setting(tmp_path: Path, text: str) -> None:
    (tmp_path / "dags").mkdir()

    with pytest.raises(BadSetting, match="CSP_AIRFLOW_PORT"):
        Place.from_environment({"CSP_ROOT": str(tmp_path), "CSP_AIRFLOW_PORT": text})


@pytest.mark.parametrize("text", ["1", "65535"])
def test_the_first_and_the_last_port_are_ports(tmp_path: Path, text: str) -> None:
    (tmp_path / "dags").mkdir()

    assert Place.from_environment({"CSP_ROOT": str(tmp_path), "CSP_AIRFLOW_PORT": text}).port == int(text)


def test_users_of_an_unknown_kind_are_refused_and_not_taken_for_the_simple_ones(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()

    with pytest.raises(BadSetting, match=r"CSP_AIRFLOW_AUTH='FAB'.*use fab"):
        Place.from_environment({"CSP_ROOT": str(tmp_path), "CSP_AIRFLOW_AUTH": "FAB"})


@pytest.mark.parametrize("name", ["100%", "$HOME"])
def test_a_home_in_which_airflow_would_lose_its_files_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "dags").mkdir()

    with pytest.raises(BadSetting, match=r"CSP_HOME.*Airflow can't live"):
        Place.from_environment({"CSP_ROOT": str(tmp_path), "CSP_HOME": str(tmp_path / name)})


def test_a_folder_without_dags_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="CSP_ROOT"):
        Place.from_environment({"CSP_ROOT": str(tmp_path)})


def test_everything_is_bound_to_loopback_and_follows_the_port(place: Place) -> None:
    found = airflow_environment(place, {})

    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert found["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8123"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"


def test_airflows_database_lies_under_its_home_whatever_that_is_called(place: Place) -> None:
    odd = replace(place, settings=replace(place.settings, home=place.settings.home / "åäö? #1"))

    found = make_url(airflow_environment(odd, {})["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])

    assert found.database == str(odd.home / "airflow.db")
    assert found.query == {"timeout": "60"}


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "intranet.example"}, "intranet.example,127.0.0.1"),
        ({"no_proxy": "a.example", "NO_PROXY": "b.example"}, "a.example,127.0.0.1"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_tasks_reach_airflow_where_a_proxy_stands_before_everything_else(
    place: Place, kept: dict[str, str], told: str
) -> None:
    found = airflow_environment(place, {"HTTP_PROXY": "http://proxy.example:3128", **kept})

    assert (found["no_proxy"], found["NO_PROXY"], found["HTTP_PROXY"]) == (told, told, "http://proxy.example:3128")


def test_settings_of_another_airflow_do_not_leak_in(place: Place) -> None:
    leaking = {
        "AIRFLOW__CORE__FERNET_KEY": "theirs",
        "AIRFLOW__API__PORT": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/h",
    }

    found = airflow_environment(place, leaking)

    assert found["AIRFLOW__API__PORT"] == "8123"
    assert found["AIRFLOW__CORE__FERNET_KEY"] != "theirs"
    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert found["HOME"] == "/h"


def test_secrets_are_made_once_and_read_by_their_owner_only(place: Place) -> None:
    first, second = airflow_environment(place, {}), airflow_environment(place, {})

    assert first == second
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"].encode()) >= 64
    assert set(passwords(place)) == {"admin", "viewer"}
    for name in ("secrets.json", "passwords.json"):
        assert (place.home / name).stat().st_mode & 0o777 == 0o600


def test_a_password_file_that_became_readable_is_closed_again(place: Place) -> None:
    passwords(place)
    place.passwords_file.chmod(0o644)

    assert passwords(place) == json.loads(place.passwords_file.read_text())
    assert place.passwords_file.stat().st_mode & 0o777 == 0o600


def test_a_port_with_a_listener_is_not_free() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not port_is_free(port)
    assert port_is_free(port)
