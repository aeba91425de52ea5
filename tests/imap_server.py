"""A real IMAP server on loopback for tests (pymap, its mailboxes in memory)."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csp_airflow.local import processes
from csp_receivables.mail_settings import MailboxSettings, Security, Server
from tests.ports import free_port

USER, PASSWORD = "demouser", "demopass"
SECONDS_TO_START = 60.0


@dataclass(frozen=True)
class ImapServer:
    """Where it listens. `Sent` begins with mails of its own; a folder that a test makes begins empty."""

    port: int

    def settings(self, folder: str, security: Security = Security.PLAIN, authorities: str = "") -> MailboxSettings:
        server = Server(
            host="127.0.0.1",
            port=self.port,
            security=security,
            user=USER,
            password=PASSWORD,
            timeout_seconds=20,
            authorities=authorities,
        )
        return MailboxSettings(server=server, folder=folder, processed=f"{folder} read")

    def put(self, folder: str, *mails: bytes) -> None:
        """Deliver mails to a folder, which is made where it is not there."""
        with self._signed_in() as imap:
            imap.create(f'"{folder}"')
            for mail in mails:
                assert imap.append(f'"{folder}"', None, None, mail.replace(b"\n", b"\r\n"))[0] == "OK"  # type: ignore[arg-type]

    def count(self, folder: str, which: str = "ALL") -> int:
        with self._signed_in() as imap:
            if imap.select(f'"{folder}"', readonly=True)[0] != "OK":
                return 0
            return len((imap.search(None, which)[1][0] or b"").split())

    @contextmanager
    def _signed_in(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=20) as imap:
            imap.login(USER, PASSWORD)
            yield imap


@contextmanager
def imap_server(folder: Path, tls: tuple[Path, Path] | None = None) -> Iterator[ImapServer]:
    """A server for the length of the block; with `tls` (certificate, key) it can be asked for STARTTLS."""
    port = free_port()
    secured = ["--cert", str(tls[0]), "--key", str(tls[1])] if tls else ["--no-tls"]
    services = ["--no-service", "managesieve", "--no-service", "admin"]
    command = [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "imap.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *secured, *services, "dict", "--demo-data"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        assert processes._wait(lambda: _listens(port), SECONDS_TO_START), (folder / "imap.log").read_text()
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
