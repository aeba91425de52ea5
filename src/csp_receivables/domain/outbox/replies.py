"""What a mail server's reply means for the message that was being handed over.

The one question that matters: can it have been delivered? Up to the dot that ends the content it can not; from then on
only the server knows, and without its answer the message is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What was said to the server when it replied, or fell silent."""

    CONNECT = "connect"
    HELLO = "EHLO"
    TLS = "STARTTLS"
    LOGIN = "AUTH"
    FROM = "MAIL FROM"
    TO = "RCPT TO"
    DATA = "DATA"
    CONTENT = "content"  # the content, and the dot that ends it


class Outcome(StrEnum):
    """What became of handing over."""

    GO_ON = "go_on"  # nothing yet: the next verb
    ACCEPTED = "accepted"
    TRY_LATER = "try_later"
    REFUSED_ADDRESS = "refused_address"
    REFUSED_MESSAGE = "refused_message"
    REFUSED_US = "refused_us"  # nothing of ours is taken (login, TLS, sender): a setting to correct
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One attempt to hand a message over: what the server said to which verb, and what that means."""

    outcome: Outcome
    verb: Verb
    code: int | None = None  # None: it said nothing that can be read
    enhanced: str = ""  # "5.1.1"
    said: str = ""

    @property
    def code_text(self) -> str:
        return " ".join(part for part in (str(self.code or ""), self.enhanced) if part)

    def __str__(self) -> str:
        return f"{self.verb.value}: {self.code_text or 'no answer'} {self.said}".strip()


_OUR_FAULT = frozenset({500, 502, 503, 504, 530, 534, 535, 538, 555})  # syntax, order, login: not this address's fault
_MAILBOX_FULL, _FAILED, _TOO_LARGE = 552, 554, 552


def judge(verb: Verb, code: int | None, enhanced: str = "") -> Outcome:
    """What a reply means. `code` None: the connection was lost, or what came was no reply."""
    if code is None or not 200 <= code < 600 or (verb is Verb.CONTENT and 300 <= code < 400):
        return Outcome.IN_DOUBT if verb is Verb.CONTENT else Outcome.TRY_LATER
    if code < 400:
        return Outcome.ACCEPTED if verb is Verb.CONTENT else Outcome.GO_ON
    if code < 500:
        return Outcome.TRY_LATER
    return _REFUSALS[verb](code, enhanced)


def _refused_us(_code: int, _enhanced: str) -> Outcome:
    return Outcome.REFUSED_US


def _at_from(code: int, _enhanced: str) -> Outcome:
    return Outcome.REFUSED_MESSAGE if code == _TOO_LARGE else Outcome.REFUSED_US


def _at_to(code: int, enhanced: str) -> Outcome:
    if code in _OUR_FAULT:
        return Outcome.REFUSED_US
    if enhanced.startswith("5.7."):  # a policy of theirs ("relay access denied"): no address gets better by another try
        return Outcome.REFUSED_MESSAGE
    if code == _MAILBOX_FULL and not enhanced:  # RFC 5321 4.5.3.1.10: to be taken for 452
        return Outcome.TRY_LATER
    if code == _FAILED and not enhanced:
        return Outcome.REFUSED_MESSAGE
    return Outcome.REFUSED_ADDRESS


def _at_data(code: int, _enhanced: str) -> Outcome:
    return Outcome.REFUSED_US if code in _OUR_FAULT else Outcome.REFUSED_MESSAGE


def _at_content(_code: int, enhanced: str) -> Outcome:
    return Outcome.REFUSED_ADDRESS if enhanced.startswith("5.1.") else Outcome.REFUSED_MESSAGE


_REFUSALS = {
    Verb.CONNECT: _refused_us,
    Verb.HELLO: _refused_us,
    Verb.TLS: _refused_us,
    Verb.LOGIN: _refused_us,
    Verb.FROM: _at_from,
    Verb.TO: _at_to,
    Verb.DATA: _at_data,
    Verb.CONTENT: _at_content,
}
