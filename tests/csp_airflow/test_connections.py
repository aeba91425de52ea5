"""Airflow's connections as frozen settings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from csp_airflow import connections
from csp_receivables.mail_settings import Security
from csp_receivables.settings import BadSetting

FROM = {"CSP_MAIL_FROM": "Partner <accounts@partner.example>"}


def given(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any] | None, **values: Any) -> None:
    usual = {"host": "mail.example", "port": None, "login": "csp", "password": "secret", "extra_dejson": extra}
    found = None if extra is None else SimpleNamespace(**(usual | values))
    monkeypatch.setattr(connections, "connection", lambda _: found)


@pytest.mark.parametrize(
    ("extra", "security", "port"),
    [
        ({}, Security.TLS, 465),  # as Airflow's own hook reads it
        ({"disable_ssl": True}, Security.STARTTLS, 587),
        ({"disable_ssl": "true", "disable_tls": "false"}, Security.STARTTLS, 587),
    ],
)
def test_the_mail_connection_says_where_and_how(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], security: Security, port: int
) -> None:
    given(monkeypatch, extra)

    read = connections.mail(FROM)

    assert read.server is not None
    assert (read.server.host, read.server.port, read.server.security) == ("mail.example", port, security)
    assert "secret" not in repr(read)


def test_a_catcher_in_the_same_network_needs_no_tls_and_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {"disable_ssl": "true", "disable_tls": "true"}
    given(monkeypatch, plain, host="mailpit", port=1025, login=None, password=None)
    read = connections.mail(FROM)
    assert read.server is not None
    assert (read.server.port, read.server.security) == (1025, Security.PLAIN)

    given(monkeypatch, plain, host="mailpit", port=1025)
    with pytest.raises(BadSetting, match="in the clear"):
        connections.mail(FROM)


@pytest.mark.parametrize(
    ("extra", "host", "told"),
    [
        ({}, None, "smtp_default names no host"),
        ({"timeout": "soon"}, "mail.example", "smtp_default timeout='soon' is no whole number"),
        ({"timeout": -1}, "mail.example", "smtp_default timeout='-1' is no whole number"),
    ],
)
def test_a_slip_in_the_form_is_refused_by_the_name_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], host: str | None, told: str
) -> None:
    given(monkeypatch, extra, host=host)

    with pytest.raises(BadSetting, match=told):
        connections.mail(FROM)


def test_the_sender_of_the_connection_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"from_email": "billing@partner.example"})

    assert connections.mail({}).sender == "billing@partner.example"
    assert connections.mail(FROM).sender == "accounts@partner.example"


def test_without_a_connection_the_command_lines_addresses_count(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, None)

    read = connections.mail({**FROM, "CSP_SMTP_URL": "smtps://other.example"})
    assert read.server is not None
    assert read.server.host == "other.example"
    assert connections.mail({}).server is None
    assert connections.mailbox({}) is None


def test_the_mailbox_connection_is_read_with_its_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"folder": "Bounces"})

    read = connections.mailbox({})

    assert read is not None
    assert (read.folder, read.processed, read.server.port, read.server.security) == (
        "Bounces",
        "Processed",
        993,
        Security.TLS,
    )
