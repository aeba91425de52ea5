"""Mail settings from the environment: what is wrong is told with its name and a remedy, never with a password."""

from __future__ import annotations

import pytest

from csp_receivables.mail_settings import Security, mail_settings, mailbox_settings
from csp_receivables.settings import BadSetting

FROM = {"CSP_MAIL_FROM": "Partner AB <accounts@partner.example>"}


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "user"),
    [
        ("smtp://ada:s%40crt@mail.example", "mail.example", 587, Security.STARTTLS, "ada"),
        ("smtps://mail.example:4650", "mail.example", 4650, Security.TLS, ""),
        ("smtp+plain://127.0.0.1:1025", "127.0.0.1", 1025, Security.PLAIN, ""),
        ("smtp+plain://ada:x@localhost", "localhost", 25, Security.PLAIN, "ada"),
    ],
)
def test_an_address_says_where_and_how(url: str, host: str, port: int, security: Security, user: str) -> None:
    read = mail_settings({"CSP_SMTP_URL": url, **FROM})

    assert read.server is not None
    assert (read.server.host, read.server.port, read.server.security, read.server.user) == (host, port, security, user)
    assert (read.sender, read.sender_name, read.domain) == ("accounts@partner.example", "Partner AB", "partner.example")
    assert "s@crt" not in repr(read)


def test_without_an_address_nothing_can_be_sent() -> None:
    assert mail_settings({}).server is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"CSP_SMTP_URL": "mail.example"}, "CSP_SMTP_URL is no address"),
        ({"CSP_SMTP_URL": "http://ada:secret@mail.example"}, "CSP_SMTP_URL is no address"),
        ({"CSP_SMTP_URL": "smtp://ada:secret@mail.example:99999"}, "CSP_SMTP_URL is no address"),
        ({"CSP_SMTP_URL": "smtp+plain://ada:secret@mail.example"}, "in the clear"),
        ({"CSP_SMTP_URL": "smtp://ada:secret@mail.example?tls=no"}, "'tls', which is not known"),
        ({"CSP_SMTP_URL": "smtp://ada:secret@mail.example?timeout=0"}, "from 1 to 600"),
        ({"CSP_MAIL_FROM": "", "CSP_SMTP_URL": "smtp://mail.example"}, "CSP_MAIL_FROM is missing"),
        ({"CSP_MAIL_FROM": "Partner AB"}, "is no mail address"),
        ({"CSP_MAIL_FROM": "a@x.example, b@x.example"}, "is no mail address"),
        ({"CSP_CATCH_ALL": "nobody"}, "is no mail address"),
        ({"CSP_CATCH_ALL": "c@x.example", "CSP_ENVIRONMENT": "production"}, "would count and reach no customer"),
        ({"CSP_MAIL_PER_MINUTE": "0"}, "from 1 to"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_without_its_password(given: dict[str, str], told: str) -> None:
    with pytest.raises(BadSetting, match=told) as refusal:
        mail_settings({**FROM, **given})

    assert "secret" not in str(refusal.value)


def test_a_mailbox_is_told_with_its_folders() -> None:
    read = mailbox_settings({"CSP_IMAP_URL": "imaps://ada:secret@mail.example/Bounces?processed=Read"})

    assert read is not None
    assert (read.folder, read.processed, read.server.port) == ("Bounces", "Read", 993)
    assert mailbox_settings({}) is None
