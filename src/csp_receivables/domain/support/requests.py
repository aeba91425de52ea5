"""A request as it comes in: a mail, a line of a file, or a person's word. Everything in it is somebody else's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

SUBJECT_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 20_000  # some ten pages; the mailbox has the rest
_CASE = re.compile(r"\[(S-\d{6,12})\]")
_GUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_NUMBER = re.compile(r"[\w/.-]{4,40}")


class Channel(StrEnum):
    """How it came."""

    MAIL = "mail"
    FILE = "file"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that came along: what it says of itself. It is neither opened nor kept; the mailbox has it."""

    name: str
    kind: str
    size: int  # bytes as they came, decoded
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `message_id` names it for ever; `answers` are the ids of the mails that it replies to."""

    channel: Channel
    message_id: str
    answers: tuple[str, ...] = ()
    sender: str  # an address, lower case; "" where none can be told
    sender_name: str = ""
    subject: str
    text: str
    is_automatic: bool = False  # an absence note, a list, a bounce: never answered
    attached: tuple[Attached, ...] = ()
    customer_id: str = ""  # where whoever hands it in says so
    left_out: tuple[str, ...] = ()  # what of the mail was not read, each as a sentence

    @property
    def case_id(self) -> str:
        """The case that the subject names, as our replies do; "" for none."""
        found = _CASE.search(self.subject)
        return found.group(1) if found else ""

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]

    @property
    def guids(self) -> frozenset[str]:
        """Every GUID that it names, lower case: a tenant may be among them."""
        return frozenset(each.lower() for each in _GUID.findall(f"{self.subject}\n{self.text}"))

    @property
    def numbers(self) -> frozenset[str]:
        """Words that may be a receivable's number: those with a digit."""
        words = (word.strip(".-/") for word in _NUMBER.findall(f"{self.subject}\n{self.text}"))
        return frozenset(word for word in words if any(map(str.isdigit, word)))
