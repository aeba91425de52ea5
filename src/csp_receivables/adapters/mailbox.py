"""The mailbox that bounces come to, over IMAP: what is unseen is read, and put away once it is kept."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from csp_receivables.adapters.bounce_reading import READ_BYTES_MAX
from csp_receivables.mail_settings import MailboxSettings, Security

MAILS_AT_ONCE_MAX = 500  # of one look; the rest is the next look's
_WORKED = "OK"


class MailboxFailed(RuntimeError):
    """The mailbox can't be read; what lies in it stays and is read another time."""


@dataclass(frozen=True, slots=True)
class ImapMailbox:
    """A folder of a mailbox. A mail is put away after `take` returned: a crash in between reads it once more."""

    settings: MailboxSettings
    bytes_max: int = READ_BYTES_MAX  # of one mail that are read

    def read(self, take: Callable[[bytes], None]) -> int:
        """Give each unseen mail (as much of it as is read) to `take`, then move it. Returns how many. MailboxFailed."""
        try:
            with self._connected() as imap:
                _check(imap.select(_quoted(self.settings.folder)), f"no folder {self.settings.folder!r}")
                found = _check(imap.uid("SEARCH", "UNSEEN"), "it can't be searched")
                uids = (found[0] or b"").split()[:MAILS_AT_ONCE_MAX]
                for uid in uids:
                    take(self._fetched(imap, uid))
                    self._put_away(imap, uid)
                return len(uids)
        except (OSError, imaplib.IMAP4.error) as error:
            where = f"{self.settings.server.host}:{self.settings.server.port}"
            raise MailboxFailed(f"the mailbox at {where} can't be read: {_plain(error)}") from None

    def _connected(self) -> imaplib.IMAP4:
        server = self.settings.server
        trust = ssl.create_default_context(cafile=server.authorities or None)
        if server.security is Security.TLS:
            imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=trust, timeout=server.timeout_seconds
            )
        else:
            imap = imaplib.IMAP4(server.host, server.port, timeout=server.timeout_seconds)
        if server.security is Security.STARTTLS:
            imap.starttls(trust)
        if server.user:
            imap.login(server.user, server.password)
        return imap

    def _fetched(self, imap: imaplib.IMAP4, uid: bytes) -> bytes:
        found = _check(imap.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{self.bytes_max}>)"), "a mail can't be read")
        return next((part[1] for part in found if isinstance(part, tuple)), b"")

    def _put_away(self, imap: imaplib.IMAP4, uid: bytes) -> None:
        """Move it; where the server has no MOVE, copy it and mark it as seen, so that it is not read again."""
        folder, name = _quoted(self.settings.processed), uid.decode()
        if self._moved(imap, name, folder):
            return
        imap.create(folder)
        if not self._moved(imap, name, folder):
            imap.uid("COPY", name, folder)
            _check(imap.uid("STORE", name, "+FLAGS.SILENT", r"(\Seen)"), "a mail can't be marked as seen")

    @staticmethod
    def _moved(imap: imaplib.IMAP4, uid: str, folder: str) -> bool:
        try:  # a server may tell what it can only once one is signed in, and the library asks before
            return bool(imap.uid("MOVE", uid, folder)[0] == _WORKED)
        except imaplib.IMAP4.error:
            return False


def _check(answer: tuple[str, Sequence[Any]], why: str) -> list[Any]:
    status, data = answer
    if status != _WORKED:
        raise imaplib.IMAP4.error(why)
    return [each for each in data if each is not None]


def _quoted(folder: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", folder)
    return f'"{escaped}"'


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
