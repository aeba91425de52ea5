"""What was handed over, as it was: one file for each, by the digest of its bytes, for its owner only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile


@dataclass(frozen=True, slots=True)
class KeptMessages:
    """Implements outbox_ports.MessageStore in a folder."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Keep the bytes whole, on the disk, before anybody says that they were sent. Returns their SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        return digest

    def path(self, digest: str) -> Path:
        """Where the message with this digest lies."""
        return self.folder / digest[:2] / f"{digest}.eml"

    def remove(self, digests: Iterable[str]) -> int:
        """Remove messages to people who were erased. Returns how many there were."""
        removed = 0
        for digest in digests:
            path = self.path(digest)
            removed += path.exists()
            path.unlink(missing_ok=True)
        return removed
