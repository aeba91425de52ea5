"""A letter as bytes: what every mail program reads, the same bytes for the same letter."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP, default

import pytest

from csp_receivables.adapters.mail.mime import mail_bytes
from tests.letters import content, letter, mail


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert mail_bytes(letter(), "faktura@kund.example", mail()) == mail_bytes(letter(), "faktura@kund.example", mail())


def test_it_reads_as_text_as_html_and_with_its_attachment() -> None:
    read = message_from_bytes(mail_bytes(letter(), "faktura@kund.example", mail()), policy=default)

    assert read["Subject"] == "Påminnelse: faktura 100"
    assert read["From"] == "Partner AB <accounts@partner.example>"
    assert read["To"].addresses[0].display_name == "Ekonomi, Åsa"  # type: ignore[attr-defined]
    assert read["Date"].datetime.isoformat() == "2026-11-02T09:00:00+00:00"  # type: ignore[attr-defined]
    assert read["Message-ID"] == "<0123456789abcdef@partner.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Content-Language"] == "sv"
    assert read.get_body(("plain",)).get_content().splitlines() == ["Hej!", ".", "Dags att betala."]  # type: ignore[attr-defined]
    assert read.get_body(("html",)).get_content().strip() == "<p>Hej å ä ö</p>"  # type: ignore[attr-defined]
    (attached,) = read.iter_attachments()  # type: ignore[attr-defined]
    assert (attached.get_filename(), attached.get_content()) == ("kontoutdrag.pdf", b"%PDF-1.7 \x00\xff")
    assert not [part.defects for part in read.walk() if part.defects]


def test_the_content_is_seven_bit_with_short_lines_that_end_in_cr_lf() -> None:
    long = "räkning " * 400
    made = mail_bytes(letter(content=content(text=long, subject=long[:300])), "a@kund.example", mail())

    assert made.isascii()
    assert made.count(b"\n") == made.count(b"\r\n")
    assert max(map(len, made.split(b"\r\n"))) <= 998


def test_a_notice_offers_no_unsubscribing() -> None:
    assert b"unsubscribe" not in mail_bytes(letter(), "a@kund.example", mail()).lower()


@pytest.mark.parametrize("field", ["subject"])
def test_no_text_can_add_a_header(field: str) -> None:
    made = mail_bytes(letter(content=content(subject="Hello\r\nBcc: all@kund.example")), "a@kund.example", mail())

    read = message_from_bytes(made, policy=SMTP)
    assert read["Bcc"] is None
    assert read["Subject"] == "Hello Bcc: all@kund.example"


def test_a_redirected_letter_names_the_catch_all_and_whom_it_was_meant_for() -> None:
    read = message_from_bytes(mail_bytes(letter(), "catch@partner.example", mail()), policy=default)

    assert read["To"] == "catch@partner.example"
    assert read["X-Meant-For"] == "faktura@kund.example"


def test_letters_beyond_ascii_in_a_domain_become_what_the_net_knows() -> None:
    made = mail_bytes(letter(recipient="a@båt.example"), "a@båt.example", mail())

    assert message_from_bytes(made, policy=default)["To"].addresses[0].addr_spec == "a@xn--bt-yia.example"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("of_the_house", "of_the_letter", "expected"),
    [
        ("", "invoices@partner.example", "invoices@partner.example"),
        ("desk@partner.example", "invoices@partner.example", "desk@partner.example"),
        ("", "", None),
    ],
)
def test_questions_go_to_the_desk_for_invoices_unless_the_house_names_another_address(
    of_the_house: str, of_the_letter: str, expected: str | None
) -> None:
    asked = letter(content=content(reply_to=of_the_letter))
    read = message_from_bytes(
        mail_bytes(asked, "a@kund.example", replace(mail(), reply_to=of_the_house)), policy=default
    )

    assert read["Reply-To"] == expected


def test_an_address_beyond_ascii_stands_in_the_headers_as_it_is() -> None:
    made = mail_bytes(letter(recipient="förnamn@båt.example"), "förnamn@båt.example", mail())
    read = message_from_bytes(made, policy=default)

    assert "förnamn@xn--bt-yia.example".encode() in made
    assert read["Subject"] == "Påminnelse: faktura 100"
    assert b"\xc3" not in made.split(b"\r\n\r\n", 1)[1]  # the content itself stays 7-bit


def test_a_redirected_letter_stays_ascii_whomever_it_was_meant_for() -> None:
    made = mail_bytes(letter(recipient="förnamn@båt.example"), "catch@partner.example", mail())

    assert made.isascii()
    assert message_from_bytes(made, policy=default)["X-Meant-For"] == "förnamn@xn--bt-yia.example"
