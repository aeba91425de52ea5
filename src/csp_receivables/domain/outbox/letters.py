"""A letter: one message to one person, as a value. `adapters.mail` turns it into bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_ADDRESS = re.compile(r"[^\s<>@,;:\\\"()\[\]\x00-\x20\x7f]+@[^\s<>@,;:\\\"()\[\]\x00-\x20\x7f]+")
ADDRESS_LENGTH_MAX = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
LOCAL_PART_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    kind: str  # "application/pdf", "text/csv"
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a letter says: the same words as text and as HTML."""

    subject: str
    text: str
    html: str
    language: str  # BCP 47
    reply_to: str = ""  # who answers questions about it; the house may name another for all its mail
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one person. Equal letters become equal bytes: nothing is added that is not in it."""

    message_id: str  # without its angle brackets
    written_at: datetime
    recipient: str  # the address it is meant for; where it really goes is for the gate to say
    recipient_name: str
    content: Content
    may_unsubscribe: bool = False  # never from what the law or the contract asks for


def is_deliverable(address: str) -> bool:
    """Can a mail server be asked to deliver there? One plain address; letters beyond ASCII in the domain only."""
    local, _, domain = address.rpartition("@")
    plain = bool(_ADDRESS.fullmatch(address)) and local.isascii() and "." in domain and ".." not in address
    ends = not (local.startswith(".") or local.endswith(".") or domain.startswith((".", "-")) or domain.endswith("."))
    return plain and ends and len(local) <= LOCAL_PART_LENGTH_MAX and len(address) <= ADDRESS_LENGTH_MAX
