"""Reading one support mail with bounds: whatever it is made of, it becomes a `Request` or a reason why not.

Attachments are named, measured and digested, and never opened: a zip bomb stays a zip. HTML is read as text; nothing of
it is kept. What the standard library's parser trips over is a mail that can't be read, not a crash.
"""

from __future__ import annotations

import email.policy
import hashlib
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

from csp_receivables.domain.findings import kept
from csp_receivables.domain.outbox.letters import is_deliverable
from csp_receivables.domain.support.requests import (
    SUBJECT_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    Attached,
    Channel,
    Request,
)

READ_BYTES_MAX = 2 << 20  # of a mail; its text stands before what is attached
PARTS_MAX = 100
DEPTH_MAX = 8
IDS_MAX = 50
_NAME_LENGTH_MAX = 120
_ROBOTS = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@")
_AUTOMATIC_PRECEDENCE = ("bulk", "junk", "list", "auto_reply")
_UNSEEN = {"script", "style", "head", "title", "template"}
_ENDS_LINE = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table"}


class NoRequest(ValueError):
    """The mail can't be read as a request; the message says why."""


def read_request(content: bytes) -> Request:
    """The request that a mail is. Raises NoRequest."""
    digest = hashlib.sha256(content).hexdigest()
    try:
        return _request(message_from_bytes(content[:READ_BYTES_MAX], policy=email.policy.compat32), content, digest)
    except NoRequest:
        raise
    except Exception as error:  # any mail may come: what the parser trips over must not stop the next
        raise NoRequest(f"it can't be taken apart ({type(error).__name__})") from None


def _request(mail: Message, content: bytes, digest: str) -> Request:
    if not mail.keys():
        raise NoRequest("it has no headers")
    parts, left_out = _parts(mail)
    if len(content) > READ_BYTES_MAX:
        left_out.append(f"only the first {READ_BYTES_MAX >> 20} MB were read")
    text = _text_of(parts)
    if len(text) > TEXT_LENGTH_MAX:
        left_out.append(f"only the first {TEXT_LENGTH_MAX} characters are kept")
    sender, name = _sender(mail)
    return Request(
        channel=Channel.MAIL,
        message_id=_one_line(_header(mail, "Message-ID")).strip("<> ")[:SUBJECT_LENGTH_MAX] or digest,
        answers=_answered(mail),
        sender=sender,
        sender_name=name,
        subject=_one_line(_header(mail, "Subject"))[:SUBJECT_LENGTH_MAX],
        text=text[:TEXT_LENGTH_MAX],
        is_automatic=_is_automatic(mail, sender),
        attached=tuple(_attached(part) for part in parts if _is_attached(part)),
        left_out=tuple(left_out),
    )


def _parts(mail: Message) -> tuple[list[Message], list[str]]:
    """The parts without parts of their own, within bounds, and what that leaves out."""
    found: list[Message] = []
    left_out: list[str] = []
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    while waiting:
        part, depth = waiting.pop(0)
        inner = part.get_payload() if part.is_multipart() else None  # else the library decodes it, and may fail
        if not isinstance(inner, list):
            found.append(part)
        elif depth >= DEPTH_MAX:
            left_out.append(f"parts deeper than {DEPTH_MAX} levels were not read")
        else:
            waiting[:0] = [(each, depth + 1) for each in inner if isinstance(each, Message)]
        if len(found) >= PARTS_MAX and waiting:
            left_out.append(f"only the first {PARTS_MAX} parts were read")
            break
    return found, list(dict.fromkeys(left_out))


def _is_attached(part: Message) -> bool:
    return part.get_content_maintype() != "text" or bool(part.get_filename())


def _text_of(parts: list[Message]) -> str:
    shown = [part for part in parts if not _is_attached(part)]
    plain = [part for part in shown if part.get_content_subtype() != "html"]
    if plain and (text := "\n\n".join(map(_decoded, plain)).strip()):
        return kept(text)
    return kept("\n\n".join(_seen(_decoded(part)) for part in shown if part not in plain).strip())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload[:READ_BYTES_MAX] if isinstance(payload, bytes) else b""
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is no text (base64, zip)
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _attached(part: Message) -> Attached:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    return Attached(
        name=_one_line(_unfolded(part.get_filename() or "unnamed"))[:_NAME_LENGTH_MAX],
        kind=part.get_content_type()[:_NAME_LENGTH_MAX],
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _sender(mail: Message) -> tuple[str, str]:
    named = getaddresses([_header(mail, "Reply-To") or _header(mail, "From"), _header(mail, "From")])
    name, address = next(((n, a) for n, a in named if is_deliverable(a.lower())), ("", ""))
    return address.lower(), _one_line(name)[:_NAME_LENGTH_MAX]


def _answered(mail: Message) -> tuple[str, ...]:
    named = f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}".replace("<", " <").split()
    return tuple(dict.fromkeys(each.strip("<>")[:SUBJECT_LENGTH_MAX] for each in named))[:IDS_MAX]


def _is_automatic(mail: Message, sender: str) -> bool:
    """By RFC 3834 and the headers that were usual before it."""
    submitted = _header(mail, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _header(mail, "Precedence").strip().lower()
    marked = any(mail[name] is not None for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    returned = _header(mail, "Return-Path").strip() == "<>" or mail.get_content_type() == "multipart/report"
    robot = not sender or sender.startswith(_ROBOTS)
    return submitted not in ("", "no") or precedence in _AUTOMATIC_PRECEDENCE or marked or returned or robot


def _header(mail: Message, name: str) -> str:
    return _unfolded(str(mail[name] or ""))


def _unfolded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _one_line(text: str) -> str:
    return kept(" ".join("".join(sign if sign.isprintable() else " " for sign in text).split()))


def _seen(html: str) -> str:
    reader = _Seen()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.told).splitlines())
    return "\n".join(line for line in lines if line)


class _Seen(HTMLParser):
    """What a person would see of HTML, roughly: its text, a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's
        self._hidden += tag in _UNSEEN
        if tag in _ENDS_LINE:
            self.told.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(self._hidden - (tag in _UNSEEN), 0)
        if tag in _ENDS_LINE:
            self.told.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.told.append(data)
