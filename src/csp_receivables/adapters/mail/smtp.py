"""Speaking to a mail server, one letter after the other over one connection. Only `gated` may use this.

Replies are judged by `domain.outbox.replies`. The dot that ends the content is sent by itself: whatever breaks before
it, the server has nothing (RFC 5321 4.1.1.4); whatever breaks after it is in doubt.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field

from csp_receivables.domain.outbox.replies import HandOver, Outcome, Verb, judge
from csp_receivables.mail_settings import Security, Server

LETTERS_PER_CONNECTION_MAX = 100  # many servers end a connection after some hundred; we say good-bye before
SAID_LENGTH_MAX = 300  # of what a server says: kept for a person, and it may say anything
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")  # personal data: the message's own row has it
_LINE_STARTS_WITH_A_DOT = re.compile(rb"(?m)^\.")


class _Ends(Exception):
    """The conversation ended with this."""

    def __init__(self, hand_over: HandOver) -> None:
        self.hand_over = hand_over
        super().__init__(str(hand_over))


@dataclass(slots=True)
class SmtpConversation:
    """One server for a batch of letters. Connects when there is something to say; `close` when done."""

    server: Server
    _smtp: smtplib.SMTP | None = field(default=None, init=False)
    _letters: int = field(default=0, init=False)

    def hand_over(self, sender: str, recipient: str, content: bytes, envelope_id: str) -> HandOver:
        """Hand over one letter to one recipient. Never raises for what a server or the net does."""
        try:
            return self._hand_over(sender, recipient, content, envelope_id)
        except _Ends as end:
            self._after(end.hand_over)
            return end.hand_over

    def close(self) -> None:
        """Say good-bye, as far as the server still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _hand_over(self, sender: str, recipient: str, content: bytes, envelope_id: str) -> HandOver:
        self._begin(sender, envelope_id, is_ascii=recipient.isascii())
        tells = self._live.has_extn("dsn")
        self._ask(Verb.TO, "RCPT", f"TO:<{recipient}>" + (" NOTIFY=FAILURE,DELAY" if tells else ""))
        self._ask(Verb.DATA, "DATA", "", goes_on=354)
        done = self._send_content(content)
        self._letters += 1
        if done.outcome is not Outcome.ACCEPTED:
            raise _Ends(done)
        if self._letters >= LETTERS_PER_CONNECTION_MAX:
            self.close()
        return done

    def _begin(self, sender: str, envelope_id: str, *, is_ascii: bool) -> None:
        """MAIL FROM; where the server left since the letter before, once more over a new connection."""
        self._open(sender)
        try:
            self._say_from(sender, envelope_id, is_ascii=is_ascii)
        except _Ends as end:
            if self._letters == 0 or end.hand_over.code not in (None, 421):
                raise
            self._drop()
            self._open(sender)
            self._say_from(sender, envelope_id, is_ascii=is_ascii)

    def _say_from(self, sender: str, envelope_id: str, *, is_ascii: bool) -> None:
        if not is_ascii:
            self._speak_utf8()
        # Where the server can tell of deliveries, a bounce carries our id, whatever becomes of the headers.
        told = f" RET=HDRS ENVID={envelope_id}" if self._live.has_extn("dsn") else ""
        self._ask(Verb.FROM, "MAIL", f"FROM:<{sender}>{told}" + ("" if is_ascii else " SMTPUTF8"))

    def _speak_utf8(self) -> None:
        """For an address beyond ASCII (RFC 6531). Where the server can't, it is the next contact's turn."""
        if not self._live.has_extn("smtputf8"):
            said = "the mail server takes no address beyond ASCII (it does not offer SMTPUTF8)"
            raise _Ends(HandOver(outcome=Outcome.REFUSED_ADDRESS, verb=Verb.TO, said=said))
        self._live.command_encoding = "utf-8"

    @property
    def _live(self) -> smtplib.SMTP:
        assert self._smtp is not None
        return self._smtp

    def _open(self, sender: str) -> None:
        if self._smtp is not None:
            return
        verb, self._letters = Verb.CONNECT, 0
        local = sender.rpartition("@")[2]
        try:
            self._smtp = smtp = self._connected(local)
            verb = Verb.HELLO
            smtp.ehlo_or_helo_if_needed()
            if self.server.security is Security.STARTTLS:
                verb = Verb.TLS
                smtp.starttls(context=_trust(self.server))
                smtp.ehlo()
            if self.server.user:
                verb = Verb.LOGIN
                smtp.login(self.server.user, self.server.password)
        except smtplib.SMTPNotSupportedError as error:
            raise _Ends(HandOver(outcome=Outcome.REFUSED_US, verb=verb, said=_text(str(error)))) from None
        except smtplib.SMTPResponseException as error:
            raise _Ends(_judged(verb, error.smtp_code, error.smtp_error)) from None
        except ssl.SSLCertVerificationError as error:
            raise _Ends(HandOver(outcome=Outcome.REFUSED_US, verb=Verb.TLS, said=_text(str(error)))) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _Ends(_lost(verb, error)) from None

    def _connected(self, local: str) -> smtplib.SMTP:
        host, port, wait = self.server.host, self.server.port, self.server.timeout_seconds
        if self.server.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, local, timeout=wait, context=_trust(self.server))
        else:
            smtp = smtplib.SMTP(host, port, local, timeout=wait)
        if smtp.sock is not None:  # else the last dot waits 40 ms for the server to acknowledge the content
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _ask(self, verb: Verb, command: str, told: str, goes_on: int = 0) -> None:
        try:
            code, said = self._live.docmd(command, told)
        except smtplib.SMTPResponseException as error:
            raise _Ends(_judged(verb, error.smtp_code, error.smtp_error)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _Ends(_lost(verb, error)) from None
        hand_over = _judged(verb, code, said)
        if hand_over.outcome is not Outcome.GO_ON or (goes_on and code != goes_on):
            out_of_order = hand_over.outcome is Outcome.GO_ON
            raise _Ends(_lost(verb, f"{code} in place of {goes_on}") if out_of_order else hand_over)

    def _send_content(self, content: bytes) -> HandOver:
        smtp = self._live
        body = _LINE_STARTS_WITH_A_DOT.sub(b"..", content)
        try:
            smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        except (OSError, smtplib.SMTPException) as error:  # without its dot a letter is none
            raise _Ends(_lost(Verb.DATA, error)) from None
        try:
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _Ends(_lost(Verb.CONTENT, error)) from None
        return _judged(Verb.CONTENT, code, said)

    def _after(self, hand_over: HandOver) -> None:
        """Leave the connection fit for the next letter, or drop it."""
        smtp = self._smtp
        if smtp is None:
            return
        if hand_over.code in (None, 421) or hand_over.outcome in (Outcome.REFUSED_US, Outcome.IN_DOUBT):
            self._drop()
            return
        try:
            if smtp.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _trust(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.authorities or None)


def _judged(verb: Verb, code: int, said: bytes | str) -> HandOver:
    text = _text(said)
    found = _ENHANCED.match(text)
    enhanced = found.group(1) if found else ""
    readable = code if 200 <= code < 600 else None
    outcome = judge(verb, readable, enhanced)
    return HandOver(outcome=outcome, verb=verb, code=readable, enhanced=enhanced, said=text[len(enhanced) :].strip())


def _lost(verb: Verb, error: object) -> HandOver:
    what = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error)
    return HandOver(outcome=judge(verb, None), verb=verb, said=_text(what))


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _ADDRESS.sub("…@…", " ".join(text.split()))[:SAID_LENGTH_MAX]
