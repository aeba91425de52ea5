"""A letter: one message to one person, as a value. `adapters.mail` turns it into bytes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

import idna

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
    """Can a mail server be asked to deliver there? One plain address; letters beyond ASCII are letters, too."""
    local, _, domain = address.rpartition("@")
    plain = bool(_ADDRESS.fullmatch(address)) and address.isprintable() and "." in domain and ".." not in address
    ends = not (local.startswith(".") or local.endswith(".") or domain.startswith((".", "-")) or domain.endswith("."))
    if not plain or not ends or not ascii_domain(domain):
        return False
    octets = len(unicodedata.normalize("NFC", local).encode())
    return octets <= LOCAL_PART_LENGTH_MAX and octets + len("@") + len(ascii_domain(domain)) <= ADDRESS_LENGTH_MAX


def on_the_wire(address: str) -> str:
    """A deliverable address as servers know it: its domain in ASCII (`båt.example` → `xn--bt-yia.example`).

    What stands before the @ is for its own server to read, so it stays as it is; beyond ASCII only a server that
    speaks SMTPUTF8 (RFC 6531) takes it.
    """
    local, _, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local)}@{ascii_domain(domain) or domain}"


def ascii_domain(domain: str) -> str:
    """The domain as the net knows it, by IDNA 2008; "" where there can be no such name."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return ""
