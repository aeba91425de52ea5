"""Airflow's connections as our own frozen settings: the only place that reads them.

Without the connection the addresses of the command line count (CSP_SMTP_URL, CSP_IMAP_URL).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from csp_receivables.mail_settings import (
    BOUNCES,
    SUPPORT,
    MailboxSettings,
    MailSettings,
    Security,
    Server,
    checked,
    mail_settings,
    mailbox_settings,
    seconds,
    with_server,
)
from csp_receivables.settings import BadSetting

SMTP, IMAP, IMAP_SUPPORT = "smtp_default", "imap_bounces", "imap_support"
_PORTS = {
    SMTP: {Security.TLS: 465, Security.STARTTLS: 587, Security.PLAIN: 25},
    IMAP: {Security.TLS: 993},
    IMAP_SUPPORT: {Security.TLS: 993},
}
IMAP_PORT = 143


def mail(environment: Mapping[str, str] = os.environ) -> MailSettings:
    """Where mail goes out, by the connection `smtp_default`. Raises BadSetting."""
    found = connection(SMTP)
    if found is None:
        return mail_settings(environment)
    extra = found.extra_dejson
    plain, no_tls = (_is_true(extra.get(name)) for name in ("disable_ssl", "disable_tls"))
    security = Security.TLS if not plain else Security.PLAIN if no_tls else Security.STARTTLS
    return with_server(_server(SMTP, found, security), environment, sender=str(extra.get("from_email") or ""))


def mailbox(environment: Mapping[str, str] = os.environ, name: str = IMAP) -> MailboxSettings | None:
    """The mailbox of bounces, by the connection `imap_bounces`; None where there is none. Raises BadSetting.

    `name` asks for another one: that of support is `imap_support`.
    """
    found = connection(name)
    if found is None:
        return mailbox_settings(environment, SUPPORT if name == IMAP_SUPPORT else BOUNCES)
    extra = found.extra_dejson
    is_tls, starttls = _is_true(extra.get("use_ssl", "true")), _is_true(extra.get("starttls"))
    security = Security.TLS if is_tls else Security.STARTTLS if starttls else Security.PLAIN
    named = {name: str(extra[name]) for name in ("folder", "processed") if extra.get(name)}
    return MailboxSettings(server=_server(name, found, security), **named)


def _server(name: str, found: Any, security: Security) -> Server:
    told = f"Airflow's connection {name}"
    if not found.host:
        raise BadSetting(f"{told} names no host; give that of the mail server")
    server = Server(
        host=found.host,
        port=found.port or _PORTS[name].get(security, IMAP_PORT),
        security=security,
        user=found.login or "",
        password=found.password or "",
        timeout_seconds=seconds(f"{told} timeout", str(found.extra_dejson.get("timeout") or 30)),
        authorities=str(found.extra_dejson.get("ca") or ""),
    )
    return checked(server, told)


def connection(name: str) -> Any:
    """Airflow's connection of this id, or None where there is none."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        return Connection.get(name)
    except (AirflowNotFoundException, AirflowRuntimeError):
        return None


def _is_true(value: Any) -> bool:
    """Extras that came through an address are text."""
    return str(value).strip().lower() in ("true", "1", "yes")
