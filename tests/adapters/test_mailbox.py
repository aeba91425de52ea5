"""Reading the mailbox of bounces from a real IMAP server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from csp_receivables.adapters.bounce_reading import READ_BYTES_MAX
from csp_receivables.adapters.mailbox import ImapMailbox, MailboxFailed
from csp_receivables.mail_settings import Security
from tests.bounce_mails import ANSWER, dsn
from tests.imap_server import ImapServer, imap_server
from tests.mail_server import certificate
from tests.ports import free_port

OURS = f"{'0123456789abcdef' * 2}@partner.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    folder = tmp_path_factory.mktemp("imap")
    certificate(folder)
    with imap_server(folder, (folder / "server.pem", folder / "key.pem")) as running:
        yield running


@pytest.fixture(scope="module")
def trusted(server: ImapServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(next(tmp_path_factory.getbasetemp().glob("imap*/server.pem")))


def test_what_is_new_is_read_once_and_put_away(server: ImapServer, trusted: str) -> None:
    server.put("Once", dsn(OURS), ANSWER)
    mailbox, read = ImapMailbox(server.settings("Once", Security.STARTTLS, trusted)), list[bytes]()

    assert (mailbox.read(read.append), mailbox.read(read.append)) == (2, 0)

    assert [mail.replace(b"\r\n", b"\n") for mail in read] == [dsn(OURS), ANSWER]
    assert (server.count("Once"), server.count("Once read")) == (0, 2)


def test_a_mail_that_can_not_be_kept_stays_and_is_read_another_time(server: ImapServer, trusted: str) -> None:
    server.put("Stays", dsn(OURS), ANSWER)
    mailbox = ImapMailbox(server.settings("Stays", Security.STARTTLS, trusted))

    def fails(_: bytes) -> None:
        raise RuntimeError("the ledger is away")

    with pytest.raises(RuntimeError, match="the ledger is away"):
        mailbox.read(fails)

    assert (server.count("Stays", "UNSEEN"), server.count("Stays read")) == (2, 0)
    assert mailbox.read(lambda _: None) == 2


def test_of_a_huge_mail_only_the_beginning_is_fetched(server: ImapServer, trusted: str) -> None:
    server.put("Huge", dsn(OURS) + b"x" * (2 * READ_BYTES_MAX))
    read: list[bytes] = []

    ImapMailbox(server.settings("Huge", Security.STARTTLS, trusted)).read(read.append)

    assert [len(mail) for mail in read] == [READ_BYTES_MAX]


def test_an_unknown_certificate_a_wrong_password_and_nobody_at_the_port_are_told(
    server: ImapServer, trusted: str
) -> None:
    good = server.settings("Once", Security.STARTTLS, trusted)
    for wrong, told in (
        (replace(good, server=replace(good.server, authorities="")), "certificate"),
        (replace(good, server=replace(good.server, password="guess")), "[Ii]nvalid|AUTHENTICATIONFAILED"),
        (replace(good, server=replace(good.server, port=free_port())), "refused"),
        (replace(good, folder="Nowhere"), "no folder 'Nowhere'"),
    ):
        with pytest.raises(MailboxFailed, match=told) as failure:
            ImapMailbox(wrong).read(lambda _: None)
        assert "guess" not in str(failure.value)
