"""A real mail server on loopback for tests: it records what it accepted, and misbehaves on demand.

`replies` says what it answers to a verb ("MAIL", "RCPT", "DATA" or "CONTENT"), once for each entry, then as usual;
"drop" ends the connection instead, "accept and drop" takes the message and ends it before the answer, "accept and fall
silent" takes it and answers too late for an impatient client.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.ports import free_port

DROP, ACCEPT_AND_DROP, ACCEPT_AND_FALL_SILENT = "drop", "accept and drop", "accept and fall silent"
SILENT_SECONDS = 1.0


@dataclass
class Accepted:
    """One message that the server took."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """What a test sees of the server. `record`: a file to which the Message-ID of each accepted letter is appended."""

    port: int
    accepted: list[Accepted] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused_addresses: dict[str, str] = field(default_factory=dict)
    refused_letters: dict[str, str] = field(default_factory=dict)  # after their content, by recipient
    connections: int = 0
    on_data: Any = None  # called before a letter is taken

    def next_reply(self, verb: str) -> str:
        return self.replies[verb].pop(0) if self.replies[verb] else ""

    @property
    def message_ids(self) -> list[str]:
        return [str(each.mail["Message-ID"]) for each in self.accepted]

    def sent_to(self, address: str) -> list[str]:
        return [str(each.mail["Subject"]) for each in self.accepted if each.recipients == [address]]


class _Misbehaving(SMTP):
    """An SMTP server whose answers a test may set."""

    test: MailServer

    async def smtp_MAIL(self, arg: str) -> None:
        await self._answer("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:
        await self._answer("RCPT", super().smtp_RCPT, arg)

    async def smtp_EHLO(self, arg: str) -> None:
        await self._answer("EHLO", super().smtp_EHLO, arg)

    async def smtp_HELO(self, arg: str) -> None:
        await self._answer("HELO", super().smtp_HELO, arg)

    async def smtp_DATA(self, arg: str) -> None:
        reply = self.test.next_reply("DATA")
        if reply == "354 drop":
            await self.push("354 go ahead")
            self.transport.abort()
        elif reply == DROP:
            self.transport.abort()
        elif reply:
            await self.push(reply)
        else:
            await super().smtp_DATA(arg)

    async def _answer(self, verb: str, usual: Any, arg: str) -> None:
        reply = self.test.next_reply(verb)
        if reply == DROP:
            self.transport.abort()
        elif reply:
            await self.push(reply)
        else:
            await usual(arg)


class _Handler:
    def __init__(self, test: MailServer) -> None:
        self.test = test

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.test.refused_addresses:
            return self.test.refused_addresses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.test.next_reply("CONTENT") or self.test.refused_letters.get(envelope.rcpt_tos[0], "")
        if self.test.on_data:
            await asyncio.get_running_loop().run_in_executor(None, self.test.on_data)
        if reply in ("", ACCEPT_AND_DROP, ACCEPT_AND_FALL_SILENT):
            assert isinstance(envelope.content, bytes)
            self.test.accepted.append(Accepted(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        if reply in (DROP, ACCEPT_AND_DROP):
            server.transport.abort()
        if reply == ACCEPT_AND_FALL_SILENT:
            await asyncio.sleep(SILENT_SECONDS)
            return "250 2.0.0 OK, too late"
        return reply or "250 2.0.0 OK queued"


class _Controller(Controller):
    def __init__(self, test: MailServer, **options: Any) -> None:
        self.test = test
        super().__init__(_Handler(test), hostname="127.0.0.1", port=test.port, **options)

    def factory(self) -> SMTP:
        server = _Misbehaving(self.handler, **self.SMTP_kwargs)
        server.test = self.test
        self.test.connections += 1
        return server

    def _trigger_server(self) -> None:
        super()._trigger_server()
        self.test.connections = 0  # the controller looks whether it answers


@contextmanager
def mail_server(
    *,
    login: tuple[str, str] | None = None,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    utf8: bool = True,
) -> Iterator[MailServer]:
    """A server for the length of the block."""
    test = MailServer(port=free_port())
    options: dict[str, Any] = {"data_size_limit": 50_000_000, "enable_SMTPUTF8": utf8}
    if login:
        options["authenticator"] = lambda *given: AuthResult(success=_is(given[-1], login), handled=False)
        options |= {"auth_required": True, "auth_require_tls": False}
    if starttls:
        options |= {"tls_context": starttls, "require_starttls": True}
    controller = _Controller(test, ssl_context=tls, **options)
    controller.start()
    try:
        yield test
    finally:
        controller.stop(no_assert=True)


def _is(given: Any, login: tuple[str, str]) -> bool:
    return (given.login.decode(), given.password.decode()) == login


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a certificate of its own for localhost, and the file that makes it trusted."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "server.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    private.write_bytes(key.private_bytes(pem, traditional, no_password))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
