"""Hostile mail: whatever a mail is made of, it becomes a request or a reason why not, in bounded time and memory."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.support_mail import DEPTH_MAX, PARTS_MAX, READ_BYTES_MAX, NoRequest, read_request
from csp_receivables.domain.support.requests import SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX


def mail(text: str = "Hello", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    for name, value in ({"From": "Ada <Ada@Customer.example>", "Subject": "Invoice 100"} | headers).items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def nested(levels: int) -> bytes:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels))
    return f"From: a@b.example\nSubject: nested\n{head}Content-Type: text/plain\n\nhello\n".encode()


def test_a_plain_mail_is_read() -> None:
    found = read_request(mail("Why?\n", Message_ID="<1@c.example>", In_Reply_To="<0@p.example>").as_bytes())

    assert (found.sender, found.sender_name, found.subject, found.text) == (
        "ada@customer.example", "Ada", "Invoice 100", "Why?",
    )  # fmt: skip
    assert (found.message_id, found.answers) == ("1@c.example", ("0@p.example",))
    assert not found.is_automatic


@pytest.mark.parametrize("levels", [DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1, 200, 5_000])
def test_nesting_is_bounded(levels: int) -> None:
    try:
        found = read_request(nested(levels))
    except NoRequest as why:
        assert "taken apart" in str(why)
        return
    assert found.subject == "nested"
    assert bool(found.left_out) == (levels > DEPTH_MAX)


def test_of_a_mail_of_fifty_megabytes_only_the_beginning_is_read() -> None:
    big = mail("The question").as_bytes() + b"x" * (50 << 20)

    found = read_request(big)

    assert found.text.startswith("The question")
    assert len(found.text) <= TEXT_LENGTH_MAX
    assert any(f"{READ_BYTES_MAX >> 20} MB" in each for each in found.left_out)


def test_a_thousand_parts_are_bounded() -> None:
    parts = "".join(f"--b\nContent-Type: text/plain\n\n{n}\n" for n in range(1_000))
    raw = f'From: a@b.example\nSubject: many\nContent-Type: multipart/mixed; boundary="b"\n\n{parts}--b--\n'.encode()

    assert any(str(PARTS_MAX) in each for each in read_request(raw).left_out)


@pytest.mark.parametrize("charset", ["nonsense", "base64", "utf-16", "us-ascii", "", "zip", "idna", "x-mac-japanese"])
def test_a_wrong_charset_is_read_as_far_as_it_goes(charset: str) -> None:
    raw = f"From: a@b.example\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n".encode() + "å".encode()

    assert isinstance(read_request(raw).text, str)


def test_a_header_can_not_bring_another_one_along() -> None:
    raw = (
        b"From: =?utf-8?q?Ada=0D=0ABcc=3A_everybody=40example?= <ada@customer.example>\n"
        b"Subject: =?utf-8?b?SGVsbG8NCkJjYzogYWxsQGV4YW1wbGUNCg0KPHNjcmlwdD4=?=\n\nhello\n"
    )
    found = read_request(raw)

    assert "\n" not in found.subject + found.sender_name
    assert "\r" not in found.subject + found.sender_name
    assert found.subject.startswith("Hello Bcc: all@example")


def test_html_is_read_as_text_and_its_script_is_not() -> None:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"] = "a@b.example", "x"
    made.set_content("<style>p{}</style><script>alert(1)</script><p>Our <b>invoice</b></p><p>is wrong", subtype="html")

    assert read_request(made.as_bytes()).text == "Our invoice\nis wrong"


def test_a_zip_bomb_stays_closed() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", b"\0" * (200 << 20))
    made = mail("See the file")
    made.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="../../invoice.zip")

    found = read_request(made.as_bytes())

    assert found.text == "See the file"
    assert [each.size for each in found.attached] == [len(packed.getvalue())]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; owner"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
        {"From": "MAILER-DAEMON@mail.example"},
        {"From": "nobody at all"},
    ],
)
def test_automatic_mail_is_known(headers: dict[str, str]) -> None:
    lines = {"From": "a@b.example", "Subject": "Out of office"} | headers
    raw = "".join(f"{name}: {value}\n" for name, value in lines.items()) + "\nI am away\n"

    assert read_request(raw.encode()).is_automatic
    assert not read_request(mail(Auto_Submitted="no").as_bytes()).is_automatic


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_request_or_a_reason(content: bytes) -> None:
    try:
        found = read_request(content)
    except NoRequest as why:
        assert str(why)
    else:
        assert len(found.subject) <= SUBJECT_LENGTH_MAX
        assert "\0" not in found.subject + found.text
