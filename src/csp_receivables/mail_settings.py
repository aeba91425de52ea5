"""Where mail goes out and where bounces come in, as frozen settings.

The command line reads them from addresses (CSP_SMTP_URL, CSP_IMAP_URL); `csp_airflow` makes them from Airflow's
connections. A password is in neither a message nor a representation of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address, HeaderRegistry
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from csp_receivables.settings import PRODUCTION, BadSetting

SECONDS_MAX = 600
PER_MINUTE_MAX = 100_000


class Security(StrEnum):
    """How the way to a server is kept private."""

    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"  # demanded: a server without it gets nothing
    PLAIN = "plain"  # a catcher on this machine, or in the same compose network


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server with who we are there. `authorities`: a file of certificates to trust beside the system's."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30
    authorities: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How letters leave: by which server, from whom, how fast, and where to outside production."""

    server: Server | None = None  # None: nothing can be sent
    sender: str = ""  # the address; bounces come back to it
    sender_name: str = ""
    reply_to: str = ""
    per_minute_max: int = 120
    catch_all: str = ""

    @property
    def domain(self) -> str:
        """The domain of the Message-IDs."""
        return self.sender.rpartition("@")[2] or "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """The mailbox that bounces come to."""

    server: Server
    folder: str = "INBOX"
    processed: str = "Processed"  # read ones are moved there


_SMTP = {"smtps": (Security.TLS, 465), "smtp": (Security.STARTTLS, 587), "smtp+plain": (Security.PLAIN, 25)}
_IMAP = {"imaps": (Security.TLS, 993), "imap": (Security.STARTTLS, 143), "imap+plain": (Security.PLAIN, 143)}


def mail_settings(environment: Mapping[str, str]) -> MailSettings:
    """Read CSP_SMTP_URL, CSP_MAIL_FROM, CSP_MAIL_REPLY_TO, CSP_MAIL_PER_MINUTE and CSP_CATCH_ALL. Raises BadSetting."""
    url = environment.get("CSP_SMTP_URL") or ""
    return with_server(_server("CSP_SMTP_URL", url, _SMTP) if url else None, environment)


def with_server(server: Server | None, environment: Mapping[str, str], sender: str = "") -> MailSettings:
    """The settings around a server that is known already, Airflow's connection for instance. Raises BadSetting.

    `sender` stands in where CSP_MAIL_FROM says nothing.
    """
    given = environment.get("CSP_MAIL_FROM") or sender
    address = _address("CSP_MAIL_FROM", given) if given else None
    if server and not address:
        raise BadSetting("CSP_MAIL_FROM is missing: name who writes, such as 'Accounts <accounts@partner.example>'")
    reply_to, catch_all = (environment.get(name) or "" for name in ("CSP_MAIL_REPLY_TO", "CSP_CATCH_ALL"))
    if catch_all and environment.get("CSP_ENVIRONMENT") == PRODUCTION:
        raise BadSetting("CSP_CATCH_ALL is set in production: notices would count and reach no customer; unset it")
    return MailSettings(
        server=server,
        sender=address.addr_spec if address else "",
        sender_name=address.display_name if address else "",
        reply_to=_address("CSP_MAIL_REPLY_TO", reply_to).addr_spec if reply_to else "",
        per_minute_max=_number("CSP_MAIL_PER_MINUTE", environment.get("CSP_MAIL_PER_MINUTE") or "120", PER_MINUTE_MAX),
        catch_all=_address("CSP_CATCH_ALL", catch_all).addr_spec if catch_all else "",
    )


BOUNCES, SUPPORT = "CSP_IMAP_URL", "CSP_SUPPORT_IMAP_URL"


def mailbox_settings(environment: Mapping[str, str], name: str = BOUNCES) -> MailboxSettings | None:
    """Read CSP_IMAP_URL: imaps://user:password@host/folder?processed=folder; None when it is not set. BadSetting.

    `name` asks for another mailbox: that of support is CSP_SUPPORT_IMAP_URL.
    """
    url = environment.get(name) or ""
    if not url:
        return None
    parts, asked = _split(name, url, _IMAP)
    folder, processed = unquote(parts.path.strip("/")), asked.get("processed", "")
    kept = {name: value for name, value in (("folder", folder), ("processed", processed)) if value}
    return MailboxSettings(server=_server(name, url, _IMAP), **kept)


def checked(server: Server, name: str) -> Server:
    """The server, unless a password would travel in the clear beyond this machine. Raises BadSetting."""
    if server.security is Security.PLAIN and server.password and not _is_here(server.host):
        raise BadSetting(f"{name} would send a password in the clear; use STARTTLS or TLS")
    return server


def _server(name: str, url: str, schemes: Mapping[str, tuple[Security, int]]) -> Server:
    parts, asked = _split(name, url, schemes)
    security, port = schemes[parts.scheme]
    server = Server(
        host=parts.hostname or "",
        port=parts.port or port,
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        timeout_seconds=seconds(f"{name} timeout", asked.get("timeout", "30")),
        authorities=asked.get("ca", ""),
    )
    return checked(server, name)


def _split(name: str, url: str, schemes: Mapping[str, object]) -> tuple[SplitResult, dict[str, str]]:
    usual = f"write {next(iter(schemes))}://user:password@host"
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise BadSetting(f"{name} is no address of a mail server ({', '.join(schemes)}); {usual}")
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if unknown := sorted(set(asked) - {"timeout", "ca", "processed"}):
        raise BadSetting(f"{name} asks for {unknown[0]!r}, which is not known; there are timeout, ca and processed")
    return parts, asked


def _address(name: str, text: str) -> Address:
    header = HeaderRegistry()("to", text)
    found = header.addresses  # type: ignore[attr-defined]
    if len(found) != 1 or header.defects or "@" not in found[0].addr_spec or not found[0].addr_spec.isascii():
        raise BadSetting(f"{name}={text!r} is no mail address; write 'Accounts <accounts@partner.example>'")
    return Address(display_name=found[0].display_name, addr_spec=found[0].addr_spec)


def seconds(name: str, text: str) -> int:
    """How long to wait for a server, as `name` gives it. Raises BadSetting."""
    return _number(name, text, SECONDS_MAX)


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise BadSetting(f"{name}={text!r} is no whole number from 1 to {most}")
    return int(text)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
