"""The rolling refresh token of the command line: a file that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from csp_receivables.adapters.partner_center.whole_files import part_of, put_in_place
from csp_receivables.domain.microsoft.sign_in import RefreshToken, from_kept, kept_text


class TokenFile:
    """`RefreshTokens` in a file."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock

    def load(self) -> RefreshToken | None:
        """See `RefreshTokens`. Raises OSError, ValueError."""
        return from_kept(self._path.read_text(encoding="utf-8"), self._clock()) if self._path.exists() else None

    def store(self, token: RefreshToken) -> None:
        """See `RefreshTokens`. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = part_of(self._path)
        part.unlink(missing_ok=True)  # one that a crash left may be readable to others
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(kept_text(token))
        put_in_place(part, self._path)
