"""A letter as the bytes of a mail: text and HTML, attachments, the headers a machine's letter owes its reader.

The same letter gives the same bytes. The content is 7-bit, so that no relay has to change it. A DKIM signature is for
the relay to add: it knows the keys of the domain, and signs what really leaves.
"""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from csp_receivables.domain.outbox.letters import Letter, on_the_wire
from csp_receivables.mail_settings import MailSettings

_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=True)
_POLICY_UTF8 = _POLICY.clone(utf8=True)  # RFC 6532, for an address that can't be written otherwise: headers in UTF-8


def mail_bytes(letter: Letter, to: str, mail: MailSettings) -> bytes:
    """The letter as it is handed to a server, lines ending in CR LF. `to`: where the gate sends it."""
    content, redirected, address = letter.content, to != letter.recipient, on_the_wire(to)
    message = EmailMessage(policy=_POLICY if address.isascii() else _POLICY_UTF8)
    message["Date"] = format_datetime(letter.written_at)
    message["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
    message["To"] = _address(address, "" if redirected else letter.recipient_name)
    if reply_to := mail.reply_to or content.reply_to:
        message["Reply-To"] = _address(on_the_wire(reply_to))
    message["Subject"] = _one_line(content.subject)
    message["Message-ID"] = f"<{letter.message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note answers it
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same for Exchange
    if redirected:
        message["X-Meant-For"] = on_the_wire(letter.recipient)
    message.set_content(content.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", charset="utf-8", cte="quoted-printable")
    for attachment in content.attachments:
        kind, _, subtype = attachment.kind.partition("/")
        message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)
    message["Content-Language"] = content.language  # last: the library moves what is Content-… into the first part
    _name_boundaries(message, letter.message_id)
    return message.as_bytes()


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")  # in parts: a whole one must be ASCII
    return Address(display_name=name, username=local, domain=domain)


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    """Boundaries from the Message-ID: the library makes them by chance, and equal letters would differ."""
    multiparts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(multiparts, start=1):
        part.set_boundary(f"=_{hashlib.sha256(f'{message_id}/{number}'.encode()).hexdigest()[:32]}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
