"""Reading one bounce: a report on delivery (RFC 3464), however its sender's server writes it.

Our message is known by the Message-ID in what is returned of it, or by the envelope id that we gave the first server.
Anybody can send mail to the mailbox of bounces, so nothing in it is believed but that one message of ours came back.
"""

from __future__ import annotations

import email.policy
import hashlib
import re
from collections.abc import Iterable
from email import message_from_bytes
from email.message import Message

from csp_receivables.domain.outbox.bounces import Bounce, NoBounce, Returned

READ_BYTES_MAX = 1 << 20  # reports stand before what they return; a letter with attachments may follow
SAID_LENGTH_MAX = 300
_OURS = re.compile(r"<?\b([0-9a-f]{32})@([\w.-]+)>?")
_ENVELOPE_ID = re.compile(r"\b([0-9a-f]{32})\b")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_FROM_A_ROBOT = re.compile(r"mailer-daemon|postmaster|mail delivery", re.IGNORECASE)


def read_bounce(content: bytes) -> tuple[Bounce, ...]:
    """What the mail reports, one for each recipient. Raises NoBounce."""
    digest = hashlib.sha256(content).hexdigest()
    mail = message_from_bytes(content[:READ_BYTES_MAX], policy=email.policy.compat32)
    reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    if not reports:
        return (_without_report(mail, digest),)
    blocks = [block for report in reports for block in _blocks(report)]
    message_id = _returned_id(mail) or _envelope_id(blocks)
    if not message_id:
        raise NoBounce("a report on the delivery of a message that is not ours, or can't be told")
    found = [_bounce(block, message_id, digest) for block in blocks if block["Action"] or block["Status"]]
    if not found:
        raise NoBounce("a report on delivery that says nothing of any recipient")
    return tuple(found)


def _bounce(block: Message, message_id: str, digest: str) -> Bounce:
    status = _STATUS.search(str(block["Status"] or ""))
    code = status.group(0) if status else ""
    action = str(block["Action"] or "").strip().lower()
    said = _said(str(block["Diagnostic-Code"] or block["Status"] or ""))
    returned = Returned(action) if action in set(Returned) else _by_status(code)
    return Bounce(message_id=message_id, returned=returned, status=code, said=said, digest=digest)


def _by_status(code: str) -> Returned:
    return {"2": Returned.DELIVERED, "4": Returned.DELAYED}.get(code[:1], Returned.FAILED)


def _without_report(mail: Message, digest: str) -> Bounce:
    """A robot's note that returns our message without a report that a program can read."""
    robot = _FROM_A_ROBOT.search(f"{mail['From'] or ''} {mail['Subject'] or ''}") or mail["X-Failed-Recipients"]
    if not robot:
        raise NoBounce("a letter that somebody wrote, or an absence note: no report on a delivery")
    message_id = _returned_id(mail) or _id_in(_texts(mail))
    if not message_id:
        raise NoBounce("a robot's note about a message that is not ours, or can't be told")
    text = " ".join(_texts(mail))
    status = _STATUS.search(text)
    code = status.group(0) if status else ""
    said = _said(str(mail["Subject"] or ""))
    returned = Returned.DELAYED if code.startswith("4") else Returned.FAILED
    return Bounce(message_id=message_id, returned=returned, status=code, said=said, digest=digest)


def _blocks(report: Message) -> Iterable[Message]:
    payload = report.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    parts = re.split(r"\r?\n\r?\n", str(payload))  # a report that the parser took for plain text
    return [message_from_bytes(part.encode("utf-8", "replace")) for part in parts if part.strip()]


def _returned_id(mail: Message) -> str:
    """Our Message-ID as what is returned, or what the note answers, has it."""
    for part in mail.walk():
        kind = part.get_content_type()
        if part is not mail and (found := _id_in([str(part["Message-ID"] or "")])):
            return found
        if kind in ("text/rfc822-headers", "message/rfc822-headers") and (found := _id_in([_text(part)])):
            return found
    return _id_in([str(mail["In-Reply-To"] or ""), str(mail["References"] or "")])


def _envelope_id(blocks: Iterable[Message]) -> str:
    for block in blocks:
        if found := _ENVELOPE_ID.search(str(block["Original-Envelope-Id"] or "")):
            return found.group(1)
    return ""


def _id_in(texts: Iterable[str]) -> str:
    found = next((match for text in texts if (match := _OURS.search(text))), None)
    return f"{found.group(1)}@{found.group(2)}" if found else ""


def _texts(mail: Message) -> list[str]:
    return [_text(part) for part in mail.walk() if part.get_content_maintype() == "text"]


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _said(text: str) -> str:
    return _ADDRESS.sub("…@…", " ".join(text.split()))[:SAID_LENGTH_MAX]
