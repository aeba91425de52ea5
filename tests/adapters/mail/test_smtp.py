"""Handing letters to a real mail server: every reply code at every verb, and connections that break at every place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from csp_receivables.adapters.mail.smtp import LETTERS_PER_CONNECTION_MAX, SmtpConversation
from csp_receivables.domain.outbox.replies import HandOver, Outcome, Verb
from csp_receivables.mail_settings import Security, Server
from tests.mail_server import ACCEPT_AND_DROP, DROP, MailServer, certificate, mail_server
from tests.ports import free_port

LETTER = b"Subject: Reminder\r\n\r\nHello\r\n.leading dot\r\n"
CODES = ["421", "450", "451", "452", "500", "501", "503", "521", "530", "550", "551", "552", "553", "554", "555"]


def at(port: int, security: Security = Security.PLAIN, **given: object) -> Server:
    return replace(Server(host="127.0.0.1", port=port, security=security, timeout_seconds=5), **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def fresh(server: MailServer) -> MailServer:
    server.accepted.clear()
    server.replies.clear()
    server.refused_addresses.clear()
    return server


def hand_over(conversation: SmtpConversation, letter: bytes = LETTER, to: str = "a@customer.example") -> HandOver:
    return conversation.hand_over("accounts@partner.example", to, letter, "0123abcd")


def once(server: MailServer, **given: object) -> HandOver:
    conversation = SmtpConversation(at(server.port, **given))  # type: ignore[arg-type]
    try:
        return hand_over(conversation)
    finally:
        conversation.close()


def test_an_accepted_letter_arrives_as_it_was(fresh: MailServer) -> None:
    said = once(fresh)

    assert (said.outcome, said.verb, said.code, said.enhanced) == (Outcome.ACCEPTED, Verb.CONTENT, 250, "2.0.0")
    assert [each.content for each in fresh.accepted] == [LETTER]
    assert fresh.accepted[0].recipients == ["a@customer.example"]


EXPECTED = {  # by verb: which codes mean something else than "refused us" (5xx); every 4xx is tried later
    "MAIL": {"552": Outcome.REFUSED_MESSAGE},
    "RCPT": dict.fromkeys(["501", "521", "550", "551", "553"], Outcome.REFUSED_ADDRESS)
    | {"552": Outcome.TRY_LATER, "554": Outcome.REFUSED_MESSAGE},
    "DATA": dict.fromkeys(["501", "521", "550", "551", "552", "553", "554"], Outcome.REFUSED_MESSAGE),
    "CONTENT": dict.fromkeys([code for code in CODES if code[0] == "5"], Outcome.REFUSED_MESSAGE),
}


@pytest.mark.parametrize("verb", EXPECTED)
@pytest.mark.parametrize("code", CODES)
def test_every_reply_code_at_every_verb_means_one_thing(fresh: MailServer, verb: str, code: str) -> None:
    fresh.replies[verb] = [f"{code} so it is"]

    said = once(fresh)

    expected = Outcome.TRY_LATER if code[0] == "4" else EXPECTED[verb].get(code, Outcome.REFUSED_US)
    assert (said.outcome, said.code) == (expected, int(code)), f"{verb} {code}"
    assert fresh.accepted == []


@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("RCPT", "550 5.1.1 <a@customer.example> unknown", Outcome.REFUSED_ADDRESS),
        ("RCPT", "554 5.7.1 relay access denied", Outcome.REFUSED_MESSAGE),
        ("RCPT", "552 5.2.2 mailbox full", Outcome.REFUSED_ADDRESS),
        ("RCPT", "450 4.2.0 greylisted", Outcome.TRY_LATER),
        ("CONTENT", "550 5.1.1 no such user after all", Outcome.REFUSED_ADDRESS),
        ("CONTENT", "552 5.3.4 too large", Outcome.REFUSED_MESSAGE),
        ("CONTENT", "550 5.7.1 looks like spam", Outcome.REFUSED_MESSAGE),
        ("CONTENT", "354 what?", Outcome.IN_DOUBT),
        ("CONTENT", "no reply at all", Outcome.IN_DOUBT),
        ("DATA", "250 no 354", Outcome.TRY_LATER),
        ("DATA", "nonsense", Outcome.TRY_LATER),
    ],
)
def test_what_is_said_beyond_the_code_counts(fresh: MailServer, verb: str, reply: str, expected: Outcome) -> None:
    fresh.replies[verb] = [reply]

    said = once(fresh)

    assert said.outcome is expected
    assert "customer.example" not in str(said)  # what is kept for ever holds no address


@pytest.mark.parametrize(
    ("verb", "reply", "expected", "taken"),
    [
        ("EHLO", DROP, Outcome.TRY_LATER, 0),
        ("MAIL", DROP, Outcome.TRY_LATER, 0),
        ("RCPT", DROP, Outcome.TRY_LATER, 0),
        ("DATA", DROP, Outcome.TRY_LATER, 0),
        ("DATA", "354 drop", None, 0),  # by chance of the net: before the dot left, or after it
        ("CONTENT", DROP, Outcome.IN_DOUBT, 0),
        ("CONTENT", ACCEPT_AND_DROP, Outcome.IN_DOUBT, 1),
    ],
)
def test_a_connection_that_breaks_is_in_doubt_from_the_last_dot_on(
    fresh: MailServer, verb: str, reply: str, expected: Outcome | None, taken: int
) -> None:
    fresh.replies[verb] = [reply]

    said = once(fresh)

    assert said.outcome is expected or (expected is None and said.outcome in (Outcome.TRY_LATER, Outcome.IN_DOUBT))
    assert said.code is None
    assert len(fresh.accepted) == taken


def test_nobody_at_the_port_is_tried_later() -> None:
    said = hand_over(SmtpConversation(at(free_port())))

    assert (said.outcome, said.verb) == (Outcome.TRY_LATER, Verb.CONNECT)


def test_letters_share_a_connection_and_a_refusal_does_not_end_it(fresh: MailServer) -> None:
    fresh.connections = 0
    fresh.refused_addresses["gone@customer.example"] = "550 5.1.1 unknown"
    conversation = SmtpConversation(at(fresh.port))

    said = [hand_over(conversation, to=to).outcome for to in ("a@x.example", "gone@customer.example", "b@x.example")]
    conversation.close()

    assert said == [Outcome.ACCEPTED, Outcome.REFUSED_ADDRESS, Outcome.ACCEPTED]
    assert fresh.connections == 1


def test_a_server_that_left_between_two_letters_is_asked_once_more(fresh: MailServer) -> None:
    conversation = SmtpConversation(at(fresh.port))
    assert hand_over(conversation).outcome is Outcome.ACCEPTED
    fresh.replies["MAIL"] = [DROP]

    assert hand_over(conversation).outcome is Outcome.ACCEPTED
    conversation.close()
    assert len(fresh.accepted) == 2


def test_after_some_letters_a_new_connection_is_made(fresh: MailServer) -> None:
    fresh.connections = 0
    conversation = SmtpConversation(at(fresh.port))

    for _ in range(LETTERS_PER_CONNECTION_MAX + 1):
        hand_over(conversation)
    conversation.close()

    assert fresh.connections == 2


def test_a_login_is_made_and_a_wrong_one_refuses_everything() -> None:
    with mail_server(login=("csp", "secret")) as running:
        good = once(running, user="csp", password="secret")
        wrong = once(running, user="csp", password="guess")

    assert good.outcome is Outcome.ACCEPTED
    assert (wrong.outcome, wrong.verb, wrong.code) == (Outcome.REFUSED_US, Verb.LOGIN, 535)


def test_starttls_and_tls_are_verified(tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path)
    with mail_server(starttls=context) as upgraded, mail_server(tls=context) as from_the_start:
        for running, security in ((upgraded, Security.STARTTLS), (from_the_start, Security.TLS)):
            known = once(running, security=security, authorities=str(trusted))
            stranger = once(running, security=security)

            assert known.outcome is Outcome.ACCEPTED, security
            assert (stranger.outcome, stranger.verb) == (Outcome.REFUSED_US, Verb.TLS), security
            assert len(running.accepted) == 1


def test_a_server_without_starttls_gets_nothing(fresh: MailServer) -> None:
    said = once(fresh, security=Security.STARTTLS)

    assert (said.outcome, said.verb) == (Outcome.REFUSED_US, Verb.TLS)
    assert fresh.accepted == []


def test_an_address_beyond_ascii_is_told_to_a_server_that_takes_it(fresh: MailServer) -> None:
    conversation = SmtpConversation(at(fresh.port))
    said = [hand_over(conversation, to=to).outcome for to in ("förnamn@customer.example", "a@customer.example")]
    conversation.close()

    assert said == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert [each.recipients for each in fresh.accepted] == [["förnamn@customer.example"], ["a@customer.example"]]


def test_where_the_server_takes_no_such_address_it_is_refused_and_the_next_is_not() -> None:
    with mail_server(utf8=False) as running:
        conversation = SmtpConversation(at(running.port))
        refused, taken = (hand_over(conversation, to=to) for to in ("förnamn@customer.example", "a@customer.example"))
        conversation.close()

    assert (refused.outcome, refused.verb, refused.code) == (Outcome.REFUSED_ADDRESS, Verb.TO, None)
    assert "SMTPUTF8" in refused.said
    assert taken.outcome is Outcome.ACCEPTED
