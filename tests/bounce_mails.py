"""Bounces as servers write them."""

from __future__ import annotations

DSN = """\
From: MAILER-DAEMON@mx.customer.example
To: accounts@partner.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 2 Nov 2026 10:00:00 +0000
Message-ID: <20261102100000.ABC@mx.customer.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example
{envelope}Arrival-Date: Mon, 2 Nov 2026 09:59:00 +0000

Final-Recipient: rfc822; billing@c1.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--=_b
Content-Type: {returned_kind}

{returned}
--=_b--
"""


def dsn(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 <billing@c1.example> User unknown",
    envelope_id: str = "",
    returned_kind: str = "text/rfc822-headers",
) -> bytes:
    """A report on delivery. `message_id` "": nothing is returned of the message."""
    returned = f"Message-ID: <{message_id}>\nSubject: reminder\n" if message_id else "Subject: something\n"
    envelope = f"Original-Envelope-Id: {envelope_id}\n" if envelope_id else ""
    text = DSN.format(
        envelope=envelope,
        action=action,
        status=status,
        diagnostic=diagnostic,
        returned_kind=returned_kind,
        returned=returned,
    )
    return text.encode()


def robots_note(message_id: str) -> bytes:
    """What qmail's children write: no report, but our message below."""
    return (
        "From: MAILER-DAEMON@old.example\nTo: accounts@partner.example\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program.\n<billing@c1.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: <{message_id}>\nSubject: reminder\n"
    ).encode()


ANSWER = b"From: Ada <ada@c1.example>\nTo: accounts@partner.example\nSubject: Re: reminder\n\nWe paid on Friday.\n"
