"""Files with bounces: one mail (.eml), an mbox, or a maildir."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path

MBOX = b"From "
MAIL_BYTES_MAX = 50 << 20  # more than any server lets through: what is larger is no mail


class NoMail(ValueError):
    """The file holds no mail; the message says what was found."""


def mails_in(path: Path) -> Iterator[bytes]:
    """Each mail of the file or maildir as its bytes, in a fixed order. Raises NoMail."""
    if path.is_dir():
        yield from _of_maildir(path)
        return
    with path.open("rb") as file:
        head = file.read(8192)
    if head.startswith(MBOX):
        box = mailbox.mbox(path, create=False)
        try:
            yield from (box.get_bytes(key) for key in box.iterkeys())
        finally:
            box.close()
        return
    if not _looks_like_mail(head):
        raise NoMail("neither a mail nor an mbox")
    if path.stat().st_size > MAIL_BYTES_MAX:
        raise NoMail(f"larger than any mail ({path.stat().st_size} bytes)")
    yield path.read_bytes()


def _of_maildir(path: Path) -> Iterator[bytes]:
    if not (path / "cur").is_dir() or not (path / "new").is_dir():
        raise NoMail("a folder that is no maildir (it has no cur and new)")
    for folder in ("cur", "new"):
        for file in sorted((path / folder).iterdir()):
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= MAIL_BYTES_MAX:
                yield file.read_bytes()


def _looks_like_mail(head: bytes) -> bool:
    first, _, _ = head.lstrip(b"\r\n").partition(b"\n")
    name, colon, _ = first.partition(b":")
    return bool(colon) and name.isascii() and name.replace(b"-", b"").isalnum()
