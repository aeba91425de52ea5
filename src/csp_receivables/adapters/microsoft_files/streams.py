"""Streams of bytes that something looks at while a reader reads them, so that the file is passed over once."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import Protocol

PART = 1 << 20  # bytes


class ByteSource(Protocol):
    """What bytes are read from."""

    def read(self, nbytes: int, /) -> bytes: ...


class ByteStream(ABC):
    """A source of bytes in the form that Arrow asks of Python's files."""

    closed = False

    @abstractmethod
    def read(self, nbytes: int, /) -> bytes:
        """The next bytes; empty at the end."""

    def readable(self) -> bool:
        """Always: this is a source."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def seekable(self) -> bool:
        """Never: bytes are looked at once."""
        return False

    def close(self) -> None:
        """The source is closed by its owner."""
        self.closed = True


class Digested(ByteStream):
    """Hands the bytes of `source` through, and digests them."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, nbytes: int, /) -> bytes:
        """The next bytes; empty at the end."""
        content = self._source.read(nbytes)
        self._digest.update(content)
        return content

    def digest(self) -> str:
        """SHA-256 of the whole source: what nobody has read yet is read now."""
        while self.read(PART):
            pass
        return self._digest.hexdigest()
